//! A comparison, rendered: the worst first, and no text that becomes markup.

mod support;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Absence, Comparison, Difference};
use bufcheck_model::report::{Standing, Status};
use bufcheck_reports::diff::{html, markdown};
use support::HOSTILE;

fn comparison() -> Comparison {
    let difference = |subject: &str, standing, before: Option<&str>, after: Option<&str>| Difference {
        subject: subject.into(),
        interpreter: "cpython-3.11".into(),
        rule: "format.null-unless-requested".into(),
        level: Level::Must,
        standing,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    Comparison {
        differences: vec![
            difference("mylib/mended", Standing::Fixed, Some("format is \"<i\""), None),
            difference("mylib/broken", Standing::New, None, Some("format is \"<i\"")),
            difference(HOSTILE, Standing::Changed, Some(HOSTILE), Some(HOSTILE)),
        ],
        absences: vec![Absence {
            subject: "mylib/gone".into(),
            interpreter: "cpython-3.11".into(),
            before: Some(Status::Conforms),
            after: None,
        }],
    }
}

#[test]
fn what_is_worse_stands_first() {
    for text in [markdown(&comparison()), html(&comparison())] {
        let at = |name: &str| text.find(name).unwrap_or_else(|| panic!("no `{name}`: {text}"));
        assert!(at("mylib/broken") < at("mylib/gone") && at("mylib/gone") < at("mylib/mended"));
        assert!(text.contains("1 new, 1 fixed, 1 changed; 1 subjects"), "{text}");
        assert!(text.contains("vanished"));
    }
}

#[test]
fn hostile_text_stays_text() {
    let (page, table) = (html(&comparison()), markdown(&comparison()));
    for text in [&page, &table] {
        assert!(
            !text.contains("<script") && !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{text}"
        );
    }
    let rows: Vec<&str> = table.lines().filter(|row| row.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 4, "a line a row: {table}");
    assert!(rows.iter().all(|row| row.matches('|').count() == 7), "{table}");
}

#[test]
fn nothing_is_said_of_what_is_as_it_was() {
    let none = Comparison::default();
    assert!(markdown(&none).starts_with("**0 new, 0 fixed, 0 changed"));
    assert!(!markdown(&none).contains("|---"));
    assert!(html(&none).contains("class=\"verdict good\""));
}
