//! `doctor`: what is installed, which interpreters can be used, what is missing and how to get it.
//!
//! Knows where people have interpreters. Must never check an exporter.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bufcheck_runner::catalogue::Catalogue;
use bufcheck_runner::config::Configuration;
use bufcheck_runner::host::Host;
use bufcheck_runner::pool::{Slot, chain};
use bufcheck_runner::worker::Limits;
use bufcheck_spec::rules;
use bufcheck_spec::wire::Hello;

use super::output::print;
use super::{Exit, Failure};
use crate::hosts::Installation;

/// The minor versions that are looked for on `PATH`; the first is the oldest that can be used.
const MINORS: std::ops::RangeInclusive<u32> = 11..=15;

/// `bufcheck doctor`
pub(super) fn doctor(pythons: &[String], installation: &Installation) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let mut text = format!("bufcheck {}\n", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        text,
        "  cases        {} requests, {} rules of which {} are checked, built in",
        catalogue.requests.len(),
        catalogue.rules.len(),
        rules::rules().count()
    );
    let provided = installation.provided.as_ref().map_or_else(
        || "none: other interpreters need a bufcheck of their own (`PY -m pip install bufcheck`)".to_owned(),
        |folder| format!("{}, lent to interpreters that have none", folder.display()),
    );
    let _ = writeln!(text, "  package      {provided}");
    let configuration = Configuration::find(Path::new("."))?;
    let _ = match &configuration {
        Some(found) => writeln!(
            text,
            "  config       {}: {} exporters, {} known deviations",
            found.file.display(),
            found.config.exporter.len(),
            found.config.known.len()
        ),
        None => writeln!(
            text,
            "  config       none in this folder: `bufcheck run` checks the built-in corpus"
        ),
    };
    let configured = configuration.map(|found| found.config.python).unwrap_or_default();
    let usable = interpreters(&mut text, pythons, &configured, installation);
    print(&text);
    Ok(if usable { Exit::Conforms } else { Exit::CouldNotRun })
}

/// Writes about every interpreter; whether all that somebody asked for can be used.
fn interpreters(
    text: &mut String,
    named: &[String],
    configured: &[String],
    installation: &Installation,
) -> bool {
    let mut wanted: Vec<(Host, &str)> = Vec::new();
    if let Some(default) = &installation.default {
        wanted.push((default.clone(), "default"));
    }
    let host = |name: &String| installation.hosts(std::slice::from_ref(name));
    wanted.extend(named.iter().flat_map(host).map(|host| (host, "--python")));
    wanted.extend(configured.iter().flat_map(host).map(|host| (host, "configured")));
    let required = wanted.len();
    if named.is_empty() {
        let found = on_path();
        wanted.extend(found.iter().flat_map(host).map(|host| (host, "on PATH")));
    }
    let _ = writeln!(text, "\ninterpreters");
    let mut all = required > 0;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (number, (host, origin)) in wanted.into_iter().enumerate() {
        let mut slot = Slot::new(&host, Limits::default());
        match slot.hello() {
            Ok(hello) if number >= required && !seen.insert(hello.executable.clone()) => {}
            Ok(hello) => {
                seen.insert(hello.executable.clone());
                usable(text, hello, origin);
            }
            Err(error) => {
                all &= number >= required;
                let problem = chain(&error);
                let _ = writeln!(
                    text,
                    "  not usable   {} ({origin}): {}",
                    host.name(),
                    problem.replace('\n', "\n      ")
                );
                let _ = writeln!(text, "      {}", advice(&problem));
            }
        }
    }
    if seen.is_empty() {
        let _ = writeln!(text, "  none: name one with `--python`");
    }
    all
}

fn usable(text: &mut String, hello: &Hello, origin: &str) {
    let [major, minor, micro] = hello.version;
    let _ = writeln!(
        text,
        "  usable       {} {major}.{minor}.{micro}, {} {}, {} ({origin})",
        hello.implementation, hello.system, hello.machine, hello.executable
    );
    for unchecked in &hello.unchecked {
        let _ = writeln!(text, "      not checked there: {unchecked}");
    }
}

/// What to do about an interpreter that does not become a worker.
fn advice(problem: &str) -> &'static str {
    if problem.contains("No module named 'bufcheck") || problem.contains("No module named bufcheck") {
        "install it there: `PY -m pip install bufcheck`, or run the `bufcheck` of the wheel, which lends its own"
    } else if problem.contains("failed to start") {
        "there is no such program: give the path of a CPython 3.11 or newer"
    } else {
        "any CPython from 3.11 on, with the GIL, can be used: name another one with `--python`"
    }
}

/// The interpreters on `PATH`, by name and version.
fn on_path() -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let exists = |name: &String| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders.iter().any(|folder| folder.join(&file).is_file())
    };
    MINORS
        .map(|minor| format!("python3.{minor}"))
        .filter(exists)
        .collect()
}
