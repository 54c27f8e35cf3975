//! What every exporter of this crate shares: the reading of flags, and one way to refuse.

use std::ffi::c_int;
use std::ptr::null_mut;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi::Py_buffer;
use pyo3::prelude::*;

/// Whether `flags` contains all bits of `wanted`: most macros are more than one bit.
pub fn asks(flags: c_int, wanted: c_int) -> bool {
    flags & wanted == wanted
}

/// Refuses a request with `BufferError`: `[rule: refusal.raises-buffererror]`.
///
/// # Safety
///
/// `view` points to a struct that may be written.
pub unsafe fn refuse(view: *mut Py_buffer, reason: &'static str) -> PyResult<()> {
    // SAFETY: the caller's promise. [rule: refusal.obj-not-owned] No reference is left behind.
    unsafe { (*view).obj = null_mut() };
    Err(PyBufferError::new_err(reason))
}
