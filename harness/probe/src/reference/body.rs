//! What an exporter is in memory: an object with a pointer to its state.
//!
//! Knows the C struct. Must never know the type, nor how a request is answered.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;

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

/// Runs a slot or a method alone: its state is cells, and where there is no GIL nobody else may be in another slot of
/// the same object. Like a GIL this gives way while the thread is detached, and may be entered again by it.
///
/// # Safety
///
/// `object` is a live object, and this thread is attached to the interpreter.
pub(super) unsafe fn alone<R>(object: *mut ffi::PyObject, body: impl FnOnce() -> R) -> R {
    // SAFETY: as promised by the caller. It is borrowed without a reference of its own: counts are what is looked at.
    let object = unsafe { Borrowed::from_ptr(Python::assume_attached(), object) };
    with_critical_section(&object, body)
}
