//! `selftest`: the mutants, the clean set, and the kill matrix.
//!
//! Knows how the two sets are run and how the matrix is told. Must never judge.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bufcheck_model::report::Subject;
use bufcheck_model::selftest::{Fate, Matrix};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::selftest::matrix;
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::worker::Limits;

use super::exit::Exit;
use super::failure::Failure;
use super::interrupt;
use super::output::print;
use super::progress::Progress;
use crate::hosts::Installation;

/// The words of the command.
pub(super) struct Words<'a> {
    pub(super) rules: &'a [String],
    pub(super) without: &'a [String],
    pub(super) pythons: &'a [String],
    pub(super) jobs: Option<u16>,
    pub(super) json: Option<&'a PathBuf>,
    pub(super) html: Option<&'a PathBuf>,
    pub(super) verbose: bool,
}

pub(super) fn selftest(
    mut catalogue: Catalogue,
    words: &Words<'_>,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let without: Vec<String> = words
        .without
        .iter()
        .map(|rule| super::data::known_rule(&catalogue, rule).map(|known| known.id.clone()))
        .collect::<Result<_, _>>()?;
    if !words.rules.is_empty() {
        let selection = Selection {
            rules: words.rules.to_vec(),
            ..Selection::default()
        };
        let chosen = Plan::new(catalogue.clone(), &Subjects::Mutants, &selection)?.rules;
        catalogue
            .mutants
            .retain(|mutant| chosen.iter().any(|rule| rule.id == mutant.breaks));
        catalogue
            .consumer_mutants
            .retain(|mutant| chosen.iter().any(|rule| rule.id == mutant.breaks));
        catalogue
            .interpreter_mutants
            .retain(|mutant| chosen.iter().any(|rule| rule.id == mutant.breaks));
    }
    let hosts = installation.hosts(words.pythons);
    if hosts.is_empty() {
        return Err(Failure::NoWorker(
            "there is no worker beside this program: name an interpreter with `--python`".into(),
        ));
    }
    let settings = Settings {
        stop: interrupt::stop(),
        path: Vec::new(),
        hosts,
        jobs: super::check::jobs(words.jobs),
        limits: Limits::default(),
    };
    let (interpreters, mutants) = judged(&catalogue, &Subjects::Mutants, &without, &settings)?;
    let (_, clean) = judged(&catalogue, &Subjects::Clean, &without, &settings)?;
    let matrices: Vec<Matrix> = interpreters
        .iter()
        .map(|id| {
            let here = |subjects: &[Subject]| -> Vec<Subject> {
                subjects
                    .iter()
                    .filter(|subject| subject.interpreter == *id)
                    .cloned()
                    .collect()
            };
            let mut matrix = matrix(id, &here(&mutants), &here(&clean), &catalogue);
            if !words.rules.is_empty() {
                // A selection proves nothing about the rules that it leaves out.
                matrix.unproven.clear();
            }
            matrix
        })
        .collect();
    let mut taken = false;
    if let Some(file) = words.json {
        let text = serde_json::to_string_pretty(&matrices).unwrap_or_default() + "\n";
        taken = write(file, &text)?;
    }
    if let Some(file) = words.html {
        taken |= write(file, &bufcheck_reports::html::selftest(&matrices))?;
    }
    let told: String = matrices
        .iter()
        .map(|matrix| tell(matrix, words.verbose))
        .collect();
    if taken {
        eprint!("{told}");
    } else {
        print(&told);
    }
    Ok(if matrices.iter().all(Matrix::passes) {
        Exit::Conforms
    } else {
        Exit::Broken
    })
}

/// Runs one of the two sets; the interpreters and the verdicts.
fn judged(
    catalogue: &Catalogue,
    set: &Subjects<'_>,
    without: &[String],
    settings: &Settings,
) -> Result<(Vec<String>, Vec<Subject>), Failure> {
    let mut plan = Plan::new(catalogue.clone(), set, &Selection::default())?;
    plan.rules
        .retain(|rule| !without.iter().any(|without| without == rule.id));
    let progress = Progress::new(false);
    let ran = pool::run(&plan, settings, &mut |event| progress.tell(&event));
    progress.finish();
    if ran.interrupted {
        return Err(Failure::Interrupted);
    }
    if let Some((host, problem)) = ran.unusable.first() {
        return Err(Failure::NoWorker(format!(
            "`{host}` could not be used: {problem}"
        )));
    }
    Ok((
        ran.run.interpreters.into_iter().map(|known| known.id).collect(),
        ran.subjects,
    ))
}

/// Writes a result; whether it went to standard output.
fn write(file: &Path, text: &str) -> Result<bool, Failure> {
    if file == Path::new("-") {
        print(text);
        return Ok(true);
    }
    std::fs::write(file, text).map_err(|source| Failure::Write {
        file: file.display().to_string(),
        source,
    })?;
    Ok(false)
}

/// The matrix in words: what is wrong in full, what is right in numbers.
fn tell(matrix: &Matrix, verbose: bool) -> String {
    let mut text = String::new();
    for mutant in &matrix.mutants {
        let fate = match mutant.fate {
            Fate::KilledByOwnRule if verbose => "killed",
            Fate::NotTested if verbose => "not tested",
            Fate::KilledByOwnRule | Fate::NotTested => continue,
            Fate::KilledByAnother => "killed by another rule only",
            Fate::Survived => "survived",
            Fate::Fault => "could not be made",
        };
        let by = if mutant.by.is_empty() {
            String::new()
        } else {
            format!(" ({})", mutant.by.join(", "))
        };
        let _ = writeln!(
            text,
            "{fate}: {} was made to break {}{by}",
            mutant.id, mutant.breaks
        );
        for reason in &mutant.reason {
            let _ = writeln!(text, "    {reason}");
        }
    }
    for clean in &matrix.clean {
        if !clean.accused.is_empty() {
            let _ = writeln!(
                text,
                "false alarm: {} was accused by {}",
                clean.id,
                clean.accused.join(", ")
            );
        }
        if clean.fault {
            let _ = writeln!(
                text,
                "could not be made: {}: {}",
                clean.id,
                clean.reason.join("; ")
            );
        }
    }
    for rule in &matrix.unproven {
        let _ = writeln!(text, "no mutant: nothing proves that {rule} can fire");
    }
    let _ = writeln!(
        text,
        "{}: {} mutants killed by their own rule, {} by another, {} survived, {} not tested; \
         {} clean exporters in peace, {} false alarms",
        matrix.interpreter,
        matrix.count(Fate::KilledByOwnRule),
        matrix.count(Fate::KilledByAnother),
        matrix.count(Fate::Survived),
        matrix.count(Fate::NotTested),
        matrix.at_peace(),
        matrix.false_alarms().count(),
    );
    text
}
