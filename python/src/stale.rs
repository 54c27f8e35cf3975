//! Which known deviations no longer show, when exporters were checked one at a time.
//!
//! Knows how the reports of several checks answer one record. Must never judge a finding.

use bufcheck::api::Asked;
use bufcheck_runner::catalogue::Catalogue;
use bufcheck_runner::known::{Record, Who, today};
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::pool::chain;
use bufcheck_spec::report::{Interpreter, Report, Stale, Status, Subject};
use pyo3::prelude::*;

use crate::invalid;

/// The records of a configuration that should be deleted or renewed, by the reports on its exporters.
///
/// `all_subjects` says that no exporter was left out: only then can a record be said to match nothing.
pub(crate) fn stale(asked: &Asked, reports: &[Report], all_subjects: bool) -> PyResult<Vec<Stale>> {
    let refused = |error: &dyn std::error::Error| invalid(chain(error));
    let configuration = asked.configuration().map_err(|error| refused(&error))?;
    let catalogue = Catalogue::embedded().map_err(|error| refused(&error))?;
    let subjects = Subjects::Configured(&configuration);
    let plan = Plan::new(catalogue, &subjects, &Selection::default()).map_err(|error| refused(&error))?;
    let record = Record::new(&plan.known, today()).map_err(|error| refused(&error))?;
    let mut interpreters: Vec<Interpreter> = Vec::new();
    let mut ran = Vec::new();
    for report in reports {
        for interpreter in &report.interpreters {
            if interpreters.iter().all(|known| known.id != interpreter.id) {
                interpreters.push(interpreter.clone());
            }
        }
        for subject in &report.subjects {
            record.exists(&subject.id);
            if !matches!(subject.status, Status::NotTested | Status::HarnessFault) {
                ran.push((who(report, subject), broken(subject)));
            }
        }
    }
    // Where nothing ran, nothing is known about the record.
    if interpreters.is_empty() {
        return Ok(Vec::new());
    }
    Ok(record.stale(&interpreters, &ran, all_subjects))
}

fn who<'a>(report: &'a Report, subject: &'a Subject) -> Who<'a> {
    let interpreter = report
        .interpreters
        .iter()
        .find(|known| known.id == subject.interpreter);
    Who {
        subject: &subject.id,
        package: subject.version.as_deref(),
        python: interpreter.map_or("", |known| &known.version),
    }
}

/// The rules that are broken, those that follow from others among them.
fn broken(subject: &Subject) -> Vec<&str> {
    let mut rules = Vec::new();
    for finding in &subject.findings {
        rules.push(finding.rule.as_str());
        rules.extend(finding.consequences.iter().map(|folded| folded.rule.as_str()));
    }
    rules
}
