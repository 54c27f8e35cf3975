//! Checks that are asked for by a program, not by a command line: the Rust API, and what the Python package
//! is built on.
//!
//! Knows how a described check becomes a report. Must never print, and never load Python.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use bufcheck_model::case::Config;
use bufcheck_model::report::Report;
use bufcheck_model::trace::TraceReport;
use bufcheck_runner::bench::Bench;
use bufcheck_runner::judge::assemble;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::stop::Stop;
use bufcheck_runner::supervise::worker::Limits;
use bufcheck_runner::trace;
use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::hosts::Installation;

/// What is to be checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The exporters, their known deviations, and the interpreters; as in `bufcheck.toml`.
    #[serde(default)]
    pub config: Config,
    /// The file it was read from: known deviations name it when they are stale.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Subject globs; empty means all.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// The command that runs a subject again, by its id, where that is not the one of a configuration.
    #[serde(default)]
    pub repro: BTreeMap<String, String>,
    /// Folders that workers import from, beside the current one and those of the file.
    #[serde(default)]
    pub path: Vec<PathBuf>,
    /// Workers at a time.
    #[serde(default = "one")]
    pub jobs: usize,
    /// Time for one step of a worker, in seconds.
    #[serde(default = "ten")]
    pub timeout: f64,
}

const fn one() -> usize {
    1
}

const fn ten() -> f64 {
    10.0
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The report.
    pub report: Report,
    /// The interpreters that could not be used, with the reason.
    pub unusable: Vec<(String, String)>,
}

impl Asked {
    /// The description as a checked configuration.
    pub fn configuration(&self) -> Result<Configuration, Failure> {
        let file = self
            .file
            .clone()
            .unwrap_or_else(|| PathBuf::from("bufcheck.check"));
        let text = self
            .file
            .as_deref()
            .and_then(|file| std::fs::read_to_string(file).ok())
            .unwrap_or_default();
        Ok(Configuration::of(self.config.clone(), file, text)?)
    }

    /// Says in every finding how it is seen again.
    pub fn name_repro(&self, report: &mut Report) {
        for subject in &mut report.subjects {
            let Some(command) = self.repro.get(&subject.id) else {
                continue;
            };
            for finding in &mut subject.findings {
                finding.repro.clone_from(command);
            }
        }
    }
}

/// Checks what is described, each subject in a worker, unless that is to stop before: the report is about what was judged
/// by then.
pub fn check(asked: &Asked, installation: &Installation, stop: &Stop) -> Result<Checked, Failure> {
    let configuration = asked.configuration()?;
    let selection = Selection {
        subjects: asked.subjects.clone(),
        ..Selection::default()
    };
    let plan = Plan::new(
        Catalogue::embedded()?,
        &Subjects::Configured(&configuration),
        &selection,
    )?;
    let mut path = asked.path.clone();
    if asked.file.is_some() {
        path.extend(configuration.import_path());
    }
    let settings = Settings {
        hosts: installation.hosts(&asked.config.python),
        jobs: asked.jobs.max(1),
        limits: Limits::default().with_step(Duration::from_secs_f64(asked.timeout.clamp(0.01, 86_400.0))),
        stop: stop.clone(),
        path,
    };
    let ran = pool::run(&plan, &settings, &mut |_| {});
    let bench = Bench::of(&plan);
    let mut report = assemble(ran.subjects, &ran.run, &bench, plan.whole, ran.interrupted)?;
    asked.name_repro(&mut report);
    Ok(Checked {
        report,
        unusable: ran.unusable,
    })
}

/// The report on what processes that were traced have written into a folder: for traces that no command line began.
pub fn trace_report(folder: &Path) -> Result<TraceReport, Failure> {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let catalogue = if let Some(known) = CATALOGUE.get() {
        known
    } else {
        let catalogue = Catalogue::embedded()?;
        CATALOGUE.get_or_init(|| catalogue)
    };
    let found = trace::read(folder)
        .map_err(|error| Failure::NoWorker(format!("the trace cannot be read: {error}")))?;
    Ok(trace::report(found, &[], None, catalogue))
}
