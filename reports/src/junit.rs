//! `JUnit` XML, for CI systems that show test results.
//!
//! Knows which finding is a failure, which a pass with a remark. Must never take a time itself: the report holds them,
//! and the same report gives the same text.
//!
//! What stands where follows the schema by which Jenkins accepts such files. It knows a file of a suite, and none of a
//! test: the line in it is a property.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use bufcheck_model::case::{Level, RuleData};
use bufcheck_model::observation::Crash;
use bufcheck_model::report::{Finding, Report, Standing, Status, Subject};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::untried::{NO_EVIDENCE, left_out, nothing_granted, remarks};
use crate::verdict::INTERRUPTED;
use crate::weight::{gravest_counted, is_new, rules};
use crate::words::{family, is_hidden, line};

/// One suite for each subject and interpreter, with a test for each family of rules and one for whether all was tried: the
/// same names whether they pass or fail, so that a service can tell what became of each. One more suite if the run was
/// interrupted. `level` is the lowest level that makes a new finding a failure.
///
/// # Panics
///
/// Never: what XML cannot say is taken out first, and memory takes every write.
pub fn render(report: &Report, level: Level) -> String {
    let mut junit = quick_junit::Report::new(clean(&report.tool.name));
    if let Some(run) = &report.run {
        junit.set_time(Duration::from_millis(run.milliseconds));
    }
    for subject in &report.subjects {
        junit.add_test_suite(suite(report, subject, level));
    }
    if report.interrupted {
        let mut run = Suite::new("run".to_owned());
        run.add("whole", error(INTERRUPTED, ""));
        junit.add_test_suite(run.tests);
    }
    let text = junit.to_string().expect("writing to memory does not fail");
    // The common schema knows this count of a suite, but not of all suites.
    let count = format!(" skipped=\"{}\"", junit.skipped);
    text.replacen(&count, "", 1)
}

fn suite(report: &Report, subject: &Subject, level: Level) -> TestSuite {
    let mut suite = Suite::new(clean(&format!("{}/{}", subject.interpreter, subject.id)));
    if let Some(place) = &subject.registered {
        suite.tests.extra.insert("file".into(), clean(&place.file).into());
        suite
            .tests
            .add_property(("line", place.line.to_string().as_str()));
    }
    if let Some(run) = &report.run {
        suite
            .tests
            .extra
            .insert("timestamp".into(), clean(&run.started).into());
        suite.took = run
            .took(&subject.interpreter, &subject.id)
            .map(Duration::from_millis);
        if let Some(took) = suite.took {
            suite.tests.set_time(took);
        }
    }
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
            suite.add("subject", TestCaseStatus::success());
            complete(&mut suite, subject);
            families(&mut suite, report, subject, level);
        }
    }
    suite.tests
}

/// The tests of one subject.
struct Suite {
    name: String,
    /// How long the whole subject took, until a test was given it: the others cost nothing beside it.
    took: Option<Duration>,
    tests: TestSuite,
}

impl Suite {
    fn new(name: String) -> Self {
        Self {
            tests: TestSuite::new(name.clone()),
            name,
            took: None,
        }
    }

    fn add(&mut self, test: &str, status: TestCaseStatus) {
        self.add_with(test, status, "");
    }

