//! Defects of carrying: `PyBuffer_ToContiguous`, `PyBuffer_FromContiguous` and `PyObject_CopyData`.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::zeroed;
use std::ptr;

use pyo3::ffi::{Py_buffer, PyErr_Clear, PyErr_SetString, PyExc_ValueError};

use super::{ANY, C, F, real};
use crate::interpreter::table::{Object, View};

const FULL: c_int = 0x11d;
const FULL_RO: c_int = 0x11c;

/// Another order in the place of one.
const fn instead(order: c_char, of: c_char, other: c_char) -> c_char {
    if order == of { other } else { order }
}

pub(super) unsafe extern "C" fn to_fortran_is_c(
    to: *mut c_void,
    view: View,
    len: isize,
    order: c_char,
) -> c_int {
    real!(to_contiguous)(to, view, len, instead(order, F, C))
}

pub(super) unsafe extern "C" fn to_takes_any_len(
    to: *mut c_void,
    view: View,
    len: isize,
    order: c_char,
) -> c_int {
    let mut all = vec![0_u8; (*view).len.unsigned_abs()];
    let returned = real!(to_contiguous)(all.as_mut_ptr().cast(), view, (*view).len, order);
    all.truncate(usize::try_from(len).unwrap_or(0));
    ptr::copy_nonoverlapping(all.as_ptr(), to.cast(), all.len());
    returned
}

pub(super) unsafe extern "C" fn to_flat(to: *mut c_void, view: View, len: isize, order: c_char) -> c_int {
    if len != (*view).len {
        return real!(to_contiguous)(to, view, len, order);
    }
    ptr::copy_nonoverlapping((*view).buf.cast::<u8>(), to.cast(), len.unsigned_abs());
    0
}

pub(super) unsafe extern "C" fn to_any_is_c(to: *mut c_void, view: View, len: isize, order: c_char) -> c_int {
    real!(to_contiguous)(to, view, len, instead(order, ANY, C))
}

pub(super) unsafe extern "C" fn to_fails_silently(
    to: *mut c_void,
    view: View,
    len: isize,
    order: c_char,
) -> c_int {
    let returned = real!(to_contiguous)(to, view, len, order);
    PyErr_Clear();
    returned
}

pub(super) unsafe extern "C" fn from_stops_early(
    view: View,
    from: *const c_void,
    len: isize,
    order: c_char,
) -> c_int {
    real!(from_contiguous)(
        view,
        from,
        (len.min((*view).len) - (*view).itemsize).max(0),
        order,
    )
}

pub(super) unsafe extern "C" fn from_fortran_is_c(
    view: View,
    from: *const c_void,
    len: isize,
    order: c_char,
) -> c_int {
    real!(from_contiguous)(view, from, len, instead(order, F, C))
}

pub(super) unsafe extern "C" fn from_refuses_longer(
    view: View,
    from: *const c_void,
    len: isize,
    order: c_char,
) -> c_int {
    if len > (*view).len {
        PyErr_SetString(PyExc_ValueError, c"too long".as_ptr());
        return -1;
    }
    real!(from_contiguous)(view, from, len, order)
}

pub(super) unsafe extern "C" fn from_flat(view: View, from: *const c_void, len: isize, _: c_char) -> c_int {
    let bytes = len.min((*view).len).unsigned_abs();
    ptr::copy_nonoverlapping(from.cast::<u8>(), (*view).buf.cast(), bytes);
    0
}

pub(super) unsafe extern "C" fn from_overwrites_pointers(
    view: View,
    from: *const c_void,
    len: isize,
    order: c_char,
) -> c_int {
    let mut copy = ptr::read(view);
    copy.suboffsets = ptr::null_mut();
    real!(from_contiguous)(&raw mut copy, from, len, order)
}

/// A view that an object grants; nothing and no exception where it refuses.
unsafe fn granted(object: Object, flags: c_int) -> Option<Py_buffer> {
    let mut view = zeroed();
    if real!(get_buffer)(object, &raw mut view, flags) == 0 {
        return Some(view);
    }
    PyErr_Clear();
    None
}

pub(super) unsafe extern "C" fn copy_flat(to: Object, from: Object) -> c_int {
    let Some(mut destination) = granted(to, FULL) else {
        return real!(copy_data)(to, from);
    };
    let Some(mut source) = granted(from, FULL_RO) else {
        real!(release)(&raw mut destination);
        return real!(copy_data)(to, from);
    };
    let equal = source.len == destination.len;
    if equal {
        ptr::copy(
            source.buf.cast::<u8>(),
            destination.buf.cast(),
            source.len.unsigned_abs(),
        );
    }
    real!(release)(&raw mut destination);
    real!(release)(&raw mut source);
    if equal { 0 } else { real!(copy_data)(to, from) }
}

pub(super) unsafe extern "C" fn copy_keeps_view(to: Object, from: Object) -> c_int {
    let returned = real!(copy_data)(to, from);
    if returned == 0 {
        // Nobody gives it back.
        let _kept = granted(from, FULL_RO);
    }
    returned
}

pub(super) unsafe extern "C" fn copy_returns_zero(to: Object, from: Object) -> c_int {
    real!(copy_data)(to, from);
    0
}

pub(super) unsafe extern "C" fn copy_asks_source_first(to: Object, from: Object) -> c_int {
    if let Some(mut view) = granted(from, FULL_RO) {
        real!(release)(&raw mut view);
    }
    real!(copy_data)(to, from)
}
