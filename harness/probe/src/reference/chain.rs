//! Exporters behind exporters.
//!
//! Knows how one holds a view of the next. Must never know what is done with the memory.

use bufcheck_model::reference::{Arrays, Malformed, ReferenceSpec, Sharing};
use pyo3::ffi;
use pyo3::prelude::*;

/// The exporter that owns the memory, or passes it on: the same layout, without behaviour of its own.
pub(super) fn root_of(spec: &ReferenceSpec) -> ReferenceSpec {
    ReferenceSpec {
        arrays: Arrays::Object,
        flat_copy: false,
        malformed: Malformed::Mask,
        sharing: Sharing::Any,
        release_slot: true,
        chain: None,
        defect: None,
        hostile: None,
        ..spec.clone()
    }
}

/// A view of another exporter, given back on drop.
pub(super) struct HeldView(Box<ffi::Py_buffer>);

impl HeldView {
    /// Address of the first item.
    pub(super) fn first(&self) -> *mut u8 {
        self.0.buf.cast()
    }
}

impl Drop for HeldView {
    fn drop(&mut self) {
        // SAFETY: the view was filled by `hold` and is released once, where it was filled; objects are
        // only deallocated with the interpreter attached.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.0) }
    }
}

/// Takes a view with everything in it.
pub(super) fn hold(py: Python<'_>, source: &Py<PyAny>, writable: bool) -> PyResult<HeldView> {
    let flags = if writable {
        ffi::PyBUF_FULL
    } else {
        ffi::PyBUF_FULL_RO
    };
    let mut view = Box::new(ffi::Py_buffer::new());
    // SAFETY: the source is alive and the boxed struct does not move while the view is held.
    if unsafe { ffi::PyObject_GetBuffer(source.as_ptr(), &raw mut *view, flags) } != 0 {
        return Err(PyErr::fetch(py));
    }
    Ok(HeldView(view))
}
