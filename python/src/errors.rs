//! What Python is told of what went wrong.
//!
//! Knows the exception. Must never know the problem.

use std::fmt::Display;

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

pub(crate) fn invalid(problem: impl Display) -> PyErr {
    PyValueError::new_err(problem.to_string())
}
