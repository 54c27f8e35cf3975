//! Defects of giving back: `PyBuffer_Release`.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::mem::transmute;
use std::ptr;

use pyo3::ffi::{
    Py_DECREF, Py_INCREF, Py_TYPE, Py_bf_releasebuffer, Py_buffer, PyErr_Clear, PyType_GetSlot,
    releasebufferproc,
};

use super::real;
use crate::interpreter::table::View;

/// Calls the slot of the owner, if it has one, with this struct.
unsafe fn call_slot(owner: View, with: View) {
    let slot = PyType_GetSlot(Py_TYPE((*owner).obj), Py_bf_releasebuffer);
    if !slot.is_null() {
        let slot = transmute::<*mut std::ffi::c_void, releasebufferproc>(slot);
        slot((*owner).obj, with);
    }
}

pub(super) unsafe extern "C" fn leaves_obj(view: View) {
    let mut copy = ptr::read(view);
    real!(release)(&raw mut copy);
}

pub(super) unsafe extern "C" fn skips_slot(view: View) {
    let owner = (*view).obj;
    if !owner.is_null() {
        (*view).obj = ptr::null_mut();
        Py_DECREF(owner);
    }
}

pub(super) unsafe extern "C" fn swallows(view: View) {
    real!(release)(view);
    PyErr_Clear();
}

pub(super) unsafe extern "C" fn twice(view: View) {
    if !(*view).obj.is_null() {
        call_slot(view, view);
    }
    real!(release)(view);
}

pub(super) unsafe extern "C" fn zeroes(view: View) {
    real!(release)(view);
    ptr::write_bytes(view.cast::<u8>(), 0, size_of::<Py_buffer>());
}

pub(super) unsafe extern "C" fn leaks(view: View) {
    if !(*view).obj.is_null() {
        Py_INCREF((*view).obj);
    }
    real!(release)(view);
}

pub(super) unsafe extern "C" fn drops_internal(view: View) {
    let internal = (*view).internal;
    (*view).internal = ptr::null_mut();
    real!(release)(view);
    (*view).internal = internal;
}

pub(super) unsafe extern "C" fn hides_obj(view: View) {
    let owner = (*view).obj;
    if owner.is_null() {
        return;
    }
    let mut copy = ptr::read(view);
    copy.obj = ptr::null_mut();
    call_slot(view, &raw mut copy);
    (*view).obj = ptr::null_mut();
    Py_DECREF(owner);
}
