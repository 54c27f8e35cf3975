//! TAP version 14, for harnesses that read one line a test.
//!
//! Knows which subject is `ok`. Must never know a time, nor write a line that a reader could take for another.

use std::fmt::Write as _;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Status, Subject};
use serde_json::json;

use crate::untried::lines;
use crate::verdict::INTERRUPTED;
use crate::weight::gravest_counted;
use crate::words::{count, line};

/// One test point for each subject and interpreter. `level` is the lowest level at which a new finding makes it `not ok`.
pub fn render(report: &Report, level: Level) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", report.subjects.len());
    for (number, subject) in report.subjects.iter().enumerate() {
        point(&mut text, number + 1, subject, level);
    }
    if report.interrupted {
        let _ = writeln!(text, "Bail out! {INTERRUPTED}");
    }
    text
}

fn point(text: &mut String, number: usize, subject: &Subject, level: Level) {
    let broken = subject
        .findings
        .iter()
        .any(|finding| gravest_counted(finding) >= Some(level.max(Level::Should)));
    let silent = matches!(subject.status, Status::Died | Status::Hung) && subject.findings.is_empty();
    let unsure = subject.status == Status::HarnessFault || !subject.is_complete();
    let ok = if broken || silent || unsure {
        "not ok"
    } else {
        "ok"
    };
    let name = escaped(&format!("{} on {}", subject.id, subject.interpreter));
    let directive = match subject.status {
        Status::NotTested => format!(" # SKIP {}", escaped(&subject.reason.join("; "))),
        Status::NothingGranted => " # SKIP everything was refused".to_owned(),
        Status::Conforms
        | Status::Deviates
        | Status::Died
        | Status::Hung
        | Status::Incomplete
        | Status::HarnessFault => String::new(),
    };
    let _ = writeln!(text, "{ok} {number} - {name}{directive}");
    diagnosis(text, subject);
}

/// What there is to say, as YAML of the kind that JSON is: quoted texts hold no line that could end it.
fn diagnosis(text: &mut String, subject: &Subject) {
    let partly = lines(subject);
    if subject.findings.is_empty() && partly.is_empty() && subject.reason.is_empty() {
        return;
    }
    let _ = writeln!(text, "  ---");
    let said = format!(
        "{}, {}",
        subject.status.name(),
        count(subject.findings.len(), "finding")
    );
    let _ = writeln!(text, "  message: {}", json!(said));
    let reasons: Vec<String> = subject
        .reason
        .iter()
        .chain(&partly)
        .map(|reason| line(reason))
        .collect();
    if !reasons.is_empty() {
        let _ = writeln!(text, "  reasons: {}", json!(reasons));
    }
    if !subject.findings.is_empty() {
        let _ = writeln!(text, "  findings:");
    }
    for finding in &subject.findings {
        let told = json!({
            "rule": line(&finding.rule),
            "level": finding.level.name(),
            "standing": finding.standing.name(),
            "wanted": line(&finding.wanted),
            "found": line(&finding.found),
            "again": line(&finding.repro),
        });
        let _ = writeln!(text, "    - {told}");
    }
    let _ = writeln!(text, "  ...");
}

/// A description on one line, in which nothing begins a directive.
fn escaped(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('#', "\\#")
}
