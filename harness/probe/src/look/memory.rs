//! Reading memory that an exporter claims, without trusting the claim.
//!
//! Knows how this platform copies bytes of the own process so that a bad address is an error and no crash.
//! Must never know what the bytes mean.
//!
//! Small things that are read after every request (`shape`, `strides`, `format`) are loaded directly once
//! their pages have been verified; [`Pages`] remembers them. A page that is unmapped *between* two requests of
//! one round can therefore still end the process: then the mark says so.

#[cfg(unix)]
#[path = "memory/pipe.rs"]
mod pipe;
#[cfg(target_os = "linux")]
#[path = "memory/linux.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "memory/fallback.rs"]
mod platform;

pub(crate) use platform::{UNCHECKED, stack_floor, writable};

use bufcheck_protocol::layout::Memory;

/// Bytes at an address cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not mapped for reading")]
pub struct NotReadable;

/// The memory of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnMemory;

impl Memory for OwnMemory {
    type Error = NotReadable;

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), NotReadable> {
        if into.is_empty() {
            return Ok(());
        }
        let address = usize::try_from(address).map_err(|_| NotReadable)?;
        if address.checked_add(into.len()).is_some() && platform::read(address, into) {
            Ok(())
        } else {
            Err(NotReadable)
        }
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, NotReadable> {
        let mut bytes = [0; size_of::<usize>()];
        self.read(address, &mut bytes)?;
        Ok(usize::from_ne_bytes(bytes) as u64)
    }
}

/// The unit that is verified at once: no platform has smaller pages.
const PAGE: usize = 4096;

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
    pub(crate) fn readable(&mut self, address: usize, len: usize) -> bool {
        let Some(last) = address.checked_add(len - 1) else {
            return false;
        };
        let (first, last) = (address / PAGE, last / PAGE);
        self.page(first) && (first == last || (first + 1..=last).all(|page| self.page(page)))
    }

    #[inline]
    fn page(&mut self, page: usize) -> bool {
        self.slots[page % SLOTS] == page + 1 || self.verify(page)
    }

    #[cold]
    fn verify(&mut self, page: usize) -> bool {
        let readable = platform::read(page * PAGE, &mut [0]);
        if readable {
            self.slots[page % SLOTS] = page + 1;
        }
        readable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_bytes_are_read_and_impossible_addresses_are_errors() {
        let source = *b"claimed";
        let mut into = [0; 7];
        assert_eq!(OwnMemory.read(source.as_ptr() as u64, &mut into), Ok(()));
        assert_eq!(into, source);
        for address in [0, 8, u64::MAX - 2] {
            assert_eq!(
                OwnMemory.read(address, &mut into),
                Err(NotReadable),
                "{address:#x}"
            );
        }
        assert_eq!(
            OwnMemory.read(8, &mut []),
            Ok(()),
            "nothing is read, so nothing can fail"
        );
    }

    #[test]
    fn pages_are_verified_to_the_last_byte() {
        let mut pages = Pages::new();
        let owned = vec![1u8; 3 * PAGE];
        assert!(pages.readable(owned.as_ptr() as usize, owned.len()));
        assert!(!pages.readable(8, 1));
        assert!(!pages.readable(usize::MAX, 2));
    }
}
