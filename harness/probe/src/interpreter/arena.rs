//! Memory for the arguments of one call: flush against a page that nobody can reach, with canaries before it.
//!
//! Knows pages and their protection. Must never know what is put there.

use std::io;
use std::ptr;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect};

/// Bytes before the memory that are looked at afterwards.
const CANARIES: usize = 256;

/// The byte that a canary is; no case stores it there.
const CANARY: u8 = 0xc7;

/// Bytes that cannot be reached on either side.
const GUARD: usize = 64 << 10;

/// Room for one piece of memory at a time. It lives as long as the process.
pub(super) struct Arena {
    /// The first byte of what can be reached.
    start: *mut u8,
    /// Bytes that can be reached.
    room: usize,
    /// Bytes of the memory that is there now, at the end of the room.
    size: usize,
}

impl Arena {
    /// Maps room for `wanted` bytes.
    pub(super) fn new(wanted: usize) -> io::Result<Self> {
        let page = rustix::param::page_size();
        let guard = GUARD.next_multiple_of(page);
        let room = (wanted + CANARIES).next_multiple_of(page);
        let total = guard + room + guard;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a fresh mapping at an address that the kernel chooses touches no memory of ours; it is never unmapped.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), total, ProtFlags::empty(), flags) }?;
        let start = base.cast::<u8>().wrapping_add(guard);
        // SAFETY: the pages are part of the mapping of just now, and no reference of Rust leads into it.
        unsafe { mprotect(start.cast(), room, MprotectFlags::READ | MprotectFlags::WRITE) }?;
        let mut arena = Self { start, room, size: 0 };
        arena.put(&[]);
        Ok(arena)
    }

    /// Makes room for these bytes and puts them there: the address of the first.
    ///
    /// # Panics
    ///
    /// If they are more than the room was made for.
    pub(super) fn put(&mut self, bytes: &[u8]) -> *mut u8 {
        assert!(
            bytes.len() + CANARIES <= self.room,
            "more bytes than there is room for"
        );
        self.size = bytes.len();
        let at = self.at();
        // SAFETY: both ranges lie within the reachable part of the mapping, which is ours alone.
        unsafe {
            ptr::write_bytes(at.wrapping_sub(CANARIES), CANARY, CANARIES);
            ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
        }
        at
    }

    /// The address of the memory that is there.
    pub(super) fn at(&self) -> *mut u8 {
        self.start.wrapping_add(self.room - self.size)
    }

    /// The bytes of the memory as they are now.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.size];
        // SAFETY: the memory is as long, lies in the reachable part, and nobody writes meanwhile.
        unsafe { ptr::copy_nonoverlapping(self.at(), bytes.as_mut_ptr(), bytes.len()) };
        bytes
    }

    /// Whether the canaries are what they were.
    pub(super) fn is_whole(&self) -> bool {
        let mut found = [0; CANARIES];
        // SAFETY: the canaries lie in the reachable part, before the memory.
        unsafe { ptr::copy_nonoverlapping(self.at().wrapping_sub(CANARIES), found.as_mut_ptr(), CANARIES) };
        found.iter().all(|byte| *byte == CANARY)
    }
}
