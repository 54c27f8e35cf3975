//! A worker process from its start to its end.
//!
//! Knows the environment that the orchestrator prepares: file descriptors, mark, memory limit. Must never
//! know which program hosts it: an embedding binary and `python -m bufcheck.worker` both come here.

use std::env;
use std::io::BufReader;
use std::path::PathBuf;

use bufcheck_model::chain;
use bufcheck_model::wire::{FDS_VARIABLE, MARK_VARIABLE, MEMORY_VARIABLE};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::host::channel;
use crate::host::error::WorkerError;
use crate::host::fork;
use crate::host::limits;
use crate::host::mark::Marker;
use crate::host::serve::serve;

/// Exit status of a worker that met a defect of its own, or was given nonsense.
pub const FAULT: u8 = 3;

/// Starts an interpreter in this process and serves until the input ends.
///
/// # Errors
///
/// [`WorkerError`] if the environment is not that of a worker, or the loop ends early.
pub fn embedded() -> Result<(), WorkerError> {
    Python::initialize();
    Python::attach(attached)
}

/// Serves in an interpreter that runs already.
///
/// # Errors
///
/// As [`embedded`].
pub fn attached(py: Python<'_>) -> Result<(), WorkerError> {
    let (input, output) = channel::open(env::var(FDS_VARIABLE).ok().as_deref())?;
    fork::guard(&input, &output);
    let mark = open_mark()?;
    limits::no_core_dumps();
    if let Some(extra) = memory_limit()? {
        limits::limit_memory(extra).map_err(WorkerError::Limit)?;
    }
    prepare(py).map_err(WorkerError::Prepare)?;
    Ok(serve(
        py,
        BufReader::with_capacity(1 << 16, input),
        output,
        &mark,
    )?)
}

/// [`attached`], for the extension module: a failure is a `RuntimeError` that says all its causes.
///
/// # Errors
///
/// As [`embedded`], in words.
pub fn serve_standard_streams(py: Python<'_>) -> PyResult<()> {
    attached(py).map_err(|error| PyRuntimeError::new_err(chain(&error)))
}

fn open_mark() -> Result<Marker, WorkerError> {
    let Some(path) = env::var_os(MARK_VARIABLE).map(PathBuf::from) else {
        return Ok(Marker::private());
    };
    Marker::in_file(&path).map_err(|source| WorkerError::Mark { path, source })
}

fn memory_limit() -> Result<Option<u64>, WorkerError> {
    let Ok(value) = env::var(MEMORY_VARIABLE) else {
        return Ok(None);
    };
    let name = MEMORY_VARIABLE;
    let parsed = value.trim().parse();
    let wanted = "a number of bytes";
    Ok(Some(parsed.map_err(|_| WorkerError::Variable {
        name,
        value,
        wanted,
    })?))
}

/// Makes the interpreter look as `python -m` leaves it, and takes our variables from its environment, so that
/// no process that an exporter starts takes itself for a worker.
fn prepare(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    let environment = os.getattr("environ")?;
    for name in [FDS_VARIABLE, MARK_VARIABLE, MEMORY_VARIABLE] {
        environment.call_method1("pop", (name, py.None()))?;
    }
    let path = py.import("sys")?.getattr("path")?;
    let here = os.call_method0("getcwd")?;
    if !path
        .get_item(0)
        .is_ok_and(|first| first.eq(&here).unwrap_or(false))
    {
        path.call_method1("insert", (0, here))?;
    }
    Ok(())
}
