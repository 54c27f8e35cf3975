//! Why a worker could not work.
//!
//! Knows what can go wrong before and around the jobs. Must never know what is done about it.

use std::io;
use std::path::PathBuf;

use pyo3::PyErr;

use super::serve::ServeError;

/// Why a worker could not work.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A variable of the environment does not hold what it must.
    #[error("`{name}` is `{value}`, wanted {wanted}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should.
        wanted: &'static str,
    },
    /// The file descriptors of the protocol cannot be taken over.
    #[error("failed to take over the streams of the protocol")]
    Streams(#[source] io::Error),
    /// The in-flight mark cannot be mapped.
    #[error("failed to map the mark `{}`", path.display())]
    Mark {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The memory limit cannot be set.
    #[error("failed to limit the memory")]
    Limit(#[source] io::Error),
    /// The interpreter cannot be prepared.
    #[error("failed to prepare the interpreter")]
    Prepare(#[source] PyErr),
    /// There are no zygotes on this platform.
    #[error("nobody forks workers on this platform")]
    NoZygote,
    /// The loop ended early.
    #[error(transparent)]
    Serve(#[from] ServeError),
}
