//! `scan --consumers MODULE`: the functions of a module that take a buffer, checked.
//!
//! Knows which functions are tried, and the recipes that follow. Must never import the module: workers do.

use std::fmt::Write as _;
use std::path::PathBuf;

use bufcheck_model::case::Config;
use bufcheck_model::report::{Report, Status};
use bufcheck_runner::consumer::scan::{Callable, callables};
use bufcheck_runner::plan::Subjects;
use bufcheck_runner::plan::config::Configuration;

use super::args::RunOptions;
use super::check::{configuration, level, observe, settings, tell_unusable};
use super::exit::Exit;
use super::exit::exit;
use super::failure::Failure;
use super::output;
use crate::hosts::Installation;

/// `bufcheck scan MODULE --consumers`
pub(super) fn scan(module: &str, options: &RunOptions, installation: &Installation) -> Result<Exit, Failure> {
    let found = configuration(options)?;
    let settings = settings(options, found.as_ref(), installation)?;
    let listing = callables(&mut settings.slot(&settings.hosts[0]), module)?;
    let (tried, other): (Vec<_>, Vec<_>) = listing.functions.iter().partition(|function| function.one);
    if tried.is_empty() {
        let problem = format!("`{module}` holds nothing that can be called with one argument");
        return Err(Failure::Nothing(problem));
    }
    let config = Config {
        consumer: tried.iter().map(|function| function.case(module)).collect(),
        ..Config::default()
    };
    let tried = Configuration::of(config, PathBuf::from("bufcheck.toml"), String::new())?;
    let subjects = Subjects::Configured(&tried);
    let (mut report, unusable) = observe(&subjects, &[], options, found.as_ref(), installation)?;
    let asked = takers(&mut report);
    if asked.is_empty() {
        let problem = format!(
            "of {} things in `{module}` that can be called, none asked for a buffer",
            tried.config.consumer.len()
        );
        return Err(Failure::Nothing(problem));
    }
    output::write(&report, &options.output)?;
    let takers: Vec<_> = tried
        .config
        .consumer
        .iter()
        .filter(|case| asked.contains(&case.id))
        .collect();
    let mut text = format!(
        "\n`{module}`: of what can be called with one argument, {} of {} asked for a buffer. Recipes for \
         `bufcheck.toml`:\n",
        takers.len(),
        tried.config.consumer.len()
    );
    for case in takers {
        let _ = write!(
            text,
            "\n[[consumer]]\nid = \"{}\"\ncall = \"{}\"\n",
            case.id, case.call
        );
    }
    text.push_str(&wanting(module, &other));
    output::say(&text, &options.output);
    tell_unusable(&unusable);
    Ok(exit(&report, level(options, found.as_ref()), &unusable))
}

/// Leaves those in the report that asked for a buffer; their ids.
fn takers(report: &mut Report) -> Vec<String> {
    let (mut ids, totals) = (Vec::new(), &mut report.totals.subjects);
    report.subjects.retain(|subject| {
        let asks = subject.status.is_tested() && subject.status != Status::NothingGranted;
        if asks {
            ids.push(subject.id.clone());
        } else if let Some(count) = totals.get_mut(subject.status.name()) {
            *count -= 1;
            if *count == 0 {
                totals.remove(subject.status.name());
            }
        }
        asks
    });
    ids
}

/// What wants other arguments: which of them is the buffer, nobody can know.
fn wanting(module: &str, other: &[&Callable]) -> String {
    let mut text = String::new();
    if !other.is_empty() {
        text.push_str("\nThese want other arguments: write `buf` where a buffer belongs.\n");
    }
    for function in other {
        let signature = function
            .signature
            .as_deref()
            .unwrap_or("(...)")
            .replace('\n', " ");
        let _ = writeln!(text, "# call = \"{module}:{}{signature}\"", function.name);
    }
    text
}
