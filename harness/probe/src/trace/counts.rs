//! Counts in shared memory: whatever ends the process, they stay in the file.
//!
//! Knows the words of [`bufcheck_model::trace::Counts`]. Must never know when something counts.

use std::ffi::CString;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use bufcheck_model::trace::{CELLS, Cell, GLOBALS, Global, MAGIC, MAX_SITES};

const WORDS: usize = GLOBALS + MAX_SITES * CELLS;

/// The words of one process.
pub(super) struct Words(&'static [AtomicU64; WORDS]);

impl Words {
    /// Maps a new file; `None` if that is not possible.
    pub(super) fn create(path: &str) -> Option<Self> {
        let path = CString::new(path).ok()?;
        let bytes = libc::off_t::try_from(WORDS * 8).ok()?;
        // SAFETY: a file of our own; the descriptor is closed again, and the mapping lives as long as the process.
        let mapped = unsafe {
            let file = libc::open(
                path.as_ptr(),
                libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC | libc::O_NOFOLLOW,
                0o600,
            );
            if file < 0 {
                return None;
            }
            // All of it at once: a disk that fills up later must not end the process.
            let sized = libc::posix_fallocate(file, 0, bytes) == 0;
            let how = libc::PROT_READ | libc::PROT_WRITE;
            let mapped = libc::mmap(ptr::null_mut(), WORDS * 8, how, libc::MAP_SHARED, file, 0);
            libc::close(file);
            if !sized || mapped == libc::MAP_FAILED {
                return None;
            }
            &*mapped.cast::<[AtomicU64; WORDS]>()
        };
        mapped[0].store(MAGIC, Ordering::Relaxed);
        Some(Self(mapped))
    }

    /// Counts one more. Whoever counts holds the lock of the tables.
    #[inline]
    pub(super) fn add(&self, what: Global) {
        self.more(what as usize, 1);
    }

    /// Counts one more of a site.
    #[inline]
    pub(super) fn add_of(&self, site: u32, what: Cell) {
        self.more(GLOBALS + site as usize % MAX_SITES * CELLS + what as usize, 1);
    }

    /// Counts all anew.
    pub(super) fn set(&self, what: Global, number: u64) {
        self.0[what as usize].store(number, Ordering::Relaxed);
    }

    #[inline]
    fn more(&self, at: usize, number: u64) {
        let word = &self.0[at];
        word.store(
            word.load(Ordering::Relaxed).wrapping_add(number),
            Ordering::Relaxed,
        );
    }
}
