//! A command that could not be carried out.
//!
//! Knows the words and the exit status of each reason. Must never carry anything out.

use bufcheck_runner::load::LoadError;
use bufcheck_runner::plan::PlanError;

use super::exit::Exit;

/// A command that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A data or configuration file.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A selection.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A recorded run.
    #[error("failed to use `{file}`")]
    Record {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: bufcheck_runner::record::RecordError,
    },
    /// A report.
    #[error("failed to use `{file}`: {problem}")]
    Report {
        /// The file.
        file: String,
        /// Why.
        problem: String,
    },
    /// A result could not be written.
    #[error("failed to write `{file}`")]
    Write {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A name that is none.
    #[error("there is no rule `{rule}`{hint}")]
    NoRule {
        /// The name.
        rule: String,
        /// The nearest valid one.
        hint: String,
    },
    /// There is nothing registered, and nobody asked for anything else.
    #[error(
        "there is no `bufcheck.toml` here, and no `pyproject.toml` with a table `tool.bufcheck`, nor in a folder above \
         in the same repository: write one, or check an object without one (`bufcheck check 'module:expression'`), or \
         check the built-in corpus (`bufcheck run --corpus`)"
    )]
    NoConfiguration,
    /// There is nothing to run.
    #[error("{0}")]
    Nothing(String),
    /// A record of known deviations that cannot be changed as asked.
    #[error("{0}")]
    Baseline(String),
    /// A module that cannot be scanned.
    #[error(transparent)]
    Scan(#[from] bufcheck_runner::exporter::scan::ScanError),
    /// There is nothing to run it in.
    #[error("{0}")]
    NoWorker(String),
    /// Somebody wanted it to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// The exit status.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Plan(error) if error.is_nothing() => Exit::Nothing,
            Self::Nothing(_) => Exit::Nothing,
            Self::Scan(bufcheck_runner::exporter::scan::ScanError::NoModule(_))
            | Self::Baseline(_)
            | Self::NoConfiguration
            | Self::Load(_)
            | Self::Record { .. }
            | Self::Report { .. }
            | Self::NoRule { .. }
            | Self::Plan(_) => Exit::Usage,
            Self::Interrupted => Exit::of_signal(),
            Self::Write { .. } | Self::Scan(_) | Self::NoWorker(_) => Exit::CouldNotRun,
        }
    }
}
