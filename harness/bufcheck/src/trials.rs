//! Exporters as tests of libtest-mimic: one trial for each subject and group of cases, and one for the record of
//! known deviations.
//!
//! Knows how a verdict becomes a passed, failed or skipped test. Must never start Python to list the tests:
//! a runner such as nextest lists them once and then starts one process for each.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bufcheck_model::case::Level;
use bufcheck_model::chain;
use bufcheck_model::report::{Finding, Report, Standing, Status};
use bufcheck_reports::plain;
use bufcheck_reports::terminal;
use bufcheck_reports::untried::{left_out, nothing_granted, remarks};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::plan::known;
use bufcheck_runner::plan::{Plan, Selection, Subjects, quote};
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::pool::check_one;
use bufcheck_runner::supervise::slot::Slot;
use bufcheck_runner::supervise::worker::Limits;
use libtest_mimic::{Completion, Failed, Trial};

use crate::cli::Failure;
use crate::hosts::Installation;

/// Environment variable that names a `bufcheck.toml`: its exporters are tested instead of the corpus.
pub const CONFIG_VARIABLE: &str = "BUFCHECK_CONFIG";

/// The groups of cases of a subject; each finding belongs to one, by the first part of its case's id.
const GROUPS: [&str; 3] = ["requests", "relations", "scenarios"];

/// A plan with the interpreter it runs in, and what has been learned so far.
struct Suite {
    plan: Plan,
    host: Host,
    level: Level,
    /// Folders that workers import from.
    path: Vec<PathBuf>,
    /// The test program that runs a trial again, where it is not the `bufcheck` command that does.
    test: Option<String>,
    /// Idle workers: a trial takes one and puts it back.
    slots: Mutex<Vec<Slot>>,
    /// Verdicts by position of the subject, each with a lock of its own: the groups of a subject share it.
    verdicts: Mutex<HashMap<usize, Arc<Mutex<Option<Report>>>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A trial that panicked has left nothing half-done behind the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The trials of the corpus, or of the file that [`CONFIG_VARIABLE`] names, in the interpreter that the
/// worker was built for (`built_for`, such as `cpython-3.11`) or in those that the file names.
pub fn conformance(installation: &Installation, built_for: &str) -> Result<Vec<Trial>, Failure> {
    let configuration = match std::env::var_os(CONFIG_VARIABLE) {
        Some(file) => Some(Configuration::read(Path::new(&file))?),
        None => None,
    };
    let subjects = configuration
        .as_ref()
        .map_or(Subjects::Corpus, Subjects::Configured);
    let pythons = configuration
        .as_ref()
        .map(|found| found.config.python.clone())
        .unwrap_or_default();
    let level = configuration
        .as_ref()
        .and_then(|found| found.config.level)
        .unwrap_or(Level::Must);
    let path = configuration
        .as_ref()
        .map_or_else(Vec::new, Configuration::import_path);
    let plan = Plan::new(Catalogue::embedded()?, &subjects, &Selection::default())?;
    let hosts = installation.hosts(&pythons);
    if hosts.is_empty() {
        return Err(Failure::NoWorker(
            "there is no worker beside this program: build the whole package".into(),
        ));
    }
    let mut trials = Vec::new();
    for host in hosts {
        let interpreter = match &host {
            Host::Embedded { .. } => built_for.to_owned(),
            Host::Python { executable, .. } => executable.display().to_string(),
        };
        trials.extend(of_suite(
            &format!("{interpreter}/"),
            Suite::new(plan.clone(), host, level, path.clone()),
        ));
    }
    Ok(trials)
}

/// The trials of a crate that is tested by its own test program, `test`. The `bufcheck.toml` of `folder`
/// declares facts and known deviations; without targets, its exporters are tested.
#[cfg(feature = "embed")]
pub fn embedded(host: Host, folder: &Path, test: &str, targets: &[String]) -> Result<Vec<Trial>, Failure> {
    let configuration = Configuration::find(folder)?;
    let subjects = match &configuration {
        Some(found) if targets.is_empty() => Subjects::Configured(found),
        None if targets.is_empty() => {
            return Err(Failure::Nothing(format!(
                "`pyo3_main!` names no target, and there is no `bufcheck.toml` in `{}`",
                folder.display()
            )));
        }
        found => Subjects::exporters(targets, found.as_ref()),
    };
    let level = configuration
        .as_ref()
        .and_then(|found| found.config.level)
        .unwrap_or(Level::Must);
    let path = configuration
        .as_ref()
        .map_or_else(Vec::new, Configuration::import_path);
    let plan = Plan::new(Catalogue::embedded()?, &subjects, &Selection::default())?;
    let mut suite = Suite::new(plan, host, level, path);
    suite.test = Some(test.to_owned());
    Ok(of_suite("", suite))
}

/// The only group of a consumer.
const CONSUMER: &str = "consumer";

/// The only group of calls of the interpreter, which are a group by themselves.
const CALLS: &str = "";

/// The group that a finding belongs to; what no case names (a death, a camp departed from) goes to the first.
fn group_of(case: &str) -> &'static str {
    let first = case.split('/').next().unwrap_or_default();
    GROUPS
        .into_iter()
        .find(|group| *group == first)
        .unwrap_or(GROUPS[0])
}

