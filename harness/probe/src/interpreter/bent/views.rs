//! Defects of making memoryviews.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::{c_char, c_int};
use std::mem::zeroed;
use std::ptr;

use pyo3::ffi::{Py_DECREF, PyErr_Clear, PyErr_SetString, PyExc_TypeError, PyObject_Bytes};

use super::{C, real};
use crate::interpreter::table::{Object, View};

const READ: c_int = 0x100;
const WRITE: c_int = 0x200;

pub(super) unsafe extern "C" fn swaps_flags(memory: *mut c_char, size: isize, flags: c_int) -> Object {
    real!(from_memory)(memory, size, if flags == READ { WRITE } else { READ })
}

pub(super) unsafe extern "C" fn loses_byte(memory: *mut c_char, size: isize, flags: c_int) -> Object {
    real!(from_memory)(memory, (size - 1).max(0), flags)
}

pub(super) unsafe extern "C" fn drops_suboffsets(view: View) -> Object {
    let mut copy = ptr::read(view);
    copy.suboffsets = ptr::null_mut();
    real!(from_buffer)(&raw mut copy)
}

pub(super) unsafe extern "C" fn drops_format(view: View) -> Object {
    let mut copy = ptr::read(view);
    copy.format = ptr::null_mut();
    real!(from_buffer)(&raw mut copy)
}

pub(super) unsafe extern "C" fn cuts_axes(view: View) -> Object {
    let mut copy = ptr::read(view);
    copy.ndim = copy.ndim.min(64);
    real!(from_buffer)(&raw mut copy)
}

pub(super) unsafe extern "C" fn drops_readonly(view: View) -> Object {
    let mut copy = ptr::read(view);
    copy.readonly = 0;
    real!(from_buffer)(&raw mut copy)
}

pub(super) unsafe extern "C" fn keeps_owner(view: View) -> Object {
    if (*view).obj.is_null() {
        return real!(from_buffer)(view);
    }
    real!(from_object)((*view).obj)
}

pub(super) unsafe extern "C" fn contiguous_is_c(object: Object, flags: c_int, _: c_char) -> Object {
    real!(get_contiguous)(object, flags, C)
}

pub(super) unsafe extern "C" fn copies_for_write(object: Object, _: c_int, order: c_char) -> Object {
    real!(get_contiguous)(object, READ, order)
}

/// A memoryview of the bytes of another, which is given up.
unsafe fn of_bytes(view: Object) -> Object {
    if view.is_null() {
        return view;
    }
    let bytes = PyObject_Bytes(view);
    Py_DECREF(view);
    if bytes.is_null() {
        return bytes;
    }
    let copy = real!(from_object)(bytes);
    Py_DECREF(bytes);
    copy
}

pub(super) unsafe extern "C" fn contiguous_is_bytes(object: Object, flags: c_int, order: c_char) -> Object {
    of_bytes(real!(get_contiguous)(object, flags, order))
}

pub(super) unsafe extern "C" fn hands_on(object: Object, _: c_int, _: c_char) -> Object {
    real!(from_object)(object)
}

pub(super) unsafe extern "C" fn asks_simple(object: Object) -> Object {
    let mut view = zeroed();
    if real!(get_buffer)(object, &raw mut view, 0) == 0 {
        real!(release)(&raw mut view);
    } else {
        PyErr_Clear();
    }
    real!(from_object)(object)
}

pub(super) unsafe extern "C" fn copies(object: Object) -> Object {
    of_bytes(real!(from_object)(object))
}

pub(super) unsafe extern "C" fn turns_exceptions(object: Object) -> Object {
    let made = real!(from_object)(object);
    if made.is_null() {
        PyErr_SetString(PyExc_TypeError, c"no buffer".as_ptr());
    }
    made
}
