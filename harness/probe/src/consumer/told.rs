//! The Python code that says results in words, and items as values.
//!
//! Knows the functions of `told.py`. Must never know what they are asked for.

use std::ffi::CString;

use bufcheck_model::spy::{ITSELF, OWNER, Spy};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

/// One of the functions; the code is read once.
pub(super) fn function<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || {
        let source = CString::new(include_str!("told.py"))?;
        let module = PyModule::from_code(py, &source, c"<bufcheck_told>", c"bufcheck_told")?;
        module.setattr("ITSELF", ITSELF)?;
        module.setattr("OWNER", OWNER)?;
        PyResult::Ok(module.unbind())
    });
    module?.bind(py).getattr(name)
}

/// The items of a spy along its first axis, as a sequence holds them.
pub(super) fn items<'py>(py: Python<'py>, spy: &Spy, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let data = PyBytes::new(py, data);
    function(py, "items")?.call1((spy.format.as_str(), spy.itemsize, spy.shape.clone(), data))
}
