//! Where workers live: an embedding binary, or `python -m bufcheck.worker` of some interpreter.
//!
//! Knows how a worker process is started. Must never know what is said to it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// A way to start a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A program that embeds an interpreter and serves.
    Embedded {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
    /// An interpreter that has, or is given, the `bufcheck` package.
    Python {
        /// The interpreter, as the user named it.
        executable: PathBuf,
        /// A folder that holds the `bufcheck` package; only that package is taken from it.
        provided: Option<PathBuf>,
    },
}

/// Imports the worker from a folder that is on the path only for that long: nothing else in it may shadow what
/// the interpreter has. As with `-m`, the current directory stays importable.
const BOOTSTRAP: &str = "\
import sys
folder = sys.argv.pop(1)
sys.path.insert(0, folder)
import bufcheck.worker
sys.path.remove(folder)
bufcheck.worker.main()
";

impl Host {
    /// The name in messages.
    pub fn name(&self) -> String {
        match self {
            Self::Embedded { program, .. } => program.display().to_string(),
            Self::Python { executable, .. } => executable.display().to_string(),
        }
    }

    /// A command that starts a worker; its standard streams are still to be set.
    pub fn command(&self) -> Command {
        let mut command = match self {
            Self::Embedded { program, arguments } => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            Self::Python { executable, provided } => {
                let mut command = Command::new(executable);
                match provided {
                    Some(folder) => command.args(["-c", BOOTSTRAP]).arg(folder),
                    None => command.args(["-m", "bufcheck.worker"]),
                };
                // They are meant for embedded interpreters; another one would take them for its own home.
                command.env_remove("PYTHONEXECUTABLE").env_remove("PYTHONHOME");
                command
            }
        };
        // An import of NumPy must not start a thread for every core in every worker.
        if std::env::var_os("OPENBLAS_NUM_THREADS").is_none() {
            command.env("OPENBLAS_NUM_THREADS", "1");
        }
        command
    }
}
