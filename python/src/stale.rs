//! Which known deviations no longer show, when exporters were checked one at a time.
//!
//! Knows where the record stands. Must never judge a finding.

use bufcheck::api::Asked;
use bufcheck_model::chain;
use bufcheck_model::report::{Report, Stale};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::known;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use pyo3::prelude::*;

use crate::errors::invalid;

/// The records of a configuration that should be deleted or renewed, by the reports on its exporters.
///
/// `all_subjects` says that no exporter was left out: only then can a record be said to match nothing.
pub(crate) fn stale(asked: &Asked, reports: &[Report], all_subjects: bool) -> PyResult<Vec<Stale>> {
    let refused = |error: &dyn std::error::Error| invalid(chain(error));
    let configuration = asked.configuration().map_err(|error| refused(&error))?;
    let catalogue = Catalogue::embedded().map_err(|error| refused(&error))?;
    let subjects = Subjects::Configured(&configuration);
    let plan = Plan::new(catalogue, &subjects, &Selection::default()).map_err(|error| refused(&error))?;
    known::stale(&plan.known, reports, &plan.catalogue.by_chance(), all_subjects)
        .map_err(|error| refused(&error))
}
