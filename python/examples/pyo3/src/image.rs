//! A fixed image of 32-bit floats, and views of it: read-only, or of every n-th row and column.
//!
//! The class is `frozen`, so nothing can take a `&mut` to the pixels, and their memory never moves: no view is
//! counted. If yours can move or shrink, take `vector.rs`.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;

use crate::request::{asks, refuse};

const ITEM: isize = size_of::<f32>() as isize;

/// Memory that consumers write through their views: Rust must not believe it constant.
struct Pixels(Box<[UnsafeCell<f32>]>);

// SAFETY: Rust code here never reads or writes the pixels after they were made; who writes them through views must
// agree with the others, as the protocol has it.
unsafe impl Send for Pixels {}
// SAFETY: as above.
unsafe impl Sync for Pixels {}

#[pyclass(frozen)]
pub struct Image {
    /// `[rule: lifetime.view-outlives-names]` Shared by an image and the views of it.
    pixels: Arc<Pixels>,
    /// Index of the item with index 0 on every axis: `[rule: buf.points-to-first-element]`.
    first: isize,
    readonly: bool,
    /// `[rule: memory.not-on-stack]` In the object, and never changed: consumers keep pointers to these.
    shape: [isize; 2],
    /// Bytes, not items: `[rule: strides.bytes-not-elements]`.
    strides: [isize; 2],
}

#[pymethods]
impl Image {
    #[new]
    fn new(height: isize, width: isize) -> PyResult<Self> {
        // [rule: len.non-negative] The product of the extents must fit.
        let count = height.checked_mul(width).filter(|count| count.checked_mul(ITEM).is_some());
        let (Some(count), 1.., 1..) = (count, height, width) else {
            return Err(PyValueError::new_err("an image has at least one row and one column"));
        };
        let pixels = Arc::new(Pixels((0..count).map(|index| UnsafeCell::new(index as f32)).collect()));
        Ok(Self { pixels, first: 0, readonly: false, shape: [height, width], strides: [width * ITEM, ITEM] })
    }

    /// A read-only view of the pixels.
    fn frozen(&self) -> Self {
        Self { pixels: self.pixels.clone(), readonly: true, ..*self }
    }

    /// A view of every so many rows and columns; negative steps begin at the end.
    fn every(&self, rows: isize, columns: isize) -> PyResult<Self> {
        if rows == 0 || columns == 0 {
            return Err(PyValueError::new_err("a step is not 0"));
        }
        // [rule: memory.writable-when-not-readonly] A view of what is frozen is frozen.
        let mut view = Self { pixels: self.pixels.clone(), ..*self };
        for (axis, step) in [rows, columns].into_iter().enumerate() {
            let (extent, stride) = (self.shape[axis], self.strides[axis]);
            let step = step.clamp(-extent, extent); // [rule: memory.verify-structure]
            if step < 0 {
                view.first += (extent - 1) * stride / ITEM;
            }
            view.shape[axis] = (extent - 1) / step.abs() + 1;
            view.strides[axis] = stride * step;
        }
        Ok(view)
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let image = slf.get();
        // SAFETY: the interpreter hands over a struct that is ours until we return; what its fields point to lives as
        // long as the object that `obj` holds.
        unsafe {
            // [rule: view.all-fields-assigned] The struct holds rubbish: write every field.
            (*view).buf = image.pixels.0.as_ptr().offset(image.first).cast::<c_void>().cast_mut();
            (*view).len = image.shape[0] * image.shape[1] * ITEM; // [rule: len.logical-not-physical]
            (*view).itemsize = ITEM;
            (*view).readonly = c_int::from(image.readonly);
            (*view).ndim = 2;
            (*view).format = null_mut();
            (*view).shape = image.shape.as_ptr().cast_mut();
            (*view).strides = image.strides.as_ptr().cast_mut();
            (*view).suboffsets = null_mut();
            (*view).internal = null_mut();

            let rows = ffi::PyBuffer_IsContiguous(view, b'C' as _) != 0;
            let columns = ffi::PyBuffer_IsContiguous(view, b'F' as _) != 0;
            if asks(flags, ffi::PyBUF_WRITABLE) && image.readonly {
                return refuse(view, "the image is read-only"); // [rule: request.writable-refused-when-readonly]
            }
            if !asks(flags, ffi::PyBUF_STRIDES) && !rows {
                return refuse(view, "the image has gaps"); // [rule: request.no-strides-means-c-contiguous]
            }
            if asks(flags, ffi::PyBUF_C_CONTIGUOUS) && !rows {
                return refuse(view, "the image is not C-contiguous"); // [rule: request.c-contiguous]
            }
            if asks(flags, ffi::PyBUF_F_CONTIGUOUS) && !columns {
                return refuse(view, "the image is not Fortran-contiguous"); // [rule: request.f-contiguous]
            }
            if asks(flags, ffi::PyBUF_ANY_CONTIGUOUS) && !rows && !columns {
                return refuse(view, "the image is not contiguous"); // [rule: request.any-contiguous]
            }

            if asks(flags, ffi::PyBUF_FORMAT) {
                // [rule: format.nul-terminated] A `c""` literal, not a `CString` of this function.
                (*view).format = c"f".as_ptr().cast_mut();
            }
            if !asks(flags, ffi::PyBUF_ND) {
                (*view).shape = null_mut(); // [rule: shape.null-unless-nd]
            }
            if !asks(flags, ffi::PyBUF_STRIDES) {
                (*view).strides = null_mut(); // [rule: strides.null-unless-strides]
            }
            // [rule: obj.new-reference] `into_ptr` gives a reference away; `as_ptr` would lend one that is dropped.
            (*view).obj = slf.into_any().into_ptr();
        }
        Ok(())
    }
}
