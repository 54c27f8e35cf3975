//! What an exporter is in memory: an object with a pointer to its state.
//!
//! Knows the C struct. Must never know the type, nor how a request is answered.

use pyo3::ffi;

use super::state::State;

/// The C struct of an exporter.
#[repr(C)]
pub(super) struct Exporter {
    pub(super) base: ffi::PyObject,
    /// From `Box::into_raw`, until the object is deallocated.
    pub(super) state: *mut State,
}

/// The state of an exporter.
///
/// # Safety
///
/// `object` is an instance of one of the types made here, alive for `'a`.
pub(super) unsafe fn state_of<'a>(object: *mut ffi::PyObject) -> &'a State {
    // SAFETY: instances only come from `new`, which sets the state; it lives as long as the object.
    unsafe { &*(*object.cast::<Exporter>()).state }
}
