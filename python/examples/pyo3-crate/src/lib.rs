//! Three exporters of the same memory: one as it should be, one that ignores the flags, one that ends the
//! process. `tests/buffers.rs` checks all of them.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;

/// Grey pixels, row by row, read-only. The object is frozen: its memory never moves.
struct Pixels {
    bytes: Vec<u8>,
    shape: [isize; 2],
    strides: [isize; 2],
}

impl Pixels {
    fn new(height: u16, width: u16) -> Self {
        let count = usize::from(height) * usize::from(width);
        let bytes = (0..count).map(|pixel| pixel as u8).collect();
        let width = width as isize;
        Self { bytes, shape: [height as isize, width], strides: [width, 1] }
    }

    /// Fills every field, as if all had been asked for.
    ///
    /// # Safety
    ///
    /// `view` points to a struct that may be written, and these pixels belong to `owner`.
    unsafe fn fill(&self, owner: Bound<'_, PyAny>, view: *mut Py_buffer) {
        // SAFETY: the caller's promise; what the fields point to lives as long as the owner.
        unsafe {
            (*view).buf = self.bytes.as_ptr().cast::<c_void>().cast_mut();
            (*view).len = self.bytes.len() as isize;
            (*view).itemsize = 1;
            (*view).readonly = 1;
            (*view).ndim = 2;
            (*view).format = c"B".as_ptr().cast_mut();
            (*view).shape = self.shape.as_ptr().cast_mut();
            (*view).strides = self.strides.as_ptr().cast_mut();
            (*view).suboffsets = null_mut();
            (*view).internal = null_mut();
            (*view).obj = owner.into_ptr();
        }
    }
}

/// Whether `flags` contains all bits of `wanted`.
fn asks(flags: c_int, wanted: c_int) -> bool {
    flags & wanted == wanted
}

/// Refuses a request, leaving no reference behind.
///
/// # Safety
///
/// `view` points to a struct that may be written.
unsafe fn refuse(view: *mut Py_buffer, reason: &'static str) -> PyResult<()> {
    // SAFETY: the caller's promise.
    unsafe { (*view).obj = null_mut() };
    Err(PyBufferError::new_err(reason))
}

/// As it should be.
#[pyclass(frozen)]
struct Image(Pixels);

#[pymethods]
impl Image {
    #[new]
    fn new(height: u16, width: u16) -> Self {
        Self(Pixels::new(height, width))
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let pixels = &slf.get().0;
        let [height, width] = pixels.shape;
        // SAFETY: the interpreter hands over a struct that is ours until we return.
        unsafe {
            if asks(flags, ffi::PyBUF_WRITABLE) {
                return refuse(view, "the pixels are read-only");
            }
            if asks(flags, ffi::PyBUF_F_CONTIGUOUS) && !asks(flags, ffi::PyBUF_C_CONTIGUOUS) && height > 1 && width > 1 {
                return refuse(view, "the pixels lie row by row");
            }
            pixels.fill(slf.clone().into_any(), view);
            if !asks(flags, ffi::PyBUF_FORMAT) {
                (*view).format = null_mut();
            }
            if !asks(flags, ffi::PyBUF_ND) {
                (*view).shape = null_mut();
            }
            if !asks(flags, ffi::PyBUF_STRIDES) {
                (*view).strides = null_mut();
            }
        }
        Ok(())
    }
}

/// Ignores the flags: a consumer that asked for plain bytes is told of rows and columns.
#[pyclass(frozen)]
struct Careless(Pixels);

#[pymethods]
impl Careless {
    #[new]
    fn new(height: u16, width: u16) -> Self {
        Self(Pixels::new(height, width))
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, _flags: c_int) -> PyResult<()> {
        // SAFETY: the interpreter hands over a struct that is ours until we return.
        unsafe { slf.get().0.fill(slf.clone().into_any(), view) };
        Ok(())
    }
}

/// Ends the process when it is asked for suboffsets.
#[pyclass(frozen)]
struct Abrupt(Pixels);

#[pymethods]
impl Abrupt {
    #[new]
    fn new(height: u16, width: u16) -> Self {
        Self(Pixels::new(height, width))
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        if asks(flags, ffi::PyBUF_INDIRECT) {
            std::process::abort();
        }
        // SAFETY: the interpreter hands over a struct that is ours until we return.
        unsafe { slf.get().0.fill(slf.clone().into_any(), view) };
        Ok(())
    }
}

/// The module, public for the test program.
#[pymodule]
pub mod image {
    #[pymodule_export]
    use super::{Abrupt, Careless, Image};
}
