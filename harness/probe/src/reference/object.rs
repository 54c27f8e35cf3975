//! The Python types: one with a release slot, one without.
//!
//! Knows the object struct and its slots. Must never know how a request is answered.

use std::ffi::{c_int, c_void};

use bufcheck_model::reference::Place;
use bufcheck_protocol::request::Request;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::body::{Exporter, alone};
use super::state::State;
use super::{answer, hostile, methods, release};

/// A new object; owns the state.
pub(super) fn new(py: Python<'_>, state: State) -> PyResult<Py<PyAny>> {
    let release_slot = state.spec.release_slot;
    let class = class(py, release_slot)?.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: the type is alive; its basicsize is that of `Exporter`, and fresh memory is zeroed.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class, 0);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        (*object.cast::<Exporter>()).state = Box::into_raw(Box::new(state));
        Ok(Bound::from_owned_ptr(py, object).unbind())
    }
}

fn class(py: Python<'_>, release_slot: bool) -> PyResult<&Bound<'_, PyType>> {
    static WITH: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static WITHOUT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let cell = if release_slot { &WITH } else { &WITHOUT };
    Ok(cell.get_or_try_init(py, || create(py, release_slot))?.bind(py))
}

fn create(py: Python<'_>, release_slot: bool) -> PyResult<Py<PyType>> {
    let slot = |slot: c_int, function: *mut c_void| ffi::PyType_Slot {
        slot,
        pfunc: function,
    };
    let mut slots = vec![
        slot(ffi::Py_tp_dealloc, dealloc as ffi::destructor as *mut c_void),
        slot(ffi::Py_tp_methods, methods::table().cast()),
        slot(
            ffi::Py_bf_getbuffer,
            getbuffer as ffi::getbufferproc as *mut c_void,
        ),
    ];
    let mut name = c"bufcheck.reference.Unreleased";
    if release_slot {
        name = c"bufcheck.reference.Exporter";
        let function = releasebuffer as ffi::releasebufferproc as *mut c_void;
        slots.push(slot(ffi::Py_bf_releasebuffer, function));
    }
    slots.push(ffi::PyType_Slot::default());
    let flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: c_int::try_from(size_of::<Exporter>())?,
        itemsize: 0,
        flags: std::ffi::c_uint::try_from(flags)?,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the slots end with a zeroed one, each function has the type that its slot wants, and the
    // name is static.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec))? };
    Ok(class.cast_into::<PyType>()?.unbind())
}

unsafe extern "C" fn getbuffer(object: *mut ffi::PyObject, view: *mut ffi::Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the interpreter calls the slot of an instance, attached, with a struct to be filled.
    unsafe { alone(object, || answer::answer(object, view, Request::new(flags))) }
}

unsafe extern "C" fn releasebuffer(object: *mut ffi::PyObject, view: *mut ffi::Py_buffer) {
    // SAFETY: the interpreter calls the slot of an instance, attached, with a filled struct.
    unsafe { alone(object, || release::release(object, view)) }
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone; the state came from `Box::into_raw` and is dropped once, the
    // memory came from `PyType_GenericAlloc`, and an instance of a heap type holds its type.
    unsafe {
        let state = Box::from_raw((*object.cast::<Exporter>()).state);
        let class = ffi::Py_TYPE(object);
        if let Some(hostile) = state
            .spec
            .hostile
            .as_ref()
            .filter(|hostile| hostile.at == Place::Drop)
            && hostile::strike(hostile.kind)
        {
            ffi::PyErr_WriteUnraisable(std::ptr::null_mut());
        }
        drop(state);
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}
