//! How a command went.
//!
//! Knows the exit statuses, which are a contract. Must never print anything.

use std::process::ExitCode;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Standing, Status};

/// How a command went: the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Conforming, or as recorded.
    Conforms = 0,
    /// A rule is broken.
    Broken = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Could not run.
    CouldNotRun = 3,
    /// A record of a known deviation is stale.
    Stale = 4,
    /// Nothing was selected.
    Nothing = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit status of a report: what could not run comes first, since the rest is then incomplete.
pub(super) fn exit(report: &Report, level: Level) -> Exit {
    if report
        .subjects
        .iter()
        .any(|subject| subject.status == Status::HarnessFault)
    {
        return Exit::CouldNotRun;
    }
    let counts = |found: Level, standing: Standing| found >= level && standing == Standing::New;
    let broken = report
        .subjects
        .iter()
        .flat_map(|subject| &subject.findings)
        .any(|finding| {
            counts(finding.level, finding.standing)
                || finding
                    .consequences
                    .iter()
                    .any(|folded| counts(folded.level, folded.standing))
        });
    if broken {
        return Exit::Broken;
    }
    if !report.stale.is_empty() {
        return Exit::Stale;
    }
    let tested = report
        .subjects
        .iter()
        .any(|subject| subject.status != Status::NotTested);
    if tested { Exit::Conforms } else { Exit::Nothing }
}
