//! `doctor`: what is installed, which interpreters can be used, what is missing and how to get it.
//!
//! Knows where people have interpreters. Must never check an exporter.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bufcheck_model::chain;
use bufcheck_model::wire::Hello;
use bufcheck_rules::rules;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::slot::Slot;
use bufcheck_runner::supervise::worker::Limits;

use super::exit::Exit;
use super::failure::Failure;
use super::interrupt;
use super::output::print;
use crate::hosts::Installation;
use bufcheck_reports::Untrusted;

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
        rules().count()
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
    let host = |name: &String| installation.hosts(std::slice::from_ref(name));
    let default = installation.default.iter().map(|host| (host.clone(), "default"));
    let asked = named.iter().flat_map(host).map(|host| (host, "--python"));
    let registered = configured.iter().flat_map(host).map(|host| (host, "configured"));
    let required: Vec<(Host, &str)> = default.chain(asked).chain(registered).collect();
    let _ = writeln!(text, "\ninterpreters");
    let mut found = Found::default();
    let mut all = !required.is_empty();
    for (host, origin) in required {
        match Slot::new(&host, Limits::default())
            .until(&interrupt::stop())
            .hello()
        {
            Ok(hello) => {
                found.note(hello);
                usable(text, hello, origin);
            }
            Err(error) => {
                all = false;
                unusable(text, &host, origin, &chain(&error));
            }
        }
    }
    if named.is_empty() {
        look_around(text, &mut found, installation);
    }
    if found.executables.is_empty() {
        let _ = writeln!(text, "  none: name one with `--python`");
    }
    all
}

/// The interpreters that can be used.
#[derive(Default)]
struct Found {
    executables: BTreeSet<String>,
    minors: BTreeSet<u32>,
}

impl Found {
    /// Whether it was not known yet.
    fn note(&mut self, hello: &Hello) -> bool {
        self.minors.insert(hello.version[1]);
        self.executables.insert(hello.executable.clone())
    }
}

/// Writes about the interpreters on `PATH`, which nobody asked for: nothing there is at fault.
fn look_around(text: &mut String, found: &mut Found, installation: &Installation) {
    let mut switched_off = Vec::new();
    for (minor, file) in on_path() {
        let name = format!("python3.{minor}");
        for host in installation.hosts(std::slice::from_ref(&name)) {
            match Slot::new(&host, Limits::default())
                .until(&interrupt::stop())
                .hello()
            {
                Ok(hello) => {
                    if found.note(hello) {
                        usable(text, hello, "on PATH");
                    }
                }
                Err(error) => {
                    let problem = chain(&error);
                    found.minors.insert(minor);
                    // The shims of version managers stand on PATH for every version, and most are switched off:
                    // then it is the shim that complains. An interpreter misses bufcheck, and names it.
                    if is_shim(&file) && !problem.contains("bufcheck") {
                        switched_off.push(name.clone());
                    } else {
                        unusable(text, &host, "on PATH", &problem);
                    }
                }
            }
        }
    }
    if !switched_off.is_empty() {
        let _ = writeln!(
            text,
            "  switched off {}: shims on PATH; name the interpreter by its own path, or switch it on",
            switched_off.join(", ")
        );
    }
    let missing: Vec<String> = MINORS
        .filter(|minor| !found.minors.contains(minor))
        .map(|minor| format!("3.{minor}"))
        .collect();
    if let Some(newest) = missing.last() {
        let _ = writeln!(
            text,
            "  not on PATH  CPython {}; `uv python install {newest}` gets one, `--python` names one elsewhere",
            missing.join(", ")
        );
    }
}

fn unusable(text: &mut String, host: &Host, origin: &str, problem: &str) {
    let _ = writeln!(
        text,
        "  not usable   {} ({origin}): {}",
        Untrusted::line(&host.name()),
        Untrusted::lines(problem).to_string().replace('\n', "\n      ")
    );
    if let Some(advice) = advice(&host.name(), problem) {
        let _ = writeln!(text, "      {}", Untrusted::line(&advice));
    }
}

fn usable(text: &mut String, hello: &Hello, origin: &str) {
    let [major, minor, micro] = hello.version;
    let _ = writeln!(
        text,
        "  usable       {} {major}.{minor}.{micro}, {} {}, {} ({origin})",
        Untrusted::line(&hello.implementation),
        Untrusted::line(&hello.system),
        Untrusted::line(&hello.machine),
        Untrusted::line(&hello.executable)
    );
    for unchecked in &hello.unchecked {
        let _ = writeln!(text, "      not checked there: {}", Untrusted::line(unchecked));
    }
}

/// What to do about an interpreter that does not become a worker, where its own words do not say so.
fn advice(name: &str, problem: &str) -> Option<String> {
    if problem.contains("--python") {
        None
    } else if problem.contains("No module named 'bufcheck") || problem.contains("No module named bufcheck") {
        Some(format!(
            "install it there: `{name} -m pip install bufcheck`, or run the `bufcheck` of a wheel, which lends its own"
        ))
    } else if problem.contains("failed to start") {
        Some("there is no such program: give the path of a CPython 3.11 or newer".to_owned())
    } else {
        Some(
            "any CPython from 3.11 on, with the GIL, can be used: name another one with `--python`"
                .to_owned(),
        )
    }
}

/// The interpreters on `PATH` by their minor versions, and the file that each name leads to.
fn on_path() -> Vec<(u32, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let find = |minor| {
        let file = format!("python3.{minor}{}", std::env::consts::EXE_SUFFIX);
        let mut files = folders.iter().map(|folder| folder.join(&file));
        Some((minor, files.find(|file| file.is_file())?))
    };
    MINORS.filter_map(find).collect()
}

/// Whether a version manager (pyenv, asdf, mise) stands between the name and the interpreter.
fn is_shim(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("shims"))
}
