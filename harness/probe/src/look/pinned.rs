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

/// Words of each canary.
const CANARY: usize = 8;

/// What the words of the canaries hold. No fill pattern is likely to be these bytes.
const SENTINEL: u64 = 0x9d3b_c7e1_5af4_826d;

/// Bytes of the struct.
pub(crate) const VIEW_BYTES: usize = size_of::<Py_buffer>();

/// The struct as words: it is nothing but words and two ints.
type Words = [usize; VIEW_BYTES / size_of::<usize>()];

#[repr(C, align(64))]
struct Guarded {
    before: UnsafeCell<[u64; CANARY]>,
    view: UnsafeCell<Words>,
    after: UnsafeCell<[u64; CANARY]>,
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
                before: UnsafeCell::new([SENTINEL; CANARY]),
                view: UnsafeCell::new([0; VIEW_BYTES / size_of::<usize>()]),
                after: UnsafeCell::new([SENTINEL; CANARY]),
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
        let bytes = self.as_ptr().cast::<u8>();
        // SAFETY: the cell is ours and as large as the struct; `&mut self` says that nobody reads it here.
        unsafe { bytes.write_bytes(poison, VIEW_BYTES) };
    }

    /// The struct as it stands.
    #[inline]
    pub(crate) fn read(&self) -> Py_buffer {
        let mut words: Words = [0; VIEW_BYTES / size_of::<usize>()];
        let source = self.guarded.view.get().cast::<usize>();
        for (at, word) in words.iter_mut().enumerate() {
            // Word by word, and volatile so that it stays so: the exporter has just written single words, and
            // a wider load would wait until they have reached the cache.
            // SAFETY: `at` is within the struct, which is ours; the exporter has returned.
            *word = unsafe { source.add(at).read_volatile() };
        }
        // SAFETY: of the same size, and every pattern of bits is a value of every field.
        unsafe { std::mem::transmute::<Words, Py_buffer>(words) }
    }

    /// Whether bytes beside the struct were overwritten; mends them, so that the next request is judged
    /// by itself.
    #[inline]
    pub(crate) fn take_overrun(&mut self) -> bool {
        let (before, after) = (self.guarded.before.get(), self.guarded.after.get());
        // SAFETY: both cells are ours and hold plain bytes, whatever an exporter wrote there; no exporter
        // runs while `&mut self` is held.
        unsafe {
            if intact(&*before) && intact(&*after) {
                return false;
            }
            *before = [SENTINEL; CANARY];
            *after = [SENTINEL; CANARY];
        }
        true
    }
}

#[inline]
fn intact(canary: &[u64; CANARY]) -> bool {
    canary
        .iter()
        .fold(0, |difference, word| difference | (word ^ SENTINEL))
        == 0
}
