//! Read-only bytes: for a flat run of bytes `PyBuffer_FillInfo` is the whole exporter.

use std::ffi::c_int;

use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;

/// `frozen`: the bytes never move.
#[pyclass(frozen)]
pub struct Blob(Box<[u8]>);

#[pymethods]
impl Blob {
    #[new]
    fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let bytes = &slf.get().0;
        // [rule: capi.fillinfo-exporter-arg] The object itself as the owner, and the flags as they came: the helper
        // refuses WRITABLE, sets only what was asked, and takes the reference.
        // SAFETY: the interpreter hands over a struct to fill; the bytes live as long as the object.
        let status = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                bytes.as_ptr().cast_mut().cast(),
                bytes.len() as isize,
                1, // [rule: request.writable-refused-when-readonly] Exactly 1.
                flags,
            )
        };
        // [rule: refusal.returns-minus-one] The exception that is set becomes the `Err`.
        if status == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
