//! A growable vector of doubles.
//!
//! Its memory moves when it grows, so views are counted, and while one is held nothing may move, shrink or free the
//! memory. Count and memory stand behind one mutex: `[rule: thread.resize-check-atomic]`. Do not mark such a class
//! `unsendable`: a release may come from any thread, `[rule: release.from-other-thread]`.

use std::ffi::c_int;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;

use crate::request::asks;

static STRIDE: isize = size_of::<f64>() as isize;

struct Lent {
    items: Vec<f64>,
    /// The shape of every view: it stays put while one is held.
    shape: isize,
    /// `[rule: export.lock-held-until-last-release]` A number, not a flag.
    exports: usize,
}

/// `frozen`, so that no borrow of PyO3 stands in the way of a request that comes while a method runs.
#[pyclass(frozen)]
pub struct Vector(Box<Mutex<Lent>>);

impl Vector {
    /// Runs what moves, shrinks or frees the memory, unless a view is held: `[rule: export.locks-resize]`.
    fn change(&self, action: impl FnOnce(&mut Vec<f64>)) -> PyResult<()> {
        let mut lent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lent.exports > 0 {
            // [rule: export.lock-error-is-buffererror] [rule: export.lock-before-mutation]
            return Err(PyBufferError::new_err("a view of the vector is held"));
        }
        action(&mut lent.items);
        Ok(())
    }
}

#[pymethods]
impl Vector {
    /// `[rule: export.reinit-locked]` All is made in `__new__`, so a second `__init__` moves nothing.
    #[new]
    fn new(count: u32) -> Self {
        let items = (0..count).map(f64::from).collect();
        Self(Box::new(Mutex::new(Lent { items, shape: 0, exports: 0 })))
    }

    fn append(&self, item: f64) -> PyResult<()> {
        self.change(|items| items.push(item))
    }

    fn clear(&self) -> PyResult<()> {
        self.change(Vec::clear)
    }

    /// `[rule: export.in-place-writes-allowed]` Through a raw pointer: consumers may look at the same memory.
    fn scale(&self, factor: f64) {
        let mut lent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = lent.items.as_mut_ptr();
        for index in 0..lent.items.len() {
            // SAFETY: the index is below the length.
            unsafe { first.add(index).write(first.add(index).read() * factor) };
        }
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let mut lent = slf.get().0.lock().unwrap_or_else(PoisonError::into_inner);
        lent.shape = lent.items.len() as isize;
        // SAFETY: the interpreter hands over a struct that is ours until we return; what its fields point to lives
        // as long as the object that `obj` holds, and does not move while `exports` is not 0.
        unsafe {
            (*view).buf = lent.items.as_mut_ptr().cast(); // dangling, but not null, if there are no items
            (*view).len = lent.shape * STRIDE;
            (*view).itemsize = STRIDE;
            (*view).readonly = 0;
            (*view).ndim = 1;
            (*view).format = null_mut();
            (*view).shape = null_mut();
            (*view).strides = null_mut();
            (*view).suboffsets = null_mut();
            (*view).internal = null_mut();
            if asks(flags, ffi::PyBUF_FORMAT) {
                (*view).format = c"d".as_ptr().cast_mut(); // [rule: format.null-unless-requested]
            }
            if asks(flags, ffi::PyBUF_ND) {
                (*view).shape = &raw mut lent.shape; // [rule: shape.null-unless-nd]
            }
            if asks(flags, ffi::PyBUF_STRIDES) {
                (*view).strides = (&raw const STRIDE).cast_mut();
            }
            (*view).obj = slf.clone().into_any().into_ptr();
        }
        lent.exports += 1; // [rule: export.counted] Last, when nothing can fail any more.
        Ok(())
    }

    /// `[rule: release.slot-needed-if-memory-can-move]` `[rule: release.no-decref-of-obj]` Nothing else.
    unsafe fn __releasebuffer__(&self, _view: *mut Py_buffer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).exports -= 1;
    }
}
