//! Changes that are no defects: other classes of exceptions, more refusals, a cleaner struct.
//!
//! Knows what each does otherwise than the interpreter, and that it may. Must never know who is asked to keep quiet.

#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "each function is called as the one that it stands for, so that its caller keeps what that one demands"
)]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use pyo3::exceptions::PyException;
use pyo3::ffi::{
    Py_TPFLAGS_HEAPTYPE, Py_TYPE, PyErr_SetString, PyExc_TypeError, PyExc_ValueError, PyType_GetFlags,
};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::real;
use crate::interpreter::table::{Object, View};

/// Makes the exception that is set one of a subclass of its class.
unsafe fn of_subclass() {
    let py = Python::assume_attached();
    if let Some(raised) = PyErr::take(py) {
        let kept = raised.clone_ref(py);
        renamed(py, raised).unwrap_or(kept).restore(py);
    }
}

/// The same exception, of a new subclass. Its `__init__` is not called: some want more than the arguments they keep.
fn renamed(py: Python<'_>, raised: PyErr) -> PyResult<PyErr> {
    let value = raised.into_value(py).into_bound(py).into_any();
    let class = PyErr::new_type(py, c"bufcheck.Another", None, Some(&value.get_type()), None)?;
    let arguments = value.getattr("args")?.cast_into::<PyTuple>()?;
    let mut all = vec![class.bind(py).clone().into_any()];
    all.extend(arguments.iter());
    let with_class = PyTuple::new(py, all)?;
    let made = class.bind(py).getattr("__new__")?.call1(with_class)?;
    Ok(PyErr::from_value(made.cast_into::<PyException>()?.into_any()))
}

macro_rules! of_subclass {
    ($($name:ident($($argument:ident: $kind:ty),+) -> $returned:ty;)+) => {
        $(pub(super) unsafe extern "C" fn $name($($argument: $kind),+) -> $returned {
            let returned = real!($name)($($argument),+);
            of_subclass();
            returned
        })+
    };
}

of_subclass! {
    get_buffer(object: Object, view: View, flags: c_int) -> c_int;
    size_from_format(format: *const c_char) -> isize;
    to_contiguous(to: *mut c_void, view: View, len: isize, order: c_char) -> c_int;
    fill_info(view: View, exporter: Object, memory: *mut c_void, len: isize, readonly: c_int, flags: c_int) -> c_int;
    copy_data(to: Object, from: Object) -> c_int;
    from_object(object: Object) -> Object;
    from_buffer(view: View) -> Object;
    get_contiguous(object: Object, flags: c_int, order: c_char) -> Object;
    parse_view(object: Object, code: *const c_char, to: View) -> c_int;
    parse_text(object: Object, code: *const c_char, to: *mut *const c_char) -> c_int;
    parse_sized(object: Object, code: *const c_char, to: *mut *const c_char, len: *mut isize) -> c_int;
    build_sized(code: *const c_char, start: *const c_char, len: isize) -> Object;
}

/// Whether a view has axes of which nobody says how long they are.
unsafe fn lacks_shape(view: View) -> bool {
    (*view).ndim > 1 && (*view).shape.is_null()
}

pub(super) unsafe extern "C" fn needs_shape(view: View, order: c_char) -> c_int {
    if lacks_shape(view) {
        0
    } else {
        real!(is_contiguous)(view, order)
    }
}

pub(super) unsafe extern "C" fn needs_shape_to_copy(
    to: *mut c_void,
    view: View,
    len: isize,
    order: c_char,
) -> c_int {
    if lacks_shape(view) {
        PyErr_SetString(PyExc_ValueError, c"the view has no shape".as_ptr());
        return -1;
    }
    real!(to_contiguous)(to, view, len, order)
}

/// Whether the class of an object was made while the program ran; such a one lends nothing here.
unsafe fn is_of_own_class(object: Object) -> bool {
    let made = PyType_GetFlags(Py_TYPE(object)) & Py_TPFLAGS_HEAPTYPE as std::ffi::c_ulong != 0;
    if made {
        PyErr_SetString(PyExc_TypeError, c"nothing is lent".as_ptr());
    }
    made
}

pub(super) unsafe extern "C" fn lends_no_text(
    object: Object,
    code: *const c_char,
    to: *mut *const c_char,
) -> c_int {
    if is_of_own_class(object) {
        0
    } else {
        real!(parse_text)(object, code, to)
    }
}

pub(super) unsafe extern "C" fn lends_no_bytes(
    object: Object,
    code: *const c_char,
    to: *mut *const c_char,
    len: *mut isize,
) -> c_int {
    if is_of_own_class(object) {
        0
    } else {
        real!(parse_sized)(object, code, to, len)
    }
}

pub(super) unsafe extern "C" fn clears_obj(object: Object, view: View, flags: c_int) -> c_int {
    let returned = real!(get_buffer)(object, view, flags);
    if returned != 0 {
        (*view).obj = ptr::null_mut();
    }
    returned
}

pub(super) unsafe extern "C" fn clears_obj_filled(
    view: View,
    exporter: Object,
    memory: *mut c_void,
    len: isize,
    readonly: c_int,
    flags: c_int,
) -> c_int {
    let returned = real!(fill_info)(view, exporter, memory, len, readonly, flags);
    if returned != 0 {
        (*view).obj = ptr::null_mut();
    }
    returned
}
