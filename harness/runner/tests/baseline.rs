//! The record of known deviations, edited as text.

use std::collections::BTreeSet;

use bufcheck_model::case::Known;
use bufcheck_runner::baseline::{Changes, EditError, Kind, edit, record_lines};

const OWN: &str = r#"# What we export.
level = "must"   # for now

[[exporter]]
make = "mylib:Image(4, 3)"   # the usual one

# Nobody could say why.
[[known]]
subject = "mylib/*"
rule = "len.non-negative"
reason = "old"

[[known]]
subject = "mylib/*"   # all of them
rule = "format.null-unless-requested"
reason = "issue 7"
"#;

fn record(rule: &str) -> Known {
    Known {
        subject: "mylib/image".into(),
        rule: rule.into(),
        reason: "issue 8".into(),
        ..Known::default()
    }
}

#[track_caller]
fn check(text: &str, kind: Kind, changes: &Changes, expected: &str) {
    assert_eq!(edit(text, kind, changes).expect("it can be edited"), expected);
}

#[test]
fn an_entry_comes_and_one_goes_and_the_comments_of_the_others_stay() {
    let lines = record_lines(OWN, Kind::Own);
    let changes = Changes {
        add: vec![record("buf.readable")],
        remove: BTreeSet::from([lines[0]]),
    };
    let expected = r#"# What we export.
level = "must"   # for now

[[exporter]]
make = "mylib:Image(4, 3)"   # the usual one

[[known]]
subject = "mylib/*"   # all of them
rule = "format.null-unless-requested"
reason = "issue 7"

[[known]]
subject = "mylib/image"
rule = "buf.readable"
reason = "issue 8"
"#;
    check(OWN, Kind::Own, &changes, expected);
}

#[test]
fn nothing_to_do_leaves_every_byte() {
    check(OWN, Kind::Own, &Changes::default(), OWN);
}

#[test]
fn the_last_record_takes_the_key_with_it() {
    let text = "level = \"must\"\n\n[[known]]\nsubject = \"a\"\nrule = \"b\"\nreason = \"c\"\n";
    let changes = Changes {
        remove: BTreeSet::from([3]),
        ..Changes::default()
    };
    check(text, Kind::Own, &changes, "level = \"must\"\n");
}

#[test]
fn pyproject_keeps_its_own_tables() {
    let text = "[project]\nname = \"mylib\" # ours\n\n[tool.bufcheck]\nlevel = \"must\"\n\n[tool.ruff]\nline-length = 100\n";
    let changes = Changes {
        add: vec![record("buf.readable")],
        ..Changes::default()
    };
    let edited = edit(text, Kind::Project, &changes).expect("it can be edited");
    assert!(
        edited.starts_with("[project]\nname = \"mylib\" # ours\n"),
        "{edited}"
    );
    assert!(
        edited.contains("[[tool.bufcheck.known]]\nsubject = \"mylib/image\"\n"),
        "{edited}"
    );
    assert!(edited.contains("[tool.ruff]\nline-length = 100\n"), "{edited}");
    assert_eq!(record_lines(&edited, Kind::Project).len(), 1);
}

#[test]
fn what_is_no_array_of_tables_is_left_alone() {
    let error = edit("known = 3\n", Kind::Own, &Changes::default()).expect_err("it cannot be edited");
    assert!(matches!(error, EditError::NoTables("known")), "{error}");
    assert!(edit("[[[", Kind::Own, &Changes::default()).is_err());
}
