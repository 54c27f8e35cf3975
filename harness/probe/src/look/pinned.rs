//! The `Py_buffer` that is handed out: it stays where it is, is full of a known byte, and stands between
//! canaries.
//!
//! Knows the layout of the struct and what surrounds it. Must never know what an exporter should write.
//!
//! An exporter may keep the address of the struct, and may point `shape` and `strides` into it
//! (`PyBuffer_FillInfo` does), so it must not move between the request and the release: it lives in its own
//! allocation, which this type never gives away. That allocation is held by a raw pointer and not by a `Box`: to
//! move a `Box` says that nobody else has a pointer into it, and the exporter has one.

use std::ptr::NonNull;

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
    before: [u64; CANARY],
    view: Words,
    after: [u64; CANARY],
    /// Keeps a read of arrays that start in the struct within the allocation.
    margin: [u8; 64 * 8],
}

/// A `Py_buffer` that does not move, between two canaries.
pub(crate) struct PinnedView {
    /// From `Box::into_raw`, freed on drop. Only reached through this pointer, and never by a reference that lives
    /// while an exporter may write.
    guarded: NonNull<Guarded>,
}

// SAFETY: the allocation belongs to no thread, and nobody else frees it. An exporter that keeps the address of the
// struct uses it in calls of its slots alone, one of which at a time is made for a view.
unsafe impl Send for PinnedView {}

impl PinnedView {
    pub(crate) fn new() -> Self {
        let guarded = Box::new(Guarded {
            before: [SENTINEL; CANARY],
            view: [0; VIEW_BYTES / size_of::<usize>()],
            after: [SENTINEL; CANARY],
            margin: [0; 64 * 8],
        });
        Self {
            // SAFETY: a pointer from a box is not null.
            guarded: unsafe { NonNull::new_unchecked(Box::into_raw(guarded)) },
        }
    }

    /// The struct, as the C API takes it; valid as long as `self`. It may be used for the whole of the allocation.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut Py_buffer {
        // SAFETY: the allocation lives as long as `self`; no reference to it is made.
        unsafe { (&raw mut (*self.guarded.as_ptr()).view).cast() }
    }

    /// Fills the whole struct with `poison`.
    #[inline]
    pub(crate) fn fill(&mut self, poison: u8) {
        let bytes = self.as_ptr().cast::<u8>();
        // SAFETY: the struct is ours; `&mut self` says that nobody reads it here.
        unsafe { bytes.write_bytes(poison, VIEW_BYTES) };
    }

    /// The struct as it stands.
    #[inline]
    pub(crate) fn read(&self) -> Py_buffer {
        let mut words: Words = [0; VIEW_BYTES / size_of::<usize>()];
        let source = self.as_ptr().cast::<usize>();
        for (at, word) in words.iter_mut().enumerate() {
            // Word by word, and volatile so that it stays so: the exporter has just written single words, and
            // a wider load would wait until they have reached the cache.
            // SAFETY: `at` is within the struct, which is ours; the exporter has returned.
            *word = unsafe { source.add(at).read_volatile() };
        }
        // SAFETY: of the same size, and every pattern of bits is a value of every field.
        unsafe { std::mem::transmute::<Words, Py_buffer>(words) }
    }

    /// Whether an address lies in the struct.
    #[inline]
    pub(crate) fn contains(&self, address: usize) -> bool {
        let start = self.as_ptr() as usize;
        (start..start + VIEW_BYTES).contains(&address)
    }

    /// Copies the numbers at `address`, which lies in the struct; as many as `into` holds, at most 64.
    #[inline]
    pub(crate) fn numbers_inside(&self, address: usize, into: &mut [isize]) {
        let Some(from) = address.checked_sub(self.as_ptr() as usize) else {
            return;
        };
        let len = size_of_val(into);
        if from >= VIEW_BYTES || len > 64 * 8 {
            return;
        }
        // SAFETY: `from` is within the struct, and the allocation goes on for 512 bytes and more behind it, which the
        // pointer is good for; the exporter has returned, and any bytes are numbers.
        unsafe {
            let source = self.as_ptr().cast::<u8>().add(from);
            source.copy_to_nonoverlapping(into.as_mut_ptr().cast(), len);
        }
    }

    /// Whether these numbers, at most 64, stand at `address`, which lies in the struct.
    #[inline]
    pub(crate) fn holds_inside(&self, address: usize, numbers: &[isize]) -> bool {
        let from = address.wrapping_sub(self.as_ptr() as usize);
        from < VIEW_BYTES
            && numbers.len() <= 64
            && numbers.iter().enumerate().all(|(at, number)| {
                let offset = from + at * size_of::<isize>();
                // SAFETY: as in `numbers_inside`; a number may stand at any address.
                (unsafe { self.as_ptr().byte_add(offset).cast::<isize>().read_unaligned() }) == *number
            })
    }

    /// Whether bytes beside the struct were overwritten; mends them, so that the next request is judged
    /// by itself.
    #[inline]
    pub(crate) fn take_overrun(&mut self) -> bool {
        let guarded = self.guarded.as_ptr();
        // SAFETY: the canaries are ours and hold plain words, whatever an exporter wrote there; no exporter runs
        // while `&mut self` is held.
        unsafe {
            let (before, after) = ((*guarded).before, (*guarded).after);
            if intact(&before) && intact(&after) {
                return false;
            }
            (*guarded).before = [SENTINEL; CANARY];
            (*guarded).after = [SENTINEL; CANARY];
        }
        true
    }
}

