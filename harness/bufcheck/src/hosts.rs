//! Where the workers of this installation are.
//!
//! Knows the neighbourhood of the running program. Must never start anything.

use std::path::{Path, PathBuf};

use bufcheck_runner::supervise::host::Host;

/// Names the worker program, where it does not stand beside this one.
pub const WORKER_VARIABLE: &str = "BUFCHECK_WORKER";

/// What this installation offers.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Where subjects run if no interpreter is named.
    pub default: Option<Host>,
    /// A folder with the `bufcheck` Python package, for interpreters that do not have it.
    pub provided: Option<PathBuf>,
}

impl Installation {
    /// The installation around a program built by cargo: its worker stands beside it (a test binary lies one
    /// folder deeper), and `make` puts the Python package into the target folder.
    pub fn around_program() -> Self {
        let program = std::env::current_exe().ok();
        let folders: Vec<&Path> = program
            .iter()
            .flat_map(|program| program.ancestors().skip(1).take(2))
            .collect();
        let name = format!("bufcheck-worker{}", std::env::consts::EXE_SUFFIX);
        let worker = std::env::var_os(WORKER_VARIABLE).map(PathBuf::from).or_else(|| {
            folders
                .iter()
                .map(|folder| folder.join(&name))
                .find(|worker| worker.is_file())
        });
        let targets = program
            .iter()
            .flat_map(|program| program.ancestors().skip(1).take(3));
        let provided = targets
            .map(|folder| folder.join("python"))
            .find(|folder| folder.join("bufcheck").is_dir());
        Self {
            default: worker.map(|program| Host::Embedded {
                program,
                arguments: Vec::new(),
            }),
            provided,
        }
    }

    /// The hosts for the interpreters named by the user, or the default one.
    pub fn hosts(&self, pythons: &[String]) -> Vec<Host> {
        if pythons.is_empty() {
            return self.default.iter().cloned().collect();
        }
        pythons
            .iter()
            .map(|python| Host::Python {
                executable: python.into(),
                provided: self.provided.clone(),
            })
            .collect()
    }
}
