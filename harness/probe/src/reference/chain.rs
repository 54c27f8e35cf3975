//! Exporters behind exporters.
//!
//! Knows how one holds a view of the next. Must never know what is done with the memory.

use std::ptr::NonNull;

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
///
/// The struct is from `Box::into_raw`: to move a `Box` says that nobody else has a pointer into it, and the exporter has
/// one.
pub(super) struct HeldView(NonNull<ffi::Py_buffer>);

impl HeldView {
    /// Address of the first item.
    pub(super) fn first(&self) -> *mut u8 {
        // SAFETY: the struct is ours until the drop, and no exporter runs meanwhile that could write to it.
        unsafe { (*self.0.as_ptr()).buf.cast() }
    }
}

impl Drop for HeldView {
    fn drop(&mut self) {
        // SAFETY: the view was filled by `hold` and is released once, where it was filled; objects are
        // only deallocated with the interpreter attached. The struct is from `Box::into_raw` and freed once.
        unsafe {
            ffi::PyBuffer_Release(self.0.as_ptr());
            drop(Box::from_raw(self.0.as_ptr()));
        }
    }
}

/// Takes a view with everything in it.
pub(super) fn hold(py: Python<'_>, source: &Py<PyAny>, writable: bool) -> PyResult<HeldView> {
    let flags = if writable {
        ffi::PyBUF_FULL
    } else {
        ffi::PyBUF_FULL_RO
    };
    let view = Box::into_raw(Box::new(ffi::Py_buffer::new()));
    // SAFETY: the source is alive and the struct stays where it is while the view is held; what was refused holds
    // nothing, and its struct is freed here.
    unsafe {
        if ffi::PyObject_GetBuffer(source.as_ptr(), view, flags) != 0 {
            drop(Box::from_raw(view));
            return Err(PyErr::fetch(py));
        }
        Ok(HeldView(NonNull::new_unchecked(view)))
    }
}
