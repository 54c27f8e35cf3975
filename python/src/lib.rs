//! The extension module behind the `bufcheck` package: the command line and the worker.
//!
//! Knows how the two are reached from Python. Must never hold logic of its own.

use std::ffi::OsString;
use std::path::PathBuf;

use bufcheck::hosts::Installation;
use bufcheck_runner::host::Host;
use pyo3::prelude::*;

/// The native half of the `bufcheck` package.
#[pymodule]
mod _bufcheck {
    use super::{Host, Installation, OsString, PathBuf, PyResult, Python, pyfunction};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// Carries out a command line; the exit status.
    #[pyfunction]
    fn run(py: Python<'_>, words: Vec<OsString>, executable: PathBuf, folder: PathBuf) -> u8 {
        let default = Host::Python { executable, provided: Some(folder.clone()) };
        let installation = Installation { default: Some(default), provided: Some(folder) };
        py.detach(|| bufcheck::cli::main(words, &installation) as u8)
    }

    /// Serves jobs until the orchestrator closes the pipe.
    #[pyfunction]
    fn serve(py: Python<'_>) -> PyResult<()> {
        bufcheck_probe::serve_standard_streams(py)
    }
}
