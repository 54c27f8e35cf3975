//! Fixtures for the rules about what a view says of its memory: format, axes, steps, contents.
//!
//! For every rule one exporter that keeps it, silent, and exporters that break it, seen on the right
//! requests; and legal oddities that must stay silent. Must never need Python.

#[path = "contents/clean.rs"]
mod clean;
#[path = "contents/consistency.rs"]
mod consistency;
#[path = "contents/fields.rs"]
mod fields;
#[path = "contents/format.rs"]
mod format;
#[path = "contents/memory.rs"]
mod memory;
mod support;

use bufcheck_protocol::request::Request;
use bufcheck_rules::{Check, Hit, rules};
use support::Subject;

/// The families that these fixtures cover.
const FAMILIES: [&str; 10] = [
    "format",
    "ndim",
    "scalar",
    "empty",
    "shape",
    "strides",
    "suboffsets",
    "contig",
    "memory",
    "consistency",
];

/// Rules that only tell: they may fire on an exporter without faults.
const TELLING: [&str; 3] = [
    "format.struct-parseable",
    "format.prefix-scope",
    "strides.multiple-of-itemsize",
];

fn is_covered(id: &str) -> bool {
    id.split('.')
        .next()
        .is_some_and(|family| FAMILIES.contains(&family))
}

/// Every violation of a rule of these families that is more than a note.
fn findings(subject: &Subject) -> Vec<Hit> {
    let covered = rules().filter(|rule| is_covered(rule.id) && !TELLING.contains(&rule.id));
    subject.judge(covered, &support::data::relations())
}

#[track_caller]
fn silent(subject: &Subject) {
    let found = findings(subject);
    assert!(found.is_empty(), "{found:#?}");
}

/// Asserts that the rule fires on exactly these of the requests that were granted or refused.
/// An exporter that breaks a rule, and the requests on which that must show.
struct Violation {
    rule: &'static str,
    subject: Subject,
    on: Box<dyn Fn(Request) -> bool>,
}

/// Breaks the rule on those of the selected requests that are granted.
fn broken(rule: &'static str, subject: Subject, on: impl Fn(Request) -> bool + 'static) -> Violation {
    let granted: Vec<Request> =
        subject.with_evidence(|evidence| evidence.grants().map(|grant| grant.request).collect());
    Violation {
        rule,
        subject,
        on: Box::new(move |request| on(request) && granted.contains(&request)),
    }
}

/// Breaks the rule on those of the selected requests that are refused.
fn refusing(rule: &'static str, subject: Subject, on: impl Fn(Request) -> bool + 'static) -> Violation {
    let refused: Vec<Request> =
        subject.with_evidence(|evidence| evidence.denials().map(|denial| denial.request).collect());
    Violation {
        rule,
        subject,
        on: Box::new(move |request| on(request) && refused.contains(&request)),
    }
}

/// Asserts that each rule fires on the requests of its violation and on no other.
#[track_caller]
fn each_fires(violations: Vec<Violation>) {
    for Violation { rule, subject, on } in violations {
        let asked = subject.sweep.requests.iter().map(|flags| Request::new(*flags));
        let wanted: Vec<Request> = asked.filter(|request| on(*request)).collect();
        assert!(!wanted.is_empty(), "{rule}: the fixture selects no request");
        assert_eq!(
            subject.fires_on(rule),
            wanted,
            "{rule}: {:#?}",
            subject.hits_of(rule)
        );
    }
}

#[test]
fn every_rule_has_a_violation() {
    let violations = [
        fields::violations(),
        format::violations(),
        memory::violations(),
        consistency::violations(),
    ];
    let broken: Vec<&str> = violations
        .iter()
        .flatten()
        .map(|violation| violation.rule)
        .collect();
    for rule in rules().filter(|rule| is_covered(rule.id)) {
        let is_camp = matches!(rule.check, Check::Camp(_));
        assert!(
            is_camp || broken.contains(&rule.id),
            "{} is never broken",
            rule.id
        );
    }
}

/// Texts are shown to readers of several runs: they hold no address, and stay short.
#[test]
fn findings_are_short_and_hold_no_address() {
    let violations = [
        fields::violations(),
        format::violations(),
        memory::violations(),
        consistency::violations(),
    ];
    for violation in violations.into_iter().flatten() {
        for hit in violation.subject.hits_of(violation.rule) {
            for text in [&hit.broken.found, &hit.broken.wanted] {
                assert!(
                    !text.contains("0x7f") && !text.contains("7f00"),
                    "{}: {text}",
                    hit.rule
                );
                assert!(text.len() < 160, "{}: {text}", hit.rule);
            }
        }
    }
}
