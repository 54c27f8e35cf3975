//! The tracer where there is none.
//!
//! Knows that it says so. Must never do anything.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Nothing is traced here.
///
/// # Errors
///
/// Always.
pub fn start(_: Python<'_>, _: &str, _: bool) -> PyResult<bool> {
    Err(PyRuntimeError::new_err(
        "programs are traced on Linux with glibc, on x86-64 and aarch64, only",
    ))
}

/// There are none to be watched.
///
/// # Errors
///
/// Never.
pub fn more_types(_: Python<'_>) -> PyResult<()> {
    Ok(())
}

/// No test is noted.
pub fn set_test(_: Option<String>) {}

/// Nothing was begun.
pub fn finish() {}
