//! A consumer: the sum of the numbers of any buffer, whatever its layout.
//!
//! For one type and a copy, `PyBuffer::<f64>::get(obj)?.to_vec(py)?` is enough. Mind that `PyBuffer<T>` of PyO3 0.30
//! takes big-endian items for native ones, and that `as_slice` is there for C order only.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

use pyo3::exceptions::PyValueError;
use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;

/// A view that is held: `[rule: release.on-every-path]` dropping it releases it.
///
/// `[rule: memory.self-pointers-in-view]` Boxed, for `shape` may point into the struct itself.
struct View(Box<Py_buffer>);

impl View {
    /// `[rule: consumer.ask-only-what-handled]` Any layout with its format, not WRITABLE: we only read.
    fn of(exporter: &Bound<'_, PyAny>) -> PyResult<Self> {
        // SAFETY: the struct is C data for which zeros are a valid value. [rule: consumer.zero-init-view]
        let mut view = Box::new(unsafe { MaybeUninit::<Py_buffer>::zeroed().assume_init() });
        // SAFETY: the object lives, the struct may be written.
        match unsafe { ffi::PyObject_GetBuffer(exporter.as_ptr(), &raw mut *view, ffi::PyBUF_FULL_RO) } {
            0 => Ok(Self(view)),
            _ => Err(PyErr::fetch(exporter.py())), // [rule: refusal.view-not-released]
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: it was granted, and is released here only: [rule: release.exactly-once]. The interpreter is attached,
        // for a `View` never leaves `total`.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.0) };
    }
}

/// How one item is read: `[rule: consumer.l-q-equivalence]` the letter gives the kind, `itemsize` the size.
fn reader(view: &Py_buffer) -> Option<unsafe fn(*const u8) -> f64> {
    /// Items need not be aligned.
    unsafe fn read<T: Copy + Widen>(item: *const u8) -> f64 {
        // SAFETY: the caller's promise: a whole item can be read there.
        unsafe { item.cast::<T>().read_unaligned() }.widen()
    }
    // SAFETY: a format that is not null is a C string as long as the view is held. [rule: format.null-means-B]
    let format = if view.format.is_null() { c"B" } else { unsafe { CStr::from_ptr(view.format) } };
    let native = if cfg!(target_endian = "little") { b'<' } else { b'>' };
    // [rule: consumer.byteorder-equivalence] Other marks are not read: their bytes are swapped.
    // [rule: format.whitespace-ignored]
    let code = match *format.to_bytes().trim_ascii() {
        [mark, code] if mark == native || b"@=".contains(&mark) || view.itemsize == 1 && b"<>!".contains(&mark) => code,
        [code] => code,
        _ => return None,
    };
    Some(match (code, view.itemsize) {
        (b'b', 1) => read::<i8>,
        (b'B' | b'?', 1) => read::<u8>,
        (b'h' | b'i' | b'l' | b'q' | b'n', 2) => read::<i16>,
        (b'h' | b'i' | b'l' | b'q' | b'n', 4) => read::<i32>,
        (b'h' | b'i' | b'l' | b'q' | b'n', 8) => read::<i64>,
        (b'H' | b'I' | b'L' | b'Q' | b'N', 2) => read::<u16>,
        (b'H' | b'I' | b'L' | b'Q' | b'N', 4) => read::<u32>,
        (b'H' | b'I' | b'L' | b'Q' | b'N', 8) => read::<u64>,
        (b'f', 4) => read::<f32>,
        (b'd', 8) => read::<f64>,
        _ => return None,
    })
}

trait Widen {
    fn widen(self) -> f64;
}
macro_rules! widen { ($($number:ty)*) => { $(impl Widen for $number { fn widen(self) -> f64 { self as f64 } })* } }
widen!(i8 u8 i16 u16 i32 u32 i64 u64 f32 f64);

/// The sum of the items from `axis` on, of which `item` is the first.
///
/// # Safety
///
/// The view is held, has items, and `axis` is at most `ndim`.
unsafe fn sum_axis(view: &Py_buffer, axis: usize, item: *const u8, read: unsafe fn(*const u8) -> f64) -> f64 {
    // SAFETY: the caller's promise; every index stays below its extent, so the item is one of the view's.
    unsafe {
        if axis == view.ndim as usize {
            return read(item); // [rule: scalar.consumer-handles-ndim0] At once, for a scalar.
        }
        let stride = *view.strides.add(axis); // [rule: strides.consumer-handles-nonpositive]
        let along = (0..*view.shape.add(axis)).map(|index| {
            let mut next = item.offset(index * stride);
            // [rule: suboffsets.added-after-dereference] [rule: suboffsets.zero-is-dereference]
            if !view.suboffsets.is_null() && *view.suboffsets.add(axis) >= 0 {
                next = next.cast::<*const u8>().read().offset(*view.suboffsets.add(axis));
            }
            sum_axis(view, axis + 1, next, read)
        });
        along.sum()
    }
}

/// Returns the sum; ValueError if the items are no numbers in the order of this machine.
#[pyfunction]
pub fn total(exporter: &Bound<'_, PyAny>) -> PyResult<f64> {
    let view = View::of(exporter)?;
    let view = &*view.0;
    // [rule: consumer.format-checked-before-typed-access]
    let read = reader(view).ok_or_else(|| PyValueError::new_err("the items are no numbers"))?;
    if view.len == 0 {
        return Ok(0.0); // [rule: empty.no-dereference] Nor is any pointer followed.
    }
    let first = view.buf.cast::<u8>().cast_const();
    // SAFETY: the view is held until the end, and the items lie where it says. [rule: contig.check-before-flat-access]
    // The order of the items makes no difference to a sum; where it does, ask for `C`.
    Ok(unsafe {
        if ffi::PyBuffer_IsContiguous(view, b'A' as c_char) != 0 {
            let items = (0..view.len / view.itemsize).map(|index| read(first.offset(index * view.itemsize)));
            items.sum() // [rule: consumer.bounds-by-len]
        } else {
            sum_axis(view, 0, first, read)
        }
    })
}
