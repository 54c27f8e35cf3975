//! Which block of an allocator an address lies in, as the allocator's own books tell.
//!
//! Knows the books of Python's debugging allocator and of the GNU C library. Must never know what a view may touch.
//! Everything is read with the kernel's help, and nothing is changed: no allocator is replaced, so that what is under
//! test runs as it always does.
//!
//! An answer is exact or there is none. Python's debugging allocator writes the length in front of each block and
//! seals both of its ends. The C library's heap is one chain of blocks from its first byte to its last, each of which
//! tells the length of the next step: a block counts only if the chain leads to it from the first byte. Blocks of
//! other allocators, and those that threads take from heaps of their own, are unknown.

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    target_endian = "little"
))]
#[path = "heap/glibc.rs"]
mod library;
#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    target_endian = "little"
)))]
#[path = "heap/fallback.rs"]
mod library;
mod sealed;

use bufcheck_model::scenario::Block;

pub(crate) use library::{UNCHECKED, mallinfo, prepare};

/// The block that an address lies in; `None` where that cannot be told for certain.
pub(crate) fn block_of(address: u64) -> Option<Block> {
    sealed::around(address).or_else(|| library::block_of(address))
}
