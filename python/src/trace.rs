//! The tracer, as the interpreter that is traced loads it.
//!
//! Knows the probe alone. Must never judge: that is done when the program has ended.

use bufcheck_probe::trace;
use pyo3::prelude::*;

/// Begins to trace this process, and writes into `folder`; whether types that come later must be told.
#[pyfunction]
#[pyo3(signature = (folder, *, from_start))]
pub(crate) fn trace_start(py: Python<'_>, folder: &str, from_start: bool) -> PyResult<bool> {
    trace::start(py, folder, from_start)
}

/// Watches the types that have come since.
#[pyfunction]
pub(crate) fn trace_more_types(py: Python<'_>) -> PyResult<()> {
    trace::more_types(py)
}

/// Says which test runs.
#[pyfunction]
#[pyo3(signature = (test=None))]
pub(crate) fn trace_test(test: Option<String>) {
    trace::set_test(test);
}

/// Looks for what was never given back, and ends the trace.
#[pyfunction]
pub(crate) fn trace_finish() {
    trace::finish();
}
