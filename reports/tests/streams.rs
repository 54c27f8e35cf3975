//! TAP, JSON lines and badges: one line a test, one value a line, and no name that breaks out of its line.

mod support;

use bufcheck_model::case::Level;
use bufcheck_model::report::Report;
use bufcheck_reports::{badge, lines, tap};
use serde_json::Value;
use support::{HOSTILE, empty, full, recorded, subject};

#[test]
fn tap_has_a_point_for_each_subject() {
    let report = full();
    let text = tap::render(&report, Level::Must);
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("TAP version 14"));
    assert_eq!(
        rows.next(),
        Some(format!("1..{}", report.subjects.len()).as_str())
    );
    let points: Vec<&str> = text
        .lines()
        .filter(|row| row.starts_with("ok ") || row.starts_with("not ok "))
        .collect();
    assert_eq!(points.len(), report.subjects.len(), "{text}");
    for (number, point) in points.iter().enumerate() {
        assert!(point.contains(&format!("ok {} - ", number + 1)), "{point}");
    }
    assert!(
        points[0].starts_with("ok 1 - stdlib/bytes on cpython-3.11"),
        "{}",
        points[0]
    );
    assert!(points[1].starts_with("not ok 2 - mylib/image"), "{}", points[1]);
    let skipped = points
        .iter()
        .find(|point| point.contains("user-class"))
        .expect("it is there");
    assert!(
        skipped.starts_with("ok ") && skipped.ends_with("# SKIP needs Python >=3.12"),
        "{skipped}"
    );
    // Whatever a subject is called, a line of TAP is what it seems.
    let known = |row: &str| {
        ["ok ", "not ok ", "  ", "1..", "TAP version 14"]
            .iter()
            .any(|start| row.starts_with(start))
    };
    assert!(text.lines().all(known), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

#[test]
fn a_name_begins_no_directive() {
    let mut report = empty();
    let mut odd = subject("x # SKIP me\nok 2", "cpython-3.11", &report);
    odd.findings = vec![support::finding("process.survives", Level::Must, Vec::new())];
    report.subjects.push(odd);
    let text = tap::render(&report, Level::Must);
    assert!(
        text.contains("not ok 1 - x \\# SKIP me\\\\nok 2 on cpython-3.11\n"),
        "{text}"
    );
    report.interrupted = true;
    assert!(tap::render(&report, Level::Must).ends_with("by then is told.\n"));
}

#[test]
fn every_line_is_a_value() {
    let report = full();
    let text = lines::render(&report);
    let values: Vec<Value> = text
        .lines()
        .map(|row| serde_json::from_str(row).expect("a value"))
        .collect();
    let of = |kind: &str| values.iter().filter(|value| value["type"] == kind).count();
    let findings: usize = report.subjects.iter().map(|subject| subject.findings.len()).sum();
    assert_eq!(
        (of("run"), of("subject"), of("finding"), of("totals")),
        (1, report.subjects.len(), findings, 1)
    );
    let attack = values
        .iter()
        .find(|value| value["type"] == "finding" && value["found"] == HOSTILE);
    assert_eq!(attack.expect("it is whole")["subject"], HOSTILE);
}

fn message(report: &Report) -> String {
    let badge: Value = serde_json::from_str(&badge::endpoint(report)).expect("it is JSON");
    assert_eq!(badge["schemaVersion"], 1);
    let message = badge["message"].as_str().expect("a text").to_owned();
    assert!(badge::svg(report).contains(&format!("<title>buffer protocol: {message}</title>")));
    message
}

#[test]
fn a_badge_says_the_worst() {
    let mut report = empty();
    assert_eq!(message(&report), "not tested");
    report.subjects.push(subject("a/b", "cpython-3.11", &report));
    assert_eq!(message(&report), "conforms");
    let mut known = subject("a/c", "cpython-3.11", &report);
    known.findings = vec![recorded(support::finding(
        "process.survives",
        Level::Must,
        Vec::new(),
    ))];
    report.subjects.push(known);
    assert_eq!(message(&report), "as recorded");
    let mut broken = subject("a/d", "cpython-3.11", &report);
    broken.findings = vec![support::finding("process.survives", Level::Must, Vec::new())];
    report.subjects.push(broken);
    assert_eq!(message(&report), "1 of 3 not sound");
}
