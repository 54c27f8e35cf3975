//! The extension module behind the `bufcheck` package: the command line, the worker, and what the Python API
//! is built on. Descriptions and reports cross as JSON text.
//!
//! Knows how these are reached from Python. Must never hold logic of its own.

mod errors;
mod interrupt;
mod live;
mod spies;
mod stale;
mod trace;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;

use bufcheck::api::{Asked, check};
use bufcheck::hosts::Installation;
use bufcheck_model::chain;
use bufcheck_runner::supervise::host::Host;
use pyo3::prelude::*;

use errors::invalid;

/// Where subjects run: in `executable`, and any other interpreter takes the package from `folder`.
fn installation(executable: PathBuf, folder: PathBuf) -> Installation {
    let default = Host::Python {
        executable,
        provided: Some(folder.clone()),
    };
    Installation {
        default: Some(default),
        provided: Some(folder),
    }
}

fn asked(text: &str) -> PyResult<Asked> {
    serde_json::from_str(text)
        .map_err(|error| invalid(format!("failed to read what is to be checked: {error}")))
}

fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(invalid)
}

/// The native half of the `bufcheck` package.
#[pymodule]
mod _bufcheck {
    use bufcheck::render::{self, Format};
    use bufcheck_model::reference::ReferenceSpec;
    use bufcheck_model::report::Report;
    use bufcheck_runner::plan::config::Configuration;
    use bufcheck_runner::supervise::worker::Limits;
    use pyo3::prelude::*;

    use super::{OsString, PathBuf, asked, chain, check, installation, invalid, json, live, stale};
    use crate::interrupt::interruptible;

    #[pymodule_export]
    use super::spies::Watched;
    #[pymodule_export]
    use super::trace::{trace_finish, trace_more_types, trace_start, trace_test};
    #[pymodule_export]
    use super::worker::serve;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// Carries out a command line; the exit status.
    #[pyfunction]
    fn run(py: Python<'_>, words: Vec<OsString>, executable: PathBuf, folder: PathBuf) -> u8 {
        let installation = installation(executable, folder);
        py.detach(|| bufcheck::cli::main(words, &installation).status())
    }

    /// Checks what `description` describes, in workers; the report and the unusable interpreters.
    #[pyfunction(name = "check")]
    fn check_isolated(
        py: Python<'_>,
        description: &str,
        executable: PathBuf,
        folder: PathBuf,
    ) -> PyResult<String> {
        let asked = asked(description)?;
        let installation = installation(executable, folder);
        let checked = interruptible(py, |stop| check(&asked, &installation, stop))?;
        json(&checked.map_err(|error| invalid(chain(&error)))?)
    }

    /// Checks the one subject of `description` in this process, a function in children of it; the report.
    #[pyfunction]
    fn check_here(py: Python<'_>, description: &str) -> PyResult<String> {
        json(&live::check(py, &asked(description)?)?)
    }

    /// The records of `description` that should be deleted, by the reports on its exporters.
    #[pyfunction(name = "stale")]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over values")]
    fn stale_records(description: &str, reports: Vec<String>, all_subjects: bool) -> PyResult<String> {
        let reports: Result<Vec<Report>, _> = reports.iter().map(|text| serde_json::from_str(text)).collect();
        json(&stale::stale(
            &asked(description)?,
            &reports.map_err(invalid)?,
            all_subjects,
        )?)
    }

    /// The report on what was written into a folder by processes that were traced.
    #[pyfunction]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over values")]
    fn trace_report(folder: PathBuf) -> PyResult<String> {
        let report = bufcheck::api::trace_report(&folder).map_err(|error| invalid(chain(&error)))?;
        json(&report)
    }

    /// A report of a trace, as text for people.
    #[pyfunction]
    fn trace_text(report: &str) -> PyResult<String> {
        bufcheck::render::trace(report).map_err(invalid)
    }

    /// A fresh reference exporter of a description.
    #[pyfunction]
    fn reference(py: Python<'_>, description: &str) -> PyResult<Py<PyAny>> {
        let spec: ReferenceSpec = serde_json::from_str(description)
            .map_err(|error| invalid(format!("failed to read the description of an exporter: {error}")))?;
        bufcheck_probe::reference::make(py, &spec)
    }

    /// Every spy: what it is, as JSON, and its items in C order.
    #[pyfunction]
    fn spies() -> PyResult<Vec<(String, Vec<u8>)>> {
        super::spies::spies()
    }

    /// The configuration of a folder, or of a file: its path and what it says.
    #[pyfunction]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over values")]
    fn configuration(place: PathBuf) -> PyResult<Option<(PathBuf, String)>> {
        let found = if place.is_dir() {
            Configuration::find(&place)
        } else {
            Configuration::read(&place).map(Some)
        };
        match found.map_err(|error| invalid(chain(&error)))? {
            Some(found) => Ok(Some((found.file, json(&found.config)?))),
            None => Ok(None),
        }
    }

    /// The families of rules that are judged of exporters, in the order of the table.
    #[pyfunction]
    fn families() -> Vec<String> {
        render::families()
    }

    /// The default time for one step of a worker, in seconds.
    #[pyfunction]
    fn default_timeout() -> f64 {
        Limits::default().step.as_secs_f64()
    }

    /// A report in another format.
    #[pyfunction(name = "render")]
    fn rendered(report: &str, format: &str, level: &str) -> PyResult<String> {
        let format: Format = format.parse().map_err(invalid)?;
        render::render(report, format, level).map_err(invalid)
    }

    /// What could not be tried of the subjects of a report, or is not sure: a line each.
    #[pyfunction]
    fn remarks(report: &str) -> PyResult<Vec<Vec<String>>> {
        render::remarks(report).map_err(invalid)
    }

    /// The text of every finding of a report, subject by subject, at most nine lines each.
    #[pyfunction]
    fn findings(report: &str) -> PyResult<Vec<Vec<String>>> {
        render::findings(report).map_err(invalid)
    }
}
