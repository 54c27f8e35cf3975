//! Which records a report asks for.

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Standing};
use bufcheck_runner::baseline::changes;
use bufcheck_runner::compare::{Comparison, compare};
use bufcheck_runner::plan::Recorded;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::known::stale;
use serde_json::{Value, json};

fn finding(rule: &str, level: &str, standing: &str) -> Value {
    json!({ "rule": rule, "level": level, "requests": [], "case": "", "found": "found", "wanted": "wanted",
            "standing": standing, "repro": "" })
}

fn subject(interpreter: &str, findings: &[Value]) -> Value {
    json!({ "id": "mylib/image", "kind": "exporter", "interpreter": interpreter, "status": "deviates",
            "findings": findings, "requests": { "granted": 1, "refused": 0, "died": 0 } })
}

fn report(subjects: &[Value], stale: &[Value]) -> Report {
    let interpreter = |minor: u32| {
        json!({ "id": format!("cpython-3.{minor}"), "version": format!("3.{minor}.4"), "executable": "",
                "system": "linux", "machine": "x86_64" })
    };
    serde_json::from_value(json!({
        "schema": 1, "tool": { "name": "bufcheck", "version": "0" }, "requests": [], "rules": [],
        "interpreters": [interpreter(11), interpreter(12)], "subjects": subjects, "stale": stale,
        "totals": { "subjects": {}, "subjects_as_recorded": 0, "new": {}, "recorded": {}, "judged": 0, "rules": 0 },
    }))
    .expect("a report")
}

#[test]
fn what_shows_everywhere_is_recorded_once_and_what_shows_somewhere_is_narrowed() {
    let everywhere = finding("a.a", "must", "new");
    let somewhere = finding("b.b", "must", "new");
    let others = [
        finding("c.c", "should", "new"),
        finding("d.d", "must", "as-recorded"),
    ];
    let first = [vec![everywhere.clone(), somewhere], others.to_vec()].concat();
    let report = report(
        &[
            subject("cpython-3.11", &first),
            subject("cpython-3.12", &[everywhere]),
        ],
        &[],
    );
    let found: Vec<_> = changes(&report, Level::Must, "why", "f")
        .add
        .into_iter()
        .map(|known| (known.rule, known.python))
        .collect();
    assert_eq!(
        found,
        [("a.a".into(), None), ("b.b".into(), Some("==3.11.*".into()))]
    );
}

/// Who did not see a race has not seen that it is gone.
#[test]
fn a_record_of_what_shows_by_chance_is_never_stale_for_not_showing() {
    let quiet = report(&[subject("cpython-3.11", &[])], &[]);
    let shown = report(
        &[subject(
            "cpython-3.11",
            &[finding("thread.resize-check-atomic", "must", "by-chance")],
        )],
        &[],
    );
    let recorded = |rule: &str| Recorded {
        file: "f".into(),
        line: Some(1),
        known: serde_json::from_value(json!({ "subject": "mylib/*", "rule": rule, "reason": "why" }))
            .expect("a record"),
    };
    let catalogue = Catalogue::embedded().expect("the built-in data");
    let by_chance = catalogue.by_chance();
    let told = |rule: &str, of: &Report| {
        let found = stale(&[recorded(rule)], std::slice::from_ref(of), &by_chance, true).expect("names");
        found.len()
    };
    assert_eq!(told("thread.resize-check-atomic", &quiet), 0);
    assert_eq!(told("thread.*", &quiet), 0);
    assert_eq!(told("thread.resize-check-atomic", &shown), 0);
    assert_eq!(told("len.product", &quiet), 1);
    assert_eq!(told("*", &quiet), 1, "other rules show each time");
    assert!(
        changes(&shown, Level::Must, "why", "f").add.is_empty(),
        "nothing is written down that may not show again"
    );
    assert_eq!(compare(&quiet, &shown), Comparison::default());
}

#[test]
fn a_record_goes_only_when_it_shows_nowhere() {
    let gone = |line: usize, interpreter: Option<&str>| json!({ "file": "f", "line": line, "subject": "*", "rule": "*", "interpreter": interpreter, "problem": "" });
    let stale = [
        gone(3, Some("cpython-3.11")),
        gone(3, Some("cpython-3.12")),
        gone(9, Some("cpython-3.12")),
        gone(15, None),
    ];
    let found = changes(&report(&[], &stale), Level::Must, "why", "f");
    assert_eq!(found.remove.into_iter().collect::<Vec<_>>(), [3, 15]);
    assert!(changes(&report(&[], &stale), Level::Must, "why", "another").is_empty());
}

