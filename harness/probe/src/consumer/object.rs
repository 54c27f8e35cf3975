//! The Python type of a spy.
//!
//! Knows the object struct and its slots. Must never know how a request is answered.

use std::ffi::{c_int, c_void};

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::answer::State;

/// References that a spy has to spare, so that it outlives whoever drops more than their own.
const SPARE: usize = 64;

#[repr(C)]
struct Object {
    head: PyObject,
    /// Never null, and never freed.
    state: *const State,
}

/// A new spy, or the owner of one: it lives as long as the process.
pub(super) fn new(py: Python<'_>, state: *const State) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS
        .get_or_try_init(py, || create(py))?
        .as_ptr()
        .cast::<ffi::PyTypeObject>();
    // SAFETY: the type is alive, and its basicsize is that of `Object`.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class, 0);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        (*object.cast::<Object>()).state = state;
        for _ in 0..SPARE {
            ffi::Py_INCREF(object);
        }
        Ok(Bound::from_owned_ptr(py, object).unbind())
    }
}

fn create(py: Python<'_>) -> PyResult<Py<PyType>> {
    let slot = |slot: c_int, function: *mut c_void| ffi::PyType_Slot {
        slot,
        pfunc: function,
    };
    let mut slots = [
        slot(
            ffi::Py_bf_getbuffer,
            getbuffer as ffi::getbufferproc as *mut c_void,
        ),
        slot(
            ffi::Py_bf_releasebuffer,
            releasebuffer as ffi::releasebufferproc as *mut c_void,
        ),
        ffi::PyType_Slot::default(),
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"bufcheck.Spy".as_ptr(),
        basicsize: c_int::try_from(size_of::<Object>()).unwrap_or(0),
        itemsize: 0,
        flags: u32::try_from(ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION).unwrap_or(0),
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec and its slots are complete; the interpreter copies them, and the name is static.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)) }?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

unsafe extern "C" fn getbuffer(object: *mut PyObject, view: *mut ffi::Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the interpreter calls the slot of our type with an object of it and the struct of the consumer; the state
    // is never freed.
    unsafe { (*(*object.cast::<Object>()).state).get(object, view, flags) }
}

unsafe extern "C" fn releasebuffer(object: *mut PyObject, view: *mut ffi::Py_buffer) {
    // SAFETY: as above.
    unsafe { (*(*object.cast::<Object>()).state).release(view) }
}