impl Drop for PinnedView {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw`, given back once. A view that could not be released may still be known to its
        // exporter, whose release nobody will call any more.
        drop(unsafe { Box::from_raw(self.guarded.as_ptr()) });
    }
}

#[inline]
fn intact(canary: &[u64; CANARY]) -> bool {
    canary
        .iter()
        .fold(0, |difference, word| difference | (word ^ SENTINEL))
        == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an exporter has of a struct: its address, from the request to the release.
    struct Exporter(*mut Py_buffer);

    impl Exporter {
        fn write_len(&self, len: isize) {
            // SAFETY: the struct is still there.
            unsafe { (*self.0).len = len };
        }
    }

    #[test]
    fn an_exporter_may_write_whereever_the_view_was_moved_to() {
        let mut view = PinnedView::new();
        view.fill(0x5a);
        let exporter = Exporter(view.as_ptr());
        exporter.write_len(1);
        let mut moved = vec![view];
        exporter.write_len(2);
        let mut boxed = Box::new(moved.remove(0));
        exporter.write_len(3);
        assert!(!boxed.take_overrun());
        assert_eq!(boxed.read().len, 3);
        assert_eq!(boxed.read().itemsize.to_ne_bytes(), [0x5a; size_of::<isize>()]);
        exporter.write_len(4);
        assert_eq!(boxed.read().len, 4);
    }

    #[test]
    fn bytes_beside_the_struct_are_seen_once() {
        let mut view = PinnedView::new();
        for behind in [true, false] {
            let address = view.as_ptr();
            // SAFETY: the canaries lie right before and behind the struct, in its own allocation.
            unsafe {
                if behind {
                    address.add(1).cast::<u8>().write(7);
                } else {
                    address.cast::<u8>().sub(1).write(7);
                }
            }
            assert!(view.take_overrun());
            assert!(!view.take_overrun());
        }
    }

    #[test]
    fn numbers_that_begin_in_the_struct_are_read_to_their_end() {
        let view = PinnedView::new();
        let address = view.as_ptr() as usize;
        // SAFETY: a field of the struct.
        unsafe { (*view.as_ptr()).len = 11 };
        let mut numbers = [7; 64];
        let len = address + std::mem::offset_of!(Py_buffer, len);
        view.numbers_inside(len, &mut numbers);
        assert_eq!(numbers[0], 11);
        view.numbers_inside(address + VIEW_BYTES - 1, &mut numbers);
        assert!(view.contains(len) && !view.contains(address + VIEW_BYTES) && !view.contains(address - 1));
        assert!(view.holds_inside(len, &[11]) && !view.holds_inside(len, &[12]));
        assert!(!view.holds_inside(address - 1, &[]) && !view.holds_inside(len, &[11; 65]));
        let before = numbers;
        view.numbers_inside(address - 1, &mut numbers);
        view.numbers_inside(address + VIEW_BYTES, &mut numbers);
        assert_eq!(numbers, before);
    }
}
