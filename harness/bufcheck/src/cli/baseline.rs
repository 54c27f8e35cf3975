//! `baseline init` and `baseline update`: the record of known deviations, brought up to date.
//!
//! Knows which file is written, and when. Must never know how an entry is written: that is the runner's.

use std::path::{Path, PathBuf};

use bufcheck_model::case::{Config, ExporterCase};
use bufcheck_model::report::{Report, Status};
use bufcheck_runner::baseline::{Changes, Kind, changes, edit};
use bufcheck_runner::plan::Subjects;
use bufcheck_runner::plan::config::Configuration;

use super::args::RunOptions;
use super::check::{configuration, level, observe, tell_unusable};
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::hosts::Installation;

/// `bufcheck baseline init [TARGET]... --reason TEXT`
pub(super) fn init(
    targets: &[String],
    reason: &str,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let found = if options.config.as_ref().is_some_and(|file| !file.exists()) {
        None
    } else {
        configuration(options)?
    };
    let configuration = match found {
        Some(found) if !targets.is_empty() => {
            return Err(Failure::Baseline(format!(
                "`{}` exists: register the targets there, as `[[exporter]]`, and leave them out here",
                found.file.display()
            )));
        }
        Some(found) if !found.config.known.is_empty() => {
            return Err(Failure::Baseline(format!(
                "`{}` holds records already: use `bufcheck baseline update`",
                found.file.display()
            )));
        }
        Some(found) => found,
        None if targets.is_empty() => {
            let problem =
                "there is no `bufcheck.toml` here: name what to register, as `bufcheck baseline init TARGET`";
            return Err(Failure::Baseline(problem.into()));
        }
        None => registering(targets, options)?,
    };
    record(&configuration, Some(reason), options, installation)
}

/// `bufcheck baseline update [--reason TEXT]`
pub(super) fn update(
    reason: Option<&str>,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let configuration = configuration(options)?.ok_or_else(|| {
        Failure::Baseline("there is no `bufcheck.toml` here: start with `bufcheck baseline init`".into())
    })?;
    record(&configuration, reason, options, installation)
}

/// A configuration that is not written yet.
fn registering(targets: &[String], options: &RunOptions) -> Result<Configuration, Failure> {
    let file = options
        .config
        .clone()
        .unwrap_or_else(|| PathBuf::from("bufcheck.toml"));
    let entry = |target: &String| format!("[[exporter]]\nmake = {}\n", toml_string(target));
    let text = targets.iter().map(entry).collect::<Vec<_>>().join("\n");
    let exporter = targets.iter().map(|target| ExporterCase {
        make: Some(target.clone()),
        ..ExporterCase::default()
    });
    let config = Config {
        exporter: exporter.collect(),
        ..Config::default()
    };
    Ok(Configuration::of(config, file, text)?)
}

fn toml_string(text: &str) -> String {
    if text.contains(['\'', '\n']) {
        serde_json::Value::from(text).to_string()
    } else {
        format!("'{text}'")
    }
}

fn record(
    configuration: &Configuration,
    reason: Option<&str>,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let file = configuration.file.display().to_string();
    let subjects = Subjects::Configured(configuration);
    let (report, unusable) = observe(&subjects, &[], options, Some(configuration), installation)?;
    tell_unusable(&unusable);
    if report.interrupted {
        return Err(Failure::Interrupted);
    }
    if !unusable.is_empty() || faults(&report) {
        output::write(&report, &options.output)?;
        anstream::eprintln!("error: `{file}` was left as it is, since not everything could be checked");
        return Ok(Exit::CouldNotRun);
    }
    let changes = changes(
        &report,
        level(options, Some(configuration)),
        reason.unwrap_or_default(),
        &file,
    );
    if reason.is_none() && !changes.add.is_empty() {
        let new: Vec<String> = changes
            .add
            .iter()
            .map(|known| format!("  {} on `{}`", known.rule, known.subject))
            .collect();
        return Err(Failure::Baseline(format!(
            "`{file}` was left as it is: say with `--reason TEXT` why these new deviations are tolerated, or mend \
             them\n{}",
            new.join("\n")
        )));
    }
    write(configuration, &changes)?;
    output::print(&format!(
        "{file}: {} added, {} struck out.\n",
        plural(changes.add.len()),
        plural(changes.remove.len())
    ));
    Ok(Exit::Conforms)
}

fn plural(count: usize) -> String {
    if count == 1 {
        "1 record".to_owned()
    } else {
        format!("{count} records")
    }
}

fn faults(report: &Report) -> bool {
    report
        .subjects
        .iter()
        .any(|subject| subject.status == Status::HarnessFault || !subject.is_complete())
}

fn write(configuration: &Configuration, changes: &Changes) -> Result<(), Failure> {
    let file: &Path = &configuration.file;
    if changes.is_empty() && file.exists() {
        return Ok(());
    }
    let own = file.file_name().is_none_or(|name| name != "pyproject.toml");
    let text = edit(
        &configuration.text,
        if own { Kind::Own } else { Kind::Project },
        changes,
    )
    .map_err(|error| Failure::Baseline(format!("failed to edit `{}`: {error}", file.display())))?;
    std::fs::write(file, text).map_err(|source| Failure::Write {
        file: file.display().to_string(),
        source,
    })
}
