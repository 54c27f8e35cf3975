//! `trace`: a program is run as it is, and every buffer in it is watched.
//!
//! Knows the environment that makes an interpreter load the tracer, and the exit status. Must never load Python itself,
//! nor touch what the program reads and writes.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use bufcheck_model::trace::TraceReport;
use bufcheck_reports::trace::{html, json, terminal};
use bufcheck_runner::trace::{read, report};

use super::args::Traced;
use super::data::catalogue;
use super::exit::Exit;
use super::failure::Failure;
use super::{interrupt, output};
use crate::hosts::Installation;

/// Names the folder that traced processes write into.
const FOLDER: &str = "BUFCHECK_TRACE";

/// Between two looks at the program.
const PAUSE: Duration = Duration::from_millis(10);

/// `bufcheck trace -- COMMAND...`
pub(super) fn trace(
    words: &Traced,
    command: &[OsString],
    installation: &Installation,
) -> Result<Exit, Failure> {
    let catalogue = catalogue(None)?;
    let provided = installation.provided.as_deref().ok_or_else(|| {
        Failure::NoWorker(
            "the tracer is part of the Python package, which is not here: install it, and use its `bufcheck`"
                .into(),
        )
    })?;
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::NoWorker(format!("no folder for the trace: {error}")))?;
    let status = run(command, folder.path(), provided)?;
    let found = read(folder.path())
        .map_err(|error| Failure::NoWorker(format!("the trace cannot be read: {error}")))?;
    let told: Vec<String> = command
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let report = report(found, &told, Some(status), &catalogue);
    write(&report, words)?;
    Ok(exit(&report, words, status))
}

/// Runs the program to its end; its exit status as a shell tells it.
fn run(command: &[OsString], folder: &Path, provided: &Path) -> Result<i32, Failure> {
    let (program, words) = command
        .split_first()
        .ok_or_else(|| Failure::Nothing("no command was named".into()))?;
    let mut child = Command::new(program)
        .args(words)
        .env(FOLDER, folder)
        .env("PYTHONPATH", python_path(provided))
        .spawn()
        .map_err(|error| {
            let program = program.to_string_lossy();
            Failure::NoWorker(format!("failed to start `{program}`: {error}"))
        })?;
    // Signals of the terminal reach the program itself; this one stays to report. A second one ends it, too.
    let stop = interrupt::stop();
    let mut passed_on = false;
    loop {
        let ended = child
            .try_wait()
            .map_err(|error| Failure::NoWorker(format!("the program cannot be waited for: {error}")))?;
        if let Some(status) = ended {
            return Ok(number(status));
        }
        if stop.is_set() && !passed_on {
            passed_on = true;
            pass_on(child.id());
        }
        std::thread::sleep(PAUSE);
    }
}

/// A signal that came to this program alone is meant for the other one.
fn pass_on(child: u32) {
    #[cfg(unix)]
    if interrupt::signal() != signal_hook::consts::SIGINT {
        let pid = i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
    #[cfg(not(unix))]
    let _ = child;
}

/// The folder of our `sitecustomize`, before whatever the user has.
fn python_path(provided: &Path) -> OsString {
    let mut path = OsString::from(provided.join("bufcheck").join("_tracing"));
    if let Some(old) = std::env::var_os("PYTHONPATH").filter(|old| !old.is_empty()) {
        path.push(OsStr::new(if cfg!(windows) { ";" } else { ":" }));
        path.push(old);
    }
    path
}

/// The status as a shell tells it: 128 and the signal, where one ended it.
fn number(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return interrupt::BY_SIGNAL + signal;
    }
    status.code().unwrap_or(1)
}

fn write(report: &TraceReport, words: &Traced) -> Result<(), Failure> {
    for (file, render) in [
        (&words.json, json as fn(&TraceReport) -> String),
        (&words.html, html),
    ] {
        if let Some(file) = file {
            output::file(file, &render(report))?;
        }
    }
    if !words.quiet {
        anstream::eprint!("\n{}", terminal(report, words.verbose));
    }
    Ok(())
}

/// The program's own status comes first: whoever puts `bufcheck trace` before a command still learns how that ended.
fn exit(report: &TraceReport, words: &Traced, status: i32) -> Exit {
    let level = words.level.level();
    if status != 0 {
        Exit::Command(u8::try_from(status).unwrap_or(1))
    } else if report.findings.iter().any(|finding| finding.level >= level) {
        Exit::Broken
    } else if report.processes.is_empty() {
        Exit::CouldNotRun
    } else {
        Exit::Conforms
    }
}
