//! Defects of asking: `PyObject_CheckBuffer` and `PyObject_GetBuffer`.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::c_int;
use std::mem::zeroed;

use pyo3::ffi::{Py_DECREF, Py_INCREF, PyErr_Clear, PyErr_SetString, PyExc_BufferError, PyExc_RuntimeError};

use super::real;
use crate::interpreter::table::{Object, View};

/// Bits of a request that any version knows.
const KNOWN: c_int = 0x3fd;

pub(super) unsafe extern "C" fn says_yes(_: Object) -> c_int {
    1
}

pub(super) unsafe extern "C" fn asks(object: Object) -> c_int {
    let mut view = zeroed();
    if real!(get_buffer)(object, &raw mut view, 0) == 0 {
        real!(release)(&raw mut view);
        return 1;
    }
    PyErr_Clear();
    0
}

pub(super) unsafe extern "C" fn raises(object: Object) -> c_int {
    let exports = real!(check_buffer)(object);
    if exports == 0 {
        PyErr_SetString(PyExc_RuntimeError, c"left behind".as_ptr());
    }
    exports
}

pub(super) unsafe extern "C" fn adds_format(object: Object, view: View, flags: c_int) -> c_int {
    real!(get_buffer)(object, view, flags | 4)
}

pub(super) unsafe extern "C" fn drops_writable(object: Object, view: View, flags: c_int) -> c_int {
    real!(get_buffer)(object, view, flags & !1)
}

pub(super) unsafe extern "C" fn clears_unknown(object: Object, view: View, flags: c_int) -> c_int {
    real!(get_buffer)(object, view, flags & KNOWN)
}

pub(super) unsafe extern "C" fn raises_buffer_error(object: Object, view: View, flags: c_int) -> c_int {
    let returned = real!(get_buffer)(object, view, flags);
    if returned != 0 && real!(check_buffer)(object) == 0 {
        PyErr_SetString(PyExc_BufferError, c"no buffer".as_ptr());
    }
    returned
}

pub(super) unsafe extern "C" fn leaks(object: Object, view: View, flags: c_int) -> c_int {
    let returned = real!(get_buffer)(object, view, flags);
    if returned == 0 {
        Py_INCREF((*view).obj);
    }
    returned
}

pub(super) unsafe extern "C" fn returns_one(object: Object, view: View, flags: c_int) -> c_int {
    match real!(get_buffer)(object, view, flags) {
        0 => 1,
        other => other,
    }
}

pub(super) unsafe extern "C" fn asks_twice(object: Object, view: View, flags: c_int) -> c_int {
    let mut first = zeroed();
    if real!(get_buffer)(object, &raw mut first, flags) != 0 {
        (*view).obj = first.obj;
        return -1;
    }
    real!(release)(&raw mut first);
    real!(get_buffer)(object, view, flags)
}

pub(super) unsafe extern "C" fn names_asked(object: Object, view: View, flags: c_int) -> c_int {
    let returned = real!(get_buffer)(object, view, flags);
    if returned == 0 && (*view).obj != object {
        Py_INCREF(object);
        Py_DECREF((*view).obj);
        (*view).obj = object;
    }
    returned
}

pub(super) unsafe extern "C" fn turns_exceptions(object: Object, view: View, flags: c_int) -> c_int {
    let returned = real!(get_buffer)(object, view, flags);
    if returned != 0 {
        PyErr_SetString(PyExc_BufferError, c"refused".as_ptr());
    }
    returned
}