#[test]
fn rules_that_only_one_report_has_judged_are_not_compared() {
    let before = report(&[subject("cpython-3.11", &[])], &[]);
    let after = report(&[subject("cpython-3.11", &[finding("a.a", "must", "new")])], &[]);
    assert_eq!(compare(&before, &after).differences, []);
    let judged = |mut report: Report| {
        let data = json!({ "id": "a.a", "level": "must", "side": "exporter", "statement": "", "why": "",
                           "source": [{ "document": "c-api/buffer", "since": "3.0" }] });
        report.rules.push(serde_json::from_value(data).expect("a rule"));
        report
    };
    let comparison = compare(&judged(before), &judged(after));
    let standings: Vec<Standing> = comparison
        .differences
        .iter()
        .map(|found| found.standing)
        .collect();
    assert_eq!(standings, [Standing::New]);
    assert!(comparison.is_worse(Level::Must));
}

#[test]
fn what_a_new_subject_brings_with_it_is_new() {
    let found = [
        finding("a.a", "must", "new"),
        finding("b.b", "must", "as-recorded"),
    ];
    let (before, after) = (report(&[], &[]), report(&[subject("cpython-3.11", &found)], &[]));
    let standings = |comparison: &Comparison| -> Vec<(String, Standing)> {
        let differences = comparison.differences.iter();
        differences
            .map(|found| (found.rule.clone(), found.standing))
            .collect()
    };
    let appeared = compare(&before, &after);
    assert_eq!(
        standings(&appeared),
        [
            ("a.a".to_owned(), Standing::New),
            ("b.b".to_owned(), Standing::AsRecorded)
        ]
    );
    assert!(appeared.is_worse(Level::Must));
    let known = report(&[subject("cpython-3.11", &found[1..])], &[]);
    assert!(!compare(&before, &known).is_worse(Level::Must));
    let vanished = compare(&after, &before);
    assert_eq!((standings(&vanished), vanished.absences.len()), (Vec::new(), 1));
}

#[test]
fn a_rule_that_was_renamed_is_compared_with_itself() {
    let judged = |id: &str, aliases: &[&str]| {
        let data = json!({ "id": id, "aliases": aliases, "level": "must", "side": "exporter", "statement": "",
                           "why": "", "source": [{ "document": "c-api/buffer", "since": "3.0" }] });
        let mut report = report(&[subject("cpython-3.11", &[finding(id, "must", "new")])], &[]);
        report.rules.push(serde_json::from_value(data).expect("a rule"));
        report
    };
    let (before, after) = (judged("old.name", &[]), judged("new.name", &["old.name"]));
    assert_eq!(compare(&before, &after).differences, []);
    let other = judged("new.name", &[]);
    assert_eq!(
        compare(&before, &other).differences,
        [],
        "rules that only one has judged"
    );
}

#[test]
fn every_transition_is_told() {
    let judged = |mut report: Report| {
        for id in ["a.a", "b.b"] {
            let data =
                json!({ "id": id, "level": "must", "side": "exporter", "statement": "", "source": [] });
            report.rules.push(serde_json::from_value(data).expect("a rule"));
        }
        report
    };
    let with = |found: &[(&str, &str)], status: &str| {
        let findings: Vec<Value> = found
            .iter()
            .map(|(rule, found)| {
                let mut finding = finding(rule, "must", "new");
                finding["found"] = json!(found);
                finding
            })
            .collect();
        let mut subject = subject("cpython-3.11", &findings);
        subject["status"] = json!(status);
        judged(report(&[subject], &[]))
    };
    let before = with(&[("a.a", "one"), ("a.a", "two"), ("b.b", "gone")], "deviates");
    // Of two deviations of a rule one is as it was, whatever their order.
    let after = with(&[("a.a", "two"), ("a.a", "other"), ("a.a", "more")], "deviates");
    let told: Vec<(Standing, Option<String>, Option<String>)> = compare(&before, &after)
        .differences
        .into_iter()
        .map(|found| (found.standing, found.before, found.after))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (Standing::Changed, text("one"), text("other")),
            (Standing::New, None, text("more")),
            (Standing::Fixed, text("gone"), None),
        ]
    );
    // A process that ends where no rule says why.
    let (sound, dead) = (with(&[], "conforms"), with(&[], "died"));
    let comparison = compare(&sound, &dead);
    assert_eq!(comparison.absences.len(), 1);
    assert!(comparison.is_worse(Level::Must));
    assert!(!compare(&dead, &sound).is_worse(Level::Must));
    assert_eq!(compare(&dead, &dead), Comparison::default());
}
