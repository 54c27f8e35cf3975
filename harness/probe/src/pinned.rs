//! The `Py_buffer` that is handed out: it stays where it is, is full of a known byte, and stands between
//! canaries.
//!
//! Knows the layout of the struct and what surrounds it. Must never know what an exporter should write.
//!
//! An exporter may keep the address of the struct, and may point `shape` and `strides` into it
//! (`PyBuffer_FillInfo` does), so it must not move between the request and the release: it lives in its own
//! allocation, which this type never gives away.

use std::cell::UnsafeCell;
use std::pin::Pin;

use pyo3::ffi::Py_buffer;

/// Bytes of each canary.
const CANARY: usize = 64;

/// What the canaries hold. No fill pattern of a sweep is likely to be this byte repeated.
const SENTINEL: [u8; CANARY] = [0x9d; CANARY];

/// Bytes of the struct.
pub(crate) const VIEW_BYTES: usize = size_of::<Py_buffer>();

#[repr(C, align(64))]
struct Guarded {
    before: UnsafeCell<[u8; CANARY]>,
    view: UnsafeCell<[usize; VIEW_BYTES / size_of::<usize>()]>,
    after: UnsafeCell<[u8; CANARY]>,
    /// Keeps a read of arrays that start in the struct within the allocation.
    margin: UnsafeCell<[u8; 64 * 8]>,
}

/// A `Py_buffer` that does not move, between two canaries.
pub(crate) struct PinnedView {
    guarded: Pin<Box<Guarded>>,
}

impl PinnedView {
    pub(crate) fn new() -> Self {
        Self {
            guarded: Box::pin(Guarded {
                before: UnsafeCell::new(SENTINEL),
                view: UnsafeCell::new([0; VIEW_BYTES / size_of::<usize>()]),
                after: UnsafeCell::new(SENTINEL),
                margin: UnsafeCell::new([0; 64 * 8]),
            }),
        }
    }

    /// The struct, as the C API takes it; valid as long as `self`.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut Py_buffer {
        self.guarded.view.get().cast()
    }

    /// Fills the whole struct with `poison`.
    #[inline]
    pub(crate) fn fill(&mut self, poison: u8) {
        // SAFETY: the cell is ours and as large as the struct; `&mut self` says that nobody reads it here.
        unsafe {
            self.guarded
                .view
                .get()
                .cast::<u8>()
                .write_bytes(poison, VIEW_BYTES)
        }
    }

    /// Whether bytes beside the struct were overwritten; mends them, so that the next request is judged
    /// by itself.
    #[inline]
    pub(crate) fn take_overrun(&mut self) -> bool {
        let (before, after) = (self.guarded.before.get(), self.guarded.after.get());
        // SAFETY: both cells are ours and hold plain bytes, whatever an exporter wrote there; no exporter
        // runs while `&mut self` is held.
        unsafe {
            if *before == SENTINEL && *after == SENTINEL {
                return false;
            }
            *before = SENTINEL;
            *after = SENTINEL;
        }
        true
    }
}
