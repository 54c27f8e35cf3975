//! Runs a program that shows a finding, alone, in a fresh interpreter.
//!
//! Knows exit statuses and patience. Must never know what a program asks.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::threads::is_race;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is kept of its output, in bytes.
const OUTPUT: u64 = 16 << 10;

/// Why a program that ended well shows nothing.
const UNSEEN: &str = "the fault does not show when the steps are done alone";

/// What came of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// It showed the fault.
    pub confirmed: bool,
    /// What it printed.
    pub output: String,
    /// Why it did not show it.
    pub why_not: String,
}

/// Runs a program in this interpreter.
///
/// # Errors
///
/// Where the program cannot be written to a file, or the interpreter cannot be started.
pub fn confirm(script: &str, python: &Path) -> std::io::Result<Outcome> {
    confirm_below(&std::env::temp_dir(), script, python)
}

/// The same, with the program somewhere below this folder.
fn confirm_below(parent: &Path, script: &str, python: &Path) -> std::io::Result<Outcome> {
    // A program imports from its own folder first: what others left in a shared one is none of its modules.
    let folder = tempfile::Builder::new().prefix("bufcheck-").tempdir_in(parent)?;
    let file = folder.path().join("repro.py");
    std::fs::write(&file, script)?;
    let mut printed = tempfile::tempfile()?;
    let mut command = Command::new(python);
    command
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed.try_clone()?);
    // They are meant for embedded interpreters.
    command.env_remove("PYTHONEXECUTABLE").env_remove("PYTHONHOME");
    let mut child = command.spawn()?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    printed.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    printed.take(OUTPUT).read_to_end(&mut bytes)?;
    let output = String::from_utf8_lossy(&bytes).into_owned();
    let mut why_not = verdict(status.map(|status| status.code()), &output);
    if why_not == UNSEEN && is_race(script) {
        "it is a race between threads, and did not show this time".clone_into(&mut why_not);
    }
    Ok(Outcome {
        confirmed: why_not.is_empty(),
        output,
        why_not,
    })
}

/// Why a program that ended so did not show the fault; nothing if it did. A traceback ends a program with the same
/// status, and says only that the program is wrong.
fn verdict(status: Option<Option<i32>>, output: &str) -> String {
    let last = output.lines().last().unwrap_or_default();
    match status {
        None => format!("the program did not end within {} seconds", PATIENCE.as_secs()),
        Some(_) if output.contains("Traceback (most recent call last)") => {
            format!("the program failed: {last}")
        }
        Some(Some(1)) => String::new(),
        Some(Some(0)) => UNSEEN.to_owned(),
        Some(Some(2)) => "an exporter that is right did not pass the program either".to_owned(),
        Some(Some(status)) => format!("the program ended with status {status}"),
        Some(None) => "the program was killed by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_left_in_a_shared_folder_is_not_imported() {
        let shared = tempfile::tempdir().expect("a folder");
        std::fs::write(shared.path().join("colorsys.py"), "raise SystemExit(0)").expect("it is written");
        let script = "import colorsys, sys\nsys.exit(int(colorsys.ONE_THIRD < 1))\n";
        let outcome = confirm_below(shared.path(), script, Path::new("python3")).expect("it is run");
        assert!(outcome.confirmed, "{outcome:?}");
        let left = std::fs::read_dir(shared.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing is left behind");
    }

    #[test]
    fn only_status_one_without_a_traceback_confirms() {
        assert_eq!(verdict(Some(Some(1)), "found: 3"), "");
        for (status, output) in [
            (None, ""),
            (Some(None), ""),
            (Some(Some(0)), "found: 3"),
            (Some(Some(2)), "found: 3"),
            (
                Some(Some(1)),
                "Traceback (most recent call last):\n  ...\nImportError: no",
            ),
        ] {
            assert_ne!(verdict(status, output), "", "{status:?}");
        }
    }
}
