//! The command line as a program of its own.
//!
//! Knows how it is started beside the worker of this build. Must never know what it is asked.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `bufcheck` in an empty folder.
pub(crate) fn bufcheck(words: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    bufcheck_in(folder.path(), words)
}

pub(crate) fn bufcheck_in(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bufcheck"))
        .args(words)
        .current_dir(folder)
        .env("BUFCHECK_WORKER", super::worker())
        .env_remove("BUFCHECK_CONFIG")
        .output()
        .expect("the program starts")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub(crate) fn exits(words: &[&str], status: i32) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    exits_in(folder.path(), words, status)
}

#[track_caller]
pub(crate) fn exits_in(folder: &Path, words: &[&str], status: i32) -> Output {
    let output = bufcheck_in(folder, words);
    assert_eq!(
        output.status.code(),
        Some(status),
        "{words:?}\n{}\n{}",
        stdout(&output),
        stderr(&output)
    );
    output
}

/// A report in JSON without when and how it was made, which no two runs share.
pub(crate) fn without_run(json: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(json).expect("a report");
    let fields = report.as_object_mut().expect("an object");
    fields.remove("run");
    report
}