    /// Adds a test that says something though it passes.
    fn add_with(&mut self, test: &str, status: TestCaseStatus, out: &str) {
        let mut case = TestCase::new(clean(test), status);
        case.set_classname(self.name.clone());
        if let Some(took) = self.took {
            case.set_time(took);
            self.took = Some(Duration::ZERO);
        }
        if !out.is_empty() {
            case.set_system_out(clean(out));
        }
        self.tests.add_test_case(case);
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

/// How the process ended, if it did in a way that no record knows.
fn ended(subject: &Subject) -> Option<TestCaseStatus> {
    let what = match subject.status {
        Status::Died => "the process ended",
        Status::Hung => "the process hung",
        Status::Conforms
        | Status::Deviates
        | Status::NothingGranted
        | Status::Incomplete
        | Status::NotTested
        | Status::HarnessFault => return None,
    };
    let new = |finding: &Finding| gravest_counted(finding) >= Some(Level::Should);
    if !subject.findings.is_empty() && !subject.findings.iter().any(new) {
        return None;
    }
    let lines = [subject.reason.join("\n"), subject.output.clone()].join("\n");
    Some(error(what, lines.trim()))
}

/// Whether all that was planned was tried.
fn complete(suite: &mut Suite, subject: &Subject) {
    let remarks = remarks(subject);
    let granted = nothing_granted(subject);
    let left = subject.not_asked.iter().map(left_out);
    let left: Vec<String> = granted.into_iter().chain(left).map(|told| line(&told)).collect();
    let status = if !remarks.is_empty() {
        error("tested in part", &remarks.join("\n"))
    } else if left.is_empty() {
        TestCaseStatus::success()
    } else {
        skipped(&left.join("; "))
    };
    suite.add("complete", status);
}

/// A violation in a family: of a finding, or of one that follows from it.
struct Hit<'a> {
    finding: &'a Finding,
    rule: &'a str,
    level: Level,
    standing: Standing,
    found: &'a str,
    wanted: &'a str,
}

fn hits(subject: &Subject) -> impl Iterator<Item = Hit<'_>> {
    subject.findings.iter().flat_map(|finding| {
        let folded = finding.consequences.iter().map(move |folded| Hit {
            finding,
            rule: &folded.rule,
            level: folded.level,
            standing: folded.standing,
            found: &folded.found,
            wanted: &folded.wanted,
        });
        std::iter::once(Hit {
            finding,
            rule: &finding.rule,
            level: finding.level,
            standing: finding.standing,
            found: &finding.found,
            wanted: &finding.wanted,
        })
        .chain(folded)
    })
}

/// A test for each family of rules that bind such a subject, and for each that a finding names.
fn families(suite: &mut Suite, report: &Report, subject: &Subject, level: Level) {
    let rules = rules(report);
    let binding = report
        .rules
        .iter()
        .filter(|rule| rule.side == subject.kind && rule.unobserved.is_none());
    let families: BTreeSet<&str> = binding
        .map(|rule| rule.id.as_str())
        .chain(hits(subject).map(|hit| hit.rule))
        .chain(std::iter::once("process"))
        .map(family)
        .collect();
    for name in families {
        let own: Vec<Hit<'_>> = hits(subject).filter(|hit| family(hit.rule) == name).collect();
        let text = |hit: &Hit<'_>| {
            if hit.rule == hit.finding.rule {
                description(hit.finding, rules.get(hit.rule).copied())
            } else {
                format!("{} follows from {}\n", hit.rule, hit.finding.rule)
            }
        };
        let told: Vec<String> = own.iter().map(text).collect();
        if let Some(ended) = ended(subject).filter(|_| name == "process") {
            suite.add_with(name, ended, &told.join("\n"));
        } else if let Some(worst) = own
            .iter()
            .filter(|hit| counts(hit, level))
            .max_by_key(|hit| hit.level)
        {
            let message = format!(
                "{}: wanted: {}; found: {}",
                worst.rule,
                line(worst.wanted),
                line(worst.found)
            );
            let mut status = unsuccessful(NonSuccessKind::Failure, &message, &told.join("\n"));
            status.set_type(worst.level.name());
            suite.add(name, status);
        } else if own.is_empty() && subject.untested.iter().any(|untested| untested == name) {
            suite.add(name, skipped(NO_EVIDENCE));
        } else {
            suite.add_with(name, TestCaseStatus::success(), &told.join("\n"));
        }
    }
}

/// Whether a violation makes a run fail.
fn counts(hit: &Hit<'_>, level: Level) -> bool {
    hit.level >= level.max(Level::Should) && is_new(hit.standing) && hit.standing != Standing::ByChance
}

fn description(finding: &Finding, rule: Option<&RuleData>) -> String {
    let mut text = format!(
        "{}: {} ({})\n",
        finding.rule,
        finding.level.name(),
        finding.standing.name()
    );
    let mut row = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label}: {}", line(value));
        }
    };
    row("request", &finding.requests_said);
    row("wanted", &finding.wanted);
    row("found", &finding.found);
    row(
        "crash",
        &finding.death.as_ref().map_or_else(String::new, Crash::told),
    );
    for step in &finding.steps {
        row(if step.fatal { "fatal step" } else { "step" }, &step.said);
    }
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
