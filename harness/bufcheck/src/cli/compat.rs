//! `compat`: which exporter works with which consumer.
//!
//! Knows what is chosen on either side, and where the table goes. Must never know what makes a pair work.

use std::path::PathBuf;

use bufcheck_model::case::Make;
use bufcheck_model::compat::{Compat, Verdict};
use bufcheck_reports::compat;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::plan::{Plan, Planned, Selection, Subjects};

use super::args::{Pairs, RunOptions};
use super::check::{configuration, settings, tell_unusable};
use super::data::catalogue;
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::progress::Progress;
use crate::hosts::Installation;

/// `bufcheck compat [TARGET]... [--consumer CALL]...`
pub(super) fn compat(
    words: &Pairs,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let configuration = configuration(options)?;
    let found = configuration.as_ref().filter(|_| !words.corpus);
    let rows = side(options, found, (&[], &words.consumer), (&words.consumers, true))?;
    let columns = side(options, found, (&words.targets, &[]), (&words.exporters, false))?;
    let exporters = columns.subjects;
    let settings = settings(options, found, installation)?;
    if settings.hosts.len() > 1 {
        return Err(Failure::Nothing(
            "a table is one of one interpreter: name it with `--python`".into(),
        ));
    }
    let progress = Progress::new(options.output.quiet);
    let (tables, ran) =
        bufcheck_runner::compat::compat(&rows, &exporters, &settings, &mut |event| progress.tell(&event));
    progress.finish();
    let Some(table) = tables.first() else {
        tell_unusable(&ran.unusable);
        return Ok(Exit::CouldNotRun);
    };
    write(table, options)?;
    tell_unusable(&ran.unusable);
    Ok(exit(table, ran.interrupted))
}

/// One side of the table: what the command line names, else what the configuration registers, else the corpus.
fn side(
    options: &RunOptions,
    configuration: Option<&Configuration>,
    (targets, consumers): (&[String], &[String]),
    (globs, consumer): (&[String], bool),
) -> Result<Plan, Failure> {
    let named = Subjects::Targets {
        targets,
        consumers,
        configuration,
    };
    let registered = configuration.filter(|found| {
        if consumer {
            !found.config.consumer.is_empty()
        } else {
            !found.config.exporter.is_empty()
        }
    });
    let subjects = match registered {
        _ if !targets.is_empty() || !consumers.is_empty() => named,
        Some(found) => Subjects::Configured(found),
        None => Subjects::Corpus,
    };
    let mut plan = Plan::new(
        catalogue(options.cases.as_deref())?,
        &subjects,
        &Selection {
            subjects: globs.to_vec(),
            ..Selection::default()
        },
    )?;
    plan.subjects
        .retain(|subject| subject.consumer.is_some() == consumer);
    // What is built in Rust is there to test bufcheck.
    let real = |subject: &Planned| {
        consumer || matches!(subject.make, Make::Expression { .. }) || !matches!(subjects, Subjects::Corpus)
    };
    plan.subjects.retain(real);
    if plan.subjects.is_empty() {
        let side = if consumer { "consumer" } else { "exporter" };
        return Err(Failure::Nothing(format!("no {side} is left to be tried")));
    }
    Ok(plan)
}

fn write(table: &Compat, options: &RunOptions) -> Result<(), Failure> {
    let files: [(&Option<PathBuf>, &dyn Fn() -> String); 3] = [
        (&options.output.json, &|| compat::json(table)),
        (&options.output.html, &|| compat::html(table)),
        (&options.output.markdown, &|| compat::markdown(table)),
    ];
    for (file, render) in files {
        if let Some(file) = file {
            output::file(file, &render())?;
        }
    }
    if !options.output.quiet {
        output::say(&compat::terminal(table), &options.output);
    }
    Ok(())
}

/// 1: somebody is harmed by a pair; 3: nothing could be tried.
fn exit(table: &Compat, interrupted: bool) -> Exit {
    if interrupted {
        return Exit::of_signal();
    }
    let any = |wanted: fn(Verdict) -> bool| table.cells().any(|(_, _, cell)| wanted(cell.verdict));
    if any(Verdict::is_bad) {
        Exit::Broken
    } else if any(Verdict::is_tried) {
        Exit::Conforms
    } else {
        Exit::CouldNotRun
    }
}
