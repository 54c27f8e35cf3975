//! Memory that is read again and again, verified once.
//!
//! Knows which pages could be read when they were looked at. Must never know what is read.
//!
//! A page that is unmapped *between* two requests of one round can still end the process: then the mark says so.
//! Whoever lets code of the exporter run since the last request, or cannot know it, reads through
//! [`Guarded`](super::reader::Guarded) instead.

use std::ptr;

use crate::look::memory;
use crate::look::reader::{Ending, FORMAT_BOUND, Reader};

/// The unit that is verified at once: no platform has smaller pages.
const UNIT: usize = 4096;

/// Slots of the cache; a power of two.
const SLOTS: usize = 256;

/// Pages that could be read when they were looked at.
pub(crate) struct Pages {
    /// Page numbers plus one; 0 is an empty slot.
    slots: Box<[usize; SLOTS]>,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self {
            slots: Box::new([0; SLOTS]),
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(0);
    }

    /// Whether `len` bytes (at least one) at `address` can be read.
    #[inline]
    fn readable(&mut self, address: usize, len: usize) -> bool {
        let Some(last) = address.checked_add(len - 1) else {
            return false;
        };
        let (first, last) = (address / UNIT, last / UNIT);
        self.page(first) && (first == last || (first + 1..=last).all(|page| self.page(page)))
    }

    #[inline]
    fn page(&mut self, page: usize) -> bool {
        self.slots[page % SLOTS] == page + 1 || self.verify(page)
    }

    #[cold]
    fn verify(&mut self, page: usize) -> bool {
        let readable = memory::read(page * UNIT, &mut [0]);
        if readable {
            self.slots[page % SLOTS] = page + 1;
        }
        readable
    }
}

impl Reader for Pages {
    #[inline]
    fn numbers(&mut self, address: usize, into: &mut [isize]) -> bool {
        let bytes = size_of_val(into);
        if bytes == 0 || !self.readable(address, bytes) {
            return false;
        }
        // SAFETY: the bytes lie on pages that could be read when they were verified, and no code of the exporter
        // has run since (see above); `into` has room for them, and any bytes are numbers.
        unsafe { ptr::copy_nonoverlapping(address as *const u8, into.as_mut_ptr().cast(), bytes) };
        true
    }

    #[inline]
    fn holds_numbers(&mut self, address: usize, numbers: &[isize]) -> bool {
        let bytes = size_of_val(numbers);
        bytes > 0
            && self.readable(address, bytes)
            && numbers.iter().enumerate().all(|(at, number)| {
                // SAFETY: as in `numbers`.
                (unsafe { (address as *const isize).add(at).read_unaligned() }) == *number
            })
    }

    #[inline]
    fn holds_text(&mut self, address: usize, text: &[u8]) -> bool {
        // SAFETY: as in `numbers`.
        let byte = |at: usize| unsafe { (address as *const u8).add(at).read() };
        self.readable(address, text.len() + 1)
            && text.iter().enumerate().all(|(at, known)| byte(at) == *known)
            && byte(text.len()) == 0
    }

    #[inline]
    fn text(&mut self, address: usize, into: &mut Vec<u8>) -> Ending {
        into.clear();
        if !self.readable(address, 1) {
            return Ending::Unreadable;
        }
        for nth in 0..FORMAT_BOUND {
            let Some(at) = address.checked_add(nth) else { break };
            if at % UNIT == 0 && !self.readable(at, 1) {
                break;
            }
            // SAFETY: as in `numbers`: the page of the first byte is verified above, each later one as it begins.
            match unsafe { (at as *const u8).read() } {
                0 => return Ending::Terminated,
                byte => into.push(byte),
            }
        }
        Ending::Unterminated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_verified_to_the_last_byte() {
        let mut pages = Pages::new();
        let owned = vec![1u8; 3 * UNIT];
        assert!(pages.readable(owned.as_ptr() as usize, owned.len()));
        assert!(!pages.readable(8, 1));
        assert!(!pages.readable(usize::MAX, 2));
    }

    #[test]
    fn numbers_are_copied_from_where_they_can_be_read() {
        let (mut pages, source, mut into) = (Pages::new(), [3isize, 4, 5], [0; 2]);
        assert!(pages.numbers(source.as_ptr() as usize, &mut into));
        assert_eq!(into, [3, 4]);
        assert!(!pages.numbers(8, &mut into) && !pages.numbers(usize::MAX - 3, &mut into));
    }
}
