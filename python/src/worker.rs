//! What a worker runs of this module.
//!
//! Knows the loop of the probe. Must never reach anything else: a worker observes and holds no opinion.

use bufcheck_model::chain;
use bufcheck_probe::host::worker::attached;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Serves jobs until the orchestrator closes the pipe.
#[pyfunction]
pub(crate) fn serve(py: Python<'_>) -> PyResult<()> {
    attached(py).map_err(|error| PyRuntimeError::new_err(chain(&error)))
}
