//! The commonest slips of exporters in PyO3, one class each. Do not copy this file: see `image.rs` and `vector.rs`.
//! What is wrong stands beside `[breaks: ...]`; all have the same 2 x 3 items of two bytes.
#![allow(unsafe_op_in_unsafe_fn, clippy::missing_safety_doc, reason = "an example of how not to do it")]

use std::ffi::c_int;
use std::ptr::null_mut;

use pyo3::exceptions::PyValueError;
use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;

use crate::request::{asks, refuse};

static SHAPE: [isize; 2] = [2, 3];
static STRIDES: [isize; 2] = [6, 2];

/// Right, but for what the others do to it: writable, C order.
unsafe fn describe(owner: Bound<'_, PyAny>, items: &[u16], view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
    unsafe {
        if asks(flags, ffi::PyBUF_F_CONTIGUOUS) {
            return refuse(view, "C order");
        }
        (*view).buf = items.as_ptr().cast_mut().cast();
        (*view).len = 12;
        (*view).itemsize = 2;
        (*view).readonly = 0;
        (*view).ndim = 2;
        (*view).format = if asks(flags, ffi::PyBUF_FORMAT) { c"H".as_ptr().cast_mut() } else { null_mut() };
        (*view).shape = if asks(flags, ffi::PyBUF_ND) { SHAPE.as_ptr().cast_mut() } else { null_mut() };
        (*view).strides = if asks(flags, ffi::PyBUF_STRIDES) { STRIDES.as_ptr().cast_mut() } else { null_mut() };
        (*view).suboffsets = null_mut();
        (*view).internal = null_mut();
        (*view).obj = owner.into_ptr();
    }
    Ok(())
}

/// A class whose `__getbuffer__` is the given function.
macro_rules! class {
    ($name:ident, $getbuffer:expr) => {
        #[pyclass]
        pub struct $name(Vec<u16>);

        #[pymethods]
        impl $name {
            #[new]
            fn new() -> Self {
                Self(vec![1, 2, 3, 4, 5, 6])
            }

            unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
                let getbuffer: unsafe fn(Bound<'_, PyAny>, &[u16], *mut Py_buffer, c_int) -> PyResult<()> = $getbuffer;
                let borrowed = slf.borrow();
                unsafe { getbuffer(slf.clone().into_any(), &borrowed.0, view, flags) }
            }

            /// Nobody counts the views, and a `Vec` moves when it grows. [breaks: export.locks-resize]
            fn grow(&mut self) {
                self.0.resize(1 << 20, 0);
            }
        }
    };
}

// Everything is filled in, whatever was asked, as PyO3's own test does.
// [breaks: format.null-unless-requested] [breaks: shape.null-unless-nd] [breaks: strides.null-unless-strides]
class!(IgnoresFlags, |owner, items, view, _flags| unsafe { describe(owner, items, view, ffi::PyBUF_FULL) });

// What is shared is not to be written, and who asks WRITABLE gets it all the same.
class!(ForgetsWritable, |owner, items, view, flags| unsafe {
    describe(owner, items, view, flags)?;
    (*view).readonly = 1; // [breaks: request.writable-refused-when-readonly]
    Ok(())
});

// `items.len()` counts items, `len` bytes.
class!(ByteLength, |owner, items, view, flags| unsafe {
    describe(owner, items, view, flags)?;
    (*view).len = items.len() as isize; // [breaks: len.product-of-shape-times-itemsize]
    Ok(())
});

// Strides of `ndarray` count items, strides of a view bytes.
class!(CountsItems, |owner, items, view, flags| unsafe {
    static STRIDES: [isize; 2] = [3, 1];
    describe(owner, items, view, flags)?;
    if asks(flags, ffi::PyBUF_STRIDES) {
        (*view).strides = STRIDES.as_ptr().cast_mut(); // [breaks: strides.bytes-not-elements]
    }
    Ok(())
});

// An exception that no consumer expects.
class!(WrongError, |owner, items, view, flags| unsafe {
    // [breaks: refusal.raises-buffererror]
    describe(owner, items, view, flags).map_err(|_| PyValueError::new_err("C order"))
});

class!(Moves, |owner, items, view, flags| unsafe { describe(owner, items, view, flags) });
