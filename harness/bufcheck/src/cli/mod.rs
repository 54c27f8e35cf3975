//! The command line: reads its words, runs, renders, and says how it went.
//!
//! Knows which crate does what. Must never load what it tests.

pub mod args;
mod baseline;
mod check;
mod diff;
mod doctor;
mod fuzz;
mod list;
mod output;
mod progress;
mod scan;
mod scenario;
mod selftest;

use std::process::ExitCode;

use bufcheck_model::case::RuleData;
use bufcheck_runner::load::LoadError;
use bufcheck_runner::plan::PlanError;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::suggest;
use clap::Parser;

use crate::hosts::Installation;
use args::{Cli, Command};

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
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Plan(error) if error.is_nothing() => Exit::Nothing,
            Self::Nothing(_) => Exit::Nothing,
            Self::Scan(bufcheck_runner::exporter::scan::ScanError::NoModule(_))
            | Self::Baseline(_)
            | Self::Load(_)
            | Self::Record { .. }
            | Self::Report { .. }
            | Self::NoRule { .. }
            | Self::Plan(_) => Exit::Usage,
            Self::Write { .. } | Self::Scan(_) | Self::NoWorker(_) => Exit::CouldNotRun,
        }
    }
}

/// Carries out the command of these words (the first is the program's name).
pub fn main(words: impl IntoIterator<Item = std::ffi::OsString>, installation: &Installation) -> Exit {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed standard output is nobody's fault.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Conforms
            };
        }
    };
    carry_out(cli.command, installation).unwrap_or_else(|failure| {
        anstream::eprintln!("error: {}", bufcheck_model::chain(&failure));
        failure.exit()
    })
}

fn carry_out(command: Command, installation: &Installation) -> Result<Exit, Failure> {
    match command {
        Command::Check { targets, run } => check::check(&targets, &run, installation),
        Command::Run { subjects, run } => check::run(&subjects, &run, installation),
        Command::Scan { module, run } => scan::scan(&module, &run, installation),
        Command::Baseline {
            action: args::Baseline::Init { targets, reason, run },
        } => baseline::init(&targets, &reason, &run, installation),
        Command::Baseline {
            action: args::Baseline::Update { reason, run },
        } => baseline::update(reason.as_deref(), &run, installation),
        Command::Diff {
            old,
            new,
            level,
            json,
        } => diff::diff(&old, &new, level.level(), json),
        Command::Doctor { python } => doctor::doctor(&python, installation),
        Command::List {
            what,
            json,
            coverage,
            config,
            cases,
        } => {
            let catalogue = catalogue(cases.as_deref())?;
            list::list(what, json, coverage, config.as_deref(), &catalogue)
        }
        Command::Explain { rule, cases, color } => explain(&rule, &catalogue(cases.as_deref())?, color),
        Command::Selftest {
            rule,
            without,
            python,
            jobs,
            cases,
            json,
            html,
            verbose,
        } => {
            let words = selftest::Words {
                rules: &rule,
                without: &without,
                pythons: &python,
                jobs,
                json: json.as_ref(),
                html: html.as_ref(),
                verbose,
            };
            selftest::selftest(catalogue(cases.as_deref())?, &words, installation)
        }
        Command::Fuzz {
            targets,
            seed,
            steps,
            save,
            run,
        } => fuzz::fuzz(&targets, seed, steps, save.as_deref(), &run, installation),
        Command::Judge {
            run,
            cases,
            scenarios,
            rule,
            output,
        } => {
            let mut catalogue = catalogue(cases.as_deref())?;
            for file in &scenarios {
                catalogue.add_scenarios(file)?;
            }
            check::judge(&run, catalogue, &rule, &output)
        }
        Command::Report { reports, output } => output::report_again(&reports, &output),
    }
}

fn catalogue(folder: Option<&std::path::Path>) -> Result<Catalogue, Failure> {
    Ok(match folder {
        Some(folder) => Catalogue::from_dir(folder)?,
        None => Catalogue::embedded()?,
    })
}

/// What is said about this rule, or an error with the nearest valid name.
fn known_rule<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a RuleData, Failure> {
    catalogue.rule(id).ok_or_else(|| {
        let hint = suggest::did_you_mean(id, catalogue.rules.iter().map(|rule| rule.id.as_str()));
        Failure::NoRule {
            rule: id.to_owned(),
            hint,
        }
    })
}

fn explain(id: &str, catalogue: &Catalogue, color: args::Color) -> Result<Exit, Failure> {
    if let Some(case) = catalogue.scenarios.iter().find(|case| case.id == id) {
        output::print(&format!("{}\n", scenario::written(case)));
        return Ok(Exit::Conforms);
    }
    let rule = known_rule(catalogue, id)?;
    let mutants = catalogue.mutants.iter().filter(|mutant| mutant.breaks == rule.id);
    let mutants: Vec<&str> = mutants.map(|mutant| mutant.exporter.id.as_str()).collect();
    output::print(&bufcheck_reports::terminal::explain(
        rule,
        &output::options(color),
    ));
    if !mutants.is_empty() {
        output::print(&format!("mutants: {}\n", mutants.join(", ")));
    }
    Ok(Exit::Conforms)
}
