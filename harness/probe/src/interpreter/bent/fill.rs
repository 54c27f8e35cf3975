//! Defects of filling in: `PyBuffer_FillContiguousStrides` and `PyBuffer_FillInfo`.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use pyo3::ffi::{Py_INCREF, PyErr_SetString, PyExc_ValueError};

use super::{C, F, real};
use crate::interpreter::table::{Object, View};

const WRITABLE: c_int = 1;
const ND: c_int = 8;

pub(super) unsafe extern "C" fn swapped(
    ndim: c_int,
    shape: *mut isize,
    strides: *mut isize,
    itemsize: c_int,
    order: c_char,
) {
    real!(fill_strides)(ndim, shape, strides, itemsize, if order == F { C } else { F });
}

pub(super) unsafe extern "C" fn in_items(
    ndim: c_int,
    shape: *mut isize,
    strides: *mut isize,
    _: c_int,
    order: c_char,
) {
    real!(fill_strides)(ndim, shape, strides, 1, order);
}

pub(super) unsafe extern "C" fn one_more(
    ndim: c_int,
    shape: *mut isize,
    strides: *mut isize,
    itemsize: c_int,
    order: c_char,
) {
    real!(fill_strides)(ndim, shape, strides, itemsize, order);
    *strides.add(ndim.unsigned_abs() as usize) = 1;
}

pub(super) unsafe extern "C" fn of_one(
    ndim: c_int,
    shape: *mut isize,
    strides: *mut isize,
    itemsize: c_int,
    order: c_char,
) {
    real!(fill_strides)(ndim, shape, strides, itemsize, order);
    for axis in 0..ndim.unsigned_abs() as usize {
        if *shape.add(axis) == 1 {
            *strides.add(axis) = itemsize as isize;
        }
    }
}

/// A function with the arguments of `PyBuffer_FillInfo` that changes the flags before, or the struct after.
macro_rules! filled {
    ($($name:ident($exporter:ident, $flags:ident => $with:expr, $view:ident) $after:block)+) => {
        $(pub(super) unsafe extern "C" fn $name(
            $view: View,
            $exporter: Object,
            memory: *mut c_void,
            len: isize,
            readonly: c_int,
            $flags: c_int,
        ) -> c_int {
            let returned = real!(fill_info)($view, $exporter, memory, len, readonly, $with);
            if returned == 0 $after
            returned
        })+
    };
}

filled! {
    grants_readonly(exporter, flags => flags & !WRITABLE, view) {}
    sets_format(exporter, flags => flags, view) {
        (*view).format = c"B".as_ptr().cast_mut();
    }
    sets_strides(exporter, flags => flags, view) {
        if flags & ND != 0 {
            (*view).strides = &raw mut (*view).itemsize;
        }
    }
    sets_shape(exporter, flags => flags, view) {
        (*view).shape = &raw mut (*view).len;
    }
    never_readonly(exporter, flags => flags, view) {
        (*view).readonly = 0;
    }
    len_is_itemsize(exporter, flags => flags, view) {
        (*view).itemsize = (*view).len;
    }
    scalar(exporter, flags => flags, view) {
        if (*view).len == 1 {
            (*view).ndim = 0;
            (*view).shape = ptr::null_mut();
            (*view).strides = ptr::null_mut();
        }
    }
    leaks(exporter, flags => flags, view) {
        if !exporter.is_null() {
            Py_INCREF(exporter);
        }
    }
}

pub(super) unsafe extern "C" fn raises_value_error(
    view: View,
    exporter: Object,
    memory: *mut c_void,
    len: isize,
    readonly: c_int,
    flags: c_int,
) -> c_int {
    let returned = real!(fill_info)(view, exporter, memory, len, readonly, flags);
    if returned != 0 {
        PyErr_SetString(PyExc_ValueError, c"refused".as_ptr());
    }
    returned
}