fn of_suite(prefix: &str, suite: Suite) -> Vec<Trial> {
    let suite = Arc::new(suite);
    let mut trials = Vec::new();
    for (number, subject) in suite.plan.subjects.iter().enumerate() {
        let groups: &[&'static str] = if subject.consumer.is_some() {
            &[CONSUMER]
        } else if subject.interpreter.is_some() {
            &[CALLS]
        } else {
            &GROUPS
        };
        for group in groups.iter().copied() {
            let name = format!("{prefix}{}/{group}", subject.case.id);
            let name = name.trim_end_matches('/').to_owned();
            let suite = Arc::clone(&suite);
            trials.push(Trial::ignorable_test(name.clone(), move || {
                suite.judge(number, group, &name)
            }));
        }
    }
    if !suite.plan.known.is_empty() {
        let suite = Arc::clone(&suite);
        trials.push(Trial::test(format!("{prefix}record"), move || suite.record()));
    }
    trials
}

impl Suite {
    fn new(plan: Plan, host: Host, level: Level, path: Vec<PathBuf>) -> Self {
        Self {
            plan,
            host,
            level,
            path,
            test: None,
            slots: Mutex::default(),
            verdicts: Mutex::default(),
        }
    }

    fn judge(&self, number: usize, group: &str, name: &str) -> Result<Completion, Failed> {
        self.with_report(number, |report| self.complete(report, group, name))?
    }

    /// Fails for stale records, as the command line does with its exit status 4.
    fn record(&self) -> Result<(), Failed> {
        let reports: Result<Vec<Report>, Failed> = (0..self.plan.subjects.len())
            .map(|number| self.with_report(number, Report::clone))
            .collect();
        let stale = known::stale(
            &self.plan.known,
            &reports?,
            &self.plan.catalogue.by_chance(),
            self.plan.all_subjects,
        )
        .map_err(|error| chain(&error))?;
        if stale.is_empty() {
            return Ok(());
        }
        let told = stale.iter().map(|stale| {
            let line = stale.line.map_or_else(String::new, |line| format!(":{line}"));
            format!(
                "stale record {}{line}: subject `{}`, rule `{}`: {}",
                stale.file, stale.subject, stale.rule, stale.problem
            )
        });
        Err(told.collect::<Vec<_>>().join("\n").into())
    }

    /// Uses the report on one subject, which is checked if it was not yet.
    fn with_report<T>(&self, number: usize, using: impl FnOnce(&Report) -> T) -> Result<T, Failed> {
        let verdict = Arc::clone(lock(&self.verdicts).entry(number).or_default());
        let mut verdict = lock(&verdict);
        if let Some(report) = verdict.as_ref() {
            return Ok(using(report));
        }
        let slot = lock(&self.slots).pop();
        let mut slot = slot.unwrap_or_else(|| Slot::new(&self.host, Limits::default()).importing(&self.path));
        let report = check_one(&mut slot, &self.plan, number).map_err(|error| chain(&error))?;
        lock(&self.slots).push(slot);
        Ok(using(verdict.insert(report)))
    }

    fn complete(&self, report: &Report, group: &str, name: &str) -> Result<Completion, Failed> {
        let Some(subject) = report.subjects.first() else {
            return Err(Failed::without_message());
        };
        match subject.status {
            Status::NotTested => return Ok(Completion::ignored_with(plain(&subject.reason.join("; ")))),
            Status::HarnessFault => return Err(plain(&subject.reason.join("\n")).into()),
            Status::Conforms
            | Status::Deviates
            | Status::Died
            | Status::Hung
            | Status::NothingGranted
            | Status::Incomplete => {}
        }
        let counts = |level: Level, standing| level >= self.level && standing == Standing::New;
        let options = terminal::Options::default();
        let failed: Vec<String> = subject
            .findings
            .iter()
            .filter(|finding| [CONSUMER, CALLS].contains(&group) || group_of(&finding.case) == group)
            .filter(|finding| {
                counts(finding.level, finding.standing)
                    || finding
                        .consequences
                        .iter()
                        .any(|folded| counts(folded.level, folded.standing))
            })
            .map(|finding| {
                let again = self
                    .test
                    .as_ref()
                    .map(|test| format!("cargo test --test {test} -- --exact {}", quote(name)));
                let repro = again.unwrap_or_else(|| finding.repro.clone());
                terminal::finding(
                    report,
                    subject,
                    &Finding {
                        repro,
                        ..finding.clone()
                    },
                    &options,
                )
            })
            .collect();
        if !failed.is_empty() {
            return Err(failed.join("\n").into());
        }
        if !subject.is_complete() {
            return Err(plain(&remarks(subject).join("\n")).into());
        }
        // Nothing may look as if it had been tested that was not.
        let untried: Vec<String> = match group {
            _ if subject.status == Status::NothingGranted => nothing_granted(subject).into_iter().collect(),
            "scenarios" => subject.not_asked.iter().map(left_out).collect(),
            _ => Vec::new(),
        };
        Ok(if untried.is_empty() {
            Completion::Completed
        } else {
            Completion::ignored_with(untried.join("; "))
        })
    }
}
