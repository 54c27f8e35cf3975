//! The command line: reads its words, runs, renders, and says how it went.
//!
//! Knows which crate does what. Must never load what it tests.

pub mod args;
mod baseline;
mod beside;
mod calls;
mod check;
mod compat;
mod confirm;
mod data;
mod diff;
mod doctor;
mod exit;
mod failure;
mod fuzz;
mod interrupt;
mod list;
mod manual;
mod output;
mod progress;
mod registered;
mod repro;
mod scan;
mod scan_consumers;
mod scenario;
mod selftest;
mod trace;

use bufcheck_reports::Untrusted;
use bufcheck_runner::plan::catalogue::Catalogue;
use clap::Parser;

use crate::hosts::Installation;
use args::{Cli, Command};
use data::{catalogue, known_rule};

pub use exit::Exit;
pub use failure::Failure;

/// Carries out the command of these words (the first is the program's name).
pub fn main(words: impl IntoIterator<Item = std::ffi::OsString>, installation: &Installation) -> Exit {
    let words: Vec<std::ffi::OsString> = words.into_iter().collect();
    let mut cli = match Cli::try_parse_from(&words) {
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
    if let Some(options) = cli.command.run_options() {
        // The folder of the program is nobody's concern.
        let typed = words
            .iter()
            .skip(1)
            .map(|word| word.to_string_lossy().into_owned());
        options.words = std::iter::once("bufcheck".to_owned()).chain(typed).collect();
    }
    carry_out(cli.command, installation).unwrap_or_else(|failure| {
        anstream::eprintln!("error: {}", Untrusted::lines(&bufcheck_model::chain(&failure)));
        failure.exit()
    })
}

#[allow(clippy::too_many_lines, reason = "an arm for each command, and nothing else")]
fn carry_out(command: Command, installation: &Installation) -> Result<Exit, Failure> {
    match command {
        Command::Check {
            targets,
            consumer,
            run,
        } => check::check(&targets, &consumer, &run, installation),
        Command::Run {
            subjects,
            ecosystem: true,
            run,
            ..
        } => check::ecosystem(&subjects, &run, installation),
        Command::Run {
            subjects,
            corpus,
            run,
            ..
        } => check::run(&subjects, corpus, &run, installation),
        Command::Scan {
            module,
            consumers,
            run,
        } => scan::scan(&module, consumers, &run, installation),
        Command::Compat { words, run } => compat::compat(&words, &run, installation),
        Command::Baseline { action } => baseline(action, installation),
        Command::Diff { words } => diff::diff(&words),
        Command::Repro {
            findings,
            script,
            report,
            mutants,
            run,
        } => {
            let words = repro::Words {
                findings: &findings,
                script,
                report: report.as_deref(),
                mutants,
                options: &run,
            };
            repro::repro(&words, installation)
        }
        Command::Trace { words, command } => trace::trace(&words, &command, installation),
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
            consumer,
            seed,
            steps,
            save,
            run,
        } => {
            let words = (targets.as_slice(), consumer.as_slice());
            fuzz::fuzz(words, seed, steps, save.as_deref(), &run, installation)
        }
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
        Command::Merge { reports, output } | Command::Report { reports, output } => {
            output::report_again(&reports, &output)
        }
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Man { out } => manual::man(out.as_deref()),
    }
}

fn baseline(action: args::Baseline, installation: &Installation) -> Result<Exit, Failure> {
    match action {
        args::Baseline::Init { targets, reason, run } => {
            baseline::init(&targets, &reason, &run, installation)
        }
        args::Baseline::Update { reason, run } => baseline::update(reason.as_deref(), &run, installation),
    }
}

fn explain(id: &str, catalogue: &Catalogue, color: args::Color) -> Result<Exit, Failure> {
    if let Some(case) = catalogue.scenarios.iter().find(|case| case.id == id) {
        output::print(&format!("{}\n", scenario::written(case)));
        return Ok(Exit::Conforms);
    }
    if let Some(text) = calls::explained(catalogue, id) {
        output::print(&text);
        return Ok(Exit::Conforms);
    }
    let rule = known_rule(catalogue, id)?;
    if let Some(renamed) = catalogue.names().told(id) {
        output::print(&format!("{renamed}\n\n"));
    }
    let mutants = catalogue
        .broken_on_purpose()
        .filter(|(_, breaks)| *breaks == rule.id);
    let mutants: Vec<&str> = mutants.map(|(id, _)| id).collect();
    output::print(&bufcheck_reports::terminal::explain(
        rule,
        &output::options(color),
    ));
    if !mutants.is_empty() {
        output::print(&format!("mutants: {}\n", mutants.join(", ")));
    }
    Ok(Exit::Conforms)
}
