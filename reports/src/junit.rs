//! `JUnit` XML, for CI systems that show test results.
//!
//! Knows which finding is a failure, which a pass with a remark. Must never know a time: the format allows
//! to leave it out, and the same report gives the same text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bufcheck_model::case::{Level, RuleData};
use bufcheck_model::report::{Finding, Report, Status, Subject};
use bufcheck_protocol::request::Request;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::said;
use crate::untried::{NO_EVIDENCE, left_out, nothing_granted, remarks};
use crate::verdict::INTERRUPTED;
use crate::weight::{gravest_counted, rules};
use crate::words::{family, is_hidden, line};

/// One suite for each subject and interpreter, one test for each family of rules that is kept and for each
/// rule that is broken; one more suite if the run was interrupted. `level` is the lowest level that makes a new finding
/// a failure.
///
/// # Panics
///
/// Never: what XML cannot say is taken out first, and memory takes every write.
pub fn render(report: &Report, level: Level) -> String {
    let mut junit = quick_junit::Report::new(clean(&report.tool.name));
    for subject in &report.subjects {
        junit.add_test_suite(suite(report, subject, level));
    }
    if report.interrupted {
        let mut run = Suite::new("run".to_owned());
        run.add("whole", error(INTERRUPTED, ""));
        junit.add_test_suite(run.suite);
    }
    junit.to_string().expect("writing to memory does not fail")
}

fn suite(report: &Report, subject: &Subject, level: Level) -> TestSuite {
    let mut suite = Suite::new(clean(&format!("{}/{}", subject.interpreter, subject.id)));
    let reason = || {
        subject
            .reason
            .first()
            .map_or_else(|| "no reason was given".to_owned(), |first| line(first))
    };
    match subject.status {
        Status::NotTested => suite.add("subject", skipped(&reason())),
        Status::HarnessFault => {
            suite.add("subject", error(&reason(), &subject.reason.join("\n")));
        }
        Status::Conforms
        | Status::Deviates
        | Status::Died
        | Status::Hung
        | Status::NothingGranted
        | Status::Incomplete => {
            process(&mut suite, subject);
            untried(&mut suite, subject);
            families(&mut suite, report, subject);
            findings(&mut suite, report, subject, level);
        }
    }
    suite.suite
}

/// The tests of one subject.
struct Suite {
    name: String,
    suite: TestSuite,
}

impl Suite {
    fn new(name: String) -> Self {
        Self {
            suite: TestSuite::new(name.clone()),
            name,
        }
    }

    fn add(&mut self, test: &str, status: TestCaseStatus) {
        self.add_with(test, status, "");
    }

    /// Adds a test that says something though it passes.
    fn add_with(&mut self, test: &str, status: TestCaseStatus, out: &str) {
        let mut case = TestCase::new(clean(test), status);
        case.set_classname(self.name.clone());
        if !out.is_empty() {
            case.set_system_out(clean(out));
        }
        self.suite.add_test_case(case);
    }
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(clean(message));
    status
}

fn error(message: &str, description: &str) -> TestCaseStatus {
    unsuccessful(NonSuccessKind::Error, message, description)
}

fn unsuccessful(kind: NonSuccessKind, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(clean(message));
    if !description.is_empty() {
        status.set_description(clean(description));
    }
    status
}

/// How the process ended, if it did.
fn process(suite: &mut Suite, subject: &Subject) {
    let what = match subject.status {
        Status::Died => "the process ended",
        Status::Hung => "the process hung",
        Status::Conforms
        | Status::Deviates
        | Status::NothingGranted
        | Status::Incomplete
        | Status::NotTested
        | Status::HarnessFault => return,
    };
    let new = |finding: &Finding| counts(finding, Level::Should);
    if !subject.findings.is_empty() && !subject.findings.iter().any(new) {
        let out = format!("{what}, as recorded");
        suite.add_with("process", TestCaseStatus::success(), &out);
    } else {
        let lines = [subject.reason.join("\n"), subject.output.clone()].join("\n");
        suite.add("process", error(what, lines.trim()));
    }
}

/// What could not be tried, or is not sure.
fn untried(suite: &mut Suite, subject: &Subject) {
    let remarks = remarks(subject);
    if !remarks.is_empty() {
        suite.add("tested-in-part", error("tested in part", &remarks.join("\n")));
    }
    if let Some(told) = nothing_granted(subject) {
        suite.add("granted", skipped(&line(&told)));
    }
    for left in &subject.not_asked {
        let test = format!("{}s", left.what.noun());
        suite.add(&test, skipped(&line(&left_out(left))));
    }
}

/// The families of rules in which nothing is broken.
fn families(suite: &mut Suite, report: &Report, subject: &Subject) {
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
        let untested = subject.untested.iter().any(|untested| untested == family);
        let status = if untested {
            skipped(NO_EVIDENCE)
        } else {
            TestCaseStatus::success()
        };
        suite.add(family, status);
    }
}

fn findings(suite: &mut Suite, report: &Report, subject: &Subject, level: Level) {
    let rules = rules(report);
    for finding in &subject.findings {
        let text = description(
            finding,
            rules.get(finding.rule.as_str()).copied(),
            &report.requests,
        );
        if counts(finding, level) {
            let message = format!(
                "wanted: {}; found: {}",
                line(&finding.wanted),
                line(&finding.found)
            );
            let mut status = unsuccessful(NonSuccessKind::Failure, &message, &text);
            status.set_type(finding.level.name());
            suite.add(&finding.rule, status);
        } else {
            suite.add_with(&finding.rule, TestCaseStatus::success(), &text);
        }
    }
}

/// Whether a finding or one of its consequences makes a run fail.
fn counts(finding: &Finding, level: Level) -> bool {
    gravest_counted(finding) >= Some(level.max(Level::Should))
}

fn description(finding: &Finding, rule: Option<&RuleData>, asked: &[Request]) -> String {
    let mut text = format!("{} ({})\n", finding.level.name(), finding.standing.name());
    let mut row = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label}: {}", line(value));
        }
    };
    row("request", &said::requests(&finding.requests, asked));
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
