//! Defects of argument codes and of `Py_BuildValue`.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::{CStr, c_char, c_int};
use std::mem::zeroed;

use pyo3::ffi::{PyErr_Clear, PyUnicode_Check};

use super::real;
use crate::interpreter::table::{Object, View};

const FULL: c_int = 0x11d;

unsafe fn is(code: *const c_char, other: &CStr) -> bool {
    CStr::from_ptr(code) == other
}

pub(super) unsafe extern "C" fn takes_text(object: Object, code: *const c_char, view: View) -> c_int {
    let text = is(code, c"y*") && PyUnicode_Check(object) != 0;
    real!(parse_view)(object, if text { c"s*".as_ptr() } else { code }, view)
}

pub(super) unsafe extern "C" fn writes_readonly(object: Object, code: *const c_char, view: View) -> c_int {
    real!(parse_view)(object, if is(code, c"w*") { c"y*".as_ptr() } else { code }, view)
}

pub(super) unsafe extern "C" fn refuses_none(object: Object, code: *const c_char, view: View) -> c_int {
    real!(parse_view)(object, if is(code, c"z*") { c"s*".as_ptr() } else { code }, view)
}

pub(super) unsafe extern "C" fn short(object: Object, code: *const c_char, view: View) -> c_int {
    let returned = real!(parse_view)(object, code, view);
    if returned != 0 {
        (*view).len = ((*view).len - 1).max(0);
    }
    returned
}

pub(super) unsafe extern "C" fn asks_full(object: Object, code: *const c_char, view: View) -> c_int {
    if !is(code, c"w*") {
        return real!(parse_view)(object, code, view);
    }
    c_int::from(real!(get_buffer)(object, view, FULL) == 0)
}

pub(super) unsafe extern "C" fn borrows_locked(
    object: Object,
    code: *const c_char,
    to: *mut *const c_char,
    len: *mut isize,
) -> c_int {
    let mut view = zeroed();
    if !is(code, c"y#") || real!(get_buffer)(object, &raw mut view, 0) != 0 {
        PyErr_Clear();
        return real!(parse_sized)(object, code, to, len);
    }
    *to = view.buf.cast_const().cast();
    *len = view.len;
    real!(release)(&raw mut view);
    1
}

pub(super) unsafe extern "C" fn takes_nul(
    object: Object,
    code: *const c_char,
    to: *mut *const c_char,
) -> c_int {
    let returned = real!(parse_text)(object, code, to);
    let mut len = 0;
    if returned == 0 && is(code, c"y") {
        PyErr_Clear();
        return real!(parse_sized)(object, c"y#".as_ptr(), to, &raw mut len);
    }
    returned
}

pub(super) unsafe extern "C" fn stops_at_nul(
    code: *const c_char,
    start: *const c_char,
    len: isize,
) -> Object {
    let mut until = 0;
    while !start.is_null() && until < len && *start.offset(until) != 0 {
        until += 1;
    }
    real!(build_sized)(code, start, until)
}
