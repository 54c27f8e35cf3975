//! `JUnit` XML, for CI systems that show test results.
//!
//! Knows which finding is a failure, which a pass with a remark. Must never know a time: the format allows
//! to leave it out, and the same report gives the same text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bufcheck_model::case::{Level, RuleData};
use bufcheck_model::report::{Finding, Report, Status, Subject};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::group::rules;
use crate::verdict::is_new;
use crate::words::{family, is_hidden, line, requests};

/// One suite for each subject and interpreter, one test for each family of rules that is kept and for each
/// rule that is broken. `level` is the lowest level that makes a new finding a failure.
///
/// # Panics
///
/// Never: what XML cannot say is taken out first, and memory takes every write.
pub fn render(report: &Report, level: Level) -> String {
    let mut junit = quick_junit::Report::new(clean(&report.tool.name));
    for subject in &report.subjects {
        junit.add_test_suite(suite(report, subject, level));
    }
    junit.to_string().expect("writing to memory does not fail")
}

fn suite(report: &Report, subject: &Subject, level: Level) -> TestSuite {
    let name = clean(&format!("{}/{}", subject.interpreter, subject.id));
    let mut suite = TestSuite::new(name.clone());
    let mut add = |test: &str, status: TestCaseStatus, out: String| {
        let mut case = TestCase::new(clean(test), status);
        case.set_classname(name.clone());
        if !out.is_empty() {
            case.set_system_out(clean(&out));
        }
        suite.add_test_case(case);
    };
    let told = |kind: NonSuccessKind, message: String, description: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(clean(&message));
        if !description.is_empty() {
            status.set_description(clean(&description));
        }
        status
    };
    let reason = || {
        subject
            .reason
            .first()
            .map_or_else(|| "no reason was given".to_owned(), |first| line(first))
    };
    match subject.status {
        Status::NotTested => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(clean(&reason()));
            add("subject", status, String::new());
            return suite;
        }
        Status::HarnessFault => {
            let status = told(NonSuccessKind::Error, reason(), subject.reason.join("\n"));
            add("subject", status, String::new());
            return suite;
        }
        Status::Died | Status::Hung => {
            let known = !subject.findings.is_empty()
                && !subject
                    .findings
                    .iter()
                    .any(|finding| counts(finding, Level::Should));
            let what = if subject.status == Status::Died {
                "the process ended"
            } else {
                "the process hung"
            };
            let out = if known {
                format!("{what}, as recorded")
            } else {
                String::new()
            };
            let status = if known {
                TestCaseStatus::success()
            } else {
                let lines = [subject.reason.join("\n"), subject.output.clone()].join("\n");
                told(NonSuccessKind::Error, what.to_owned(), lines.trim().to_owned())
            };
            add("process", status, out);
        }
        Status::Conforms | Status::Deviates => {}
    }
    let rules = rules(report);
    let broken: BTreeSet<&str> = subject
        .findings
        .iter()
        .flat_map(|finding| {
            std::iter::once(&finding.rule).chain(finding.consequences.iter().map(|folded| &folded.rule))
        })
        .map(|rule| family(rule))
        .collect();
    let families: BTreeSet<&str> = report
        .rules
        .iter()
        .filter(|rule| rule.side == subject.kind && rule.unobserved.is_none())
        .map(|rule| family(&rule.id))
        .collect();
    for family in families.difference(&broken) {
        add(family, TestCaseStatus::success(), String::new());
    }
    for finding in &subject.findings {
        let text = description(finding, rules.get(finding.rule.as_str()).copied());
        if counts(finding, level) {
            let message = format!(
                "wanted: {}; found: {}",
                line(&finding.wanted),
                line(&finding.found)
            );
            let mut status = told(NonSuccessKind::Failure, message, text);
            status.set_type(finding.level.name());
            add(&finding.rule, status, String::new());
        } else {
            add(&finding.rule, TestCaseStatus::success(), text);
        }
    }
    suite
}

/// Whether a finding or one of its consequences makes a run fail.
fn counts(finding: &Finding, level: Level) -> bool {
    let folded = finding
        .consequences
        .iter()
        .map(|folded| (folded.level, folded.standing));
    std::iter::once((finding.level, finding.standing))
        .chain(folded)
        .any(|(found, standing)| found >= level.max(Level::Should) && is_new(standing))
}

fn description(finding: &Finding, rule: Option<&RuleData>) -> String {
    let mut text = format!("{} ({})\n", finding.level.name(), finding.standing.name());
    let mut row = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label}: {}", line(value));
        }
    };
    row("request", &requests(&finding.requests));
    row("wanted", &finding.wanted);
    row("found", &finding.found);
    row("why", rule.map_or("", |rule| &rule.why));
    row(
        "fix (C)",
        rule.and_then(|rule| rule.fix.as_ref()).map_or("", |fix| &fix.c),
    );
    row("record", finding.reason.as_deref().unwrap_or(""));
    row("link", finding.link.as_deref().unwrap_or(""));
    for folded in &finding.consequences {
        row(
            "follows",
            &format!("{} ({}): {}", folded.rule, folded.standing.name(), folded.found),
        );
    }
    row("again", &finding.repro);
    text
}

/// The text without what XML 1.0 cannot say or a reader cannot see.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|&letter| letter == '\n' || !is_hidden(letter))
        .collect()
}
