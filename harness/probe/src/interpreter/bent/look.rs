//! Defects of looking: `PyBuffer_SizeFromFormat`, `PyBuffer_IsContiguous` and `PyBuffer_GetPointer`.
//!
//! Knows what each does otherwise than the interpreter. Must never know what notices it.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use pyo3::ffi::{Py_buffer, PyErr_Clear};

use super::{ANY, C, F, real};
use crate::interpreter::table::View;

pub(super) unsafe extern "C" fn guesses(format: *const c_char) -> isize {
    let size = real!(size_from_format)(format);
    if size < 0 {
        PyErr_Clear();
        return 1;
    }
    size
}

pub(super) unsafe extern "C" fn size_fails_silently(format: *const c_char) -> isize {
    let size = real!(size_from_format)(format);
    if size < 0 {
        PyErr_Clear();
    }
    size
}

pub(super) unsafe extern "C" fn standard(format: *const c_char) -> isize {
    let text = CStr::from_ptr(format).to_bytes();
    let items = text.strip_prefix(b"@").unwrap_or(text);
    if !matches!(items.first(), Some(b'=' | b'<' | b'>' | b'!'))
        && let Ok(other) = CString::new([b"=", items].concat())
    {
        let size = real!(size_from_format)(other.as_ptr());
        if size >= 0 {
            return size;
        }
        PyErr_Clear();
    }
    real!(size_from_format)(format)
}

pub(super) unsafe extern "C" fn never_zero(format: *const c_char) -> isize {
    match real!(size_from_format)(format) {
        0 => 1,
        size => size,
    }
}

pub(super) unsafe extern "C" fn any_is_c(view: View, order: c_char) -> c_int {
    real!(is_contiguous)(view, if order == ANY { C } else { order })
}

pub(super) unsafe extern "C" fn small_letters(view: View, order: c_char) -> c_int {
    let capital = order.to_ne_bytes()[0].to_ascii_uppercase();
    real!(is_contiguous)(view, capital.cast_signed() as c_char)
}

/// Whether each stride is what it would be in memory without gaps, also where it says nothing.
unsafe fn has_every_stride(view: &Py_buffer, order: c_char) -> bool {
    let axes = view.ndim.unsigned_abs() as usize;
    let each = |axes: &mut dyn Iterator<Item = usize>| {
        let mut due = view.itemsize;
        for axis in axes {
            if *view.strides.add(axis) != due {
                return false;
            }
            due *= (*view.shape.add(axis)).max(1);
        }
        true
    };
    (order != F && each(&mut (0..axes).rev())) || (order != C && each(&mut (0..axes)))
}

unsafe fn strictly(view: View, order: c_char, where_: bool) -> c_int {
    let told = real!(is_contiguous)(view, order);
    let has_arrays = !(*view).strides.is_null() && !(*view).shape.is_null();
    if where_ && told != 0 && has_arrays {
        return c_int::from(has_every_stride(&*view, order));
    }
    told
}

pub(super) unsafe extern "C" fn strict_on_one(view: View, order: c_char) -> c_int {
    strictly(view, order, (*view).len > 0)
}

pub(super) unsafe extern "C" fn strict_on_none(view: View, order: c_char) -> c_int {
    strictly(view, order, (*view).len == 0)
}

pub(super) unsafe extern "C" fn ignores_suboffsets(view: View, order: c_char) -> c_int {
    let mut copy = ptr::read(view);
    copy.suboffsets = ptr::null_mut();
    real!(is_contiguous)(&raw mut copy, order)
}

pub(super) unsafe extern "C" fn downwards(view: View, order: c_char) -> c_int {
    let one_axis = (*view).ndim == 1 && !(*view).strides.is_null() && (*view).suboffsets.is_null();
    let known = [ANY, C, F].contains(&order);
    if one_axis && known && *(*view).strides == -(*view).itemsize {
        return 1;
    }
    real!(is_contiguous)(view, order)
}

pub(super) unsafe extern "C" fn null_strides_are_f(view: View, order: c_char) -> c_int {
    if order == F && (*view).strides.is_null() {
        return 1;
    }
    real!(is_contiguous)(view, order)
}

pub(super) unsafe extern "C" fn scalar_is_c(view: View, order: c_char) -> c_int {
    if (*view).ndim == 0 && order != C {
        return 0;
    }
    real!(is_contiguous)(view, order)
}

/// The walk to an item, with another meaning of strides or of suboffsets.
unsafe fn walk(
    view: View,
    indices: *const isize,
    stride: impl Fn(isize) -> isize,
    follow: impl Fn(*mut u8, isize) -> *mut u8,
) -> *mut c_void {
    let mut at = (*view).buf.cast::<u8>();
    for axis in 0..(*view).ndim.unsigned_abs() as usize {
        at = at.wrapping_offset(stride(*(*view).strides.add(axis)) * *indices.add(axis));
        if !(*view).suboffsets.is_null() {
            at = follow(at, *(*view).suboffsets.add(axis));
        }
    }
    at.cast()
}

/// What a pointer in memory leads to.
unsafe fn behind(at: *mut u8) -> *mut u8 {
    at.cast::<*mut u8>().read_unaligned()
}

unsafe fn follow(at: *mut u8, suboffset: isize) -> *mut u8 {
    if suboffset < 0 {
        at
    } else {
        behind(at).wrapping_offset(suboffset)
    }
}

pub(super) unsafe extern "C" fn absolute_strides(view: View, indices: *const isize) -> *mut c_void {
    walk(view, indices, isize::abs, |at, suboffset| follow(at, suboffset))
}

pub(super) unsafe extern "C" fn zero_is_none(view: View, indices: *const isize) -> *mut c_void {
    let positive = |at, suboffset| if suboffset == 0 { at } else { follow(at, suboffset) };
    walk(view, indices, |stride| stride, positive)
}

pub(super) unsafe extern "C" fn forgets_suboffset(view: View, indices: *const isize) -> *mut c_void {
    walk(
        view,
        indices,
        |stride| stride,
        |at, suboffset| follow(at, suboffset.min(0)),
    )
}

pub(super) unsafe extern "C" fn adds_negative(view: View, indices: *const isize) -> *mut c_void {
    let adds = |at: *mut u8, suboffset: isize| {
        if suboffset < 0 {
            at.wrapping_offset(suboffset)
        } else {
            follow(at, suboffset)
        }
    };
    walk(view, indices, |stride| stride, adds)
}
