//! Blocks of Python's debugging allocator (`PYTHONMALLOC=debug`).
//!
//! Knows the seals around such a block. Must never know where its memory comes from.
//!
//! In front of the bytes that were asked for stand their number, most significant byte first, a letter for the family
//! of functions, and seven bytes 0xFD; behind them stand eight bytes 0xFD. All of it is overwritten when the block is
//! freed, so that nothing that was once a block passes for one.

use bufcheck_model::scenario::{Allocator, Block};
use bufcheck_protocol::layout::Memory as _;

use crate::look::memory::OwnMemory;

/// Bytes in front of a block.
pub(super) const HEAD: u64 = 16;

/// Bytes behind it.
pub(super) const TAIL: u64 = 8;

/// What the seals are made of.
const SEAL: u8 = 0xfd;

/// The families of functions: raw, memory, object.
const FAMILIES: &[u8] = b"rmo";

/// Bytes in front of an address in which a head is looked for: no small block is longer.
const REACH: u64 = 512;

/// Heads and blocks lie at multiples of this.
const STEP: u64 = 16;

/// The sealed block around an address that lies in its first bytes, or in a small one.
pub(super) fn around(address: u64) -> Option<Block> {
    let top = address & !(STEP - 1);
    (0..=REACH / STEP)
        .map_while(|step| top.checked_sub(step * STEP))
        .find_map(headed)
        .filter(|block| is_closed(block) && block.start - HEAD <= address)
        .filter(|block| address < block.start + block.len + TAIL)
}

/// The block whose head lies at this address, if one does.
pub(super) fn headed(head: u64) -> Option<Block> {
    let mut bytes = [0; 16];
    OwnMemory.read(head, &mut bytes).ok()?;
    let (number, seal) = bytes.split_at(8);
    if !FAMILIES.contains(&seal[0]) || seal[1..].iter().any(|byte| *byte != SEAL) {
        return None;
    }
    let len = u64::from_be_bytes(number.try_into().ok()?);
    let start = head + HEAD;
    start.checked_add(len)?.checked_add(TAIL)?;
    Some(Block {
        start,
        len,
        of: Allocator::Python,
        freed: false,
    })
}

/// Whether the seal behind a block is there.
fn is_closed(block: &Block) -> bool {
    let mut tail = [0; 8];
    OwnMemory.read(block.start + block.len, &mut tail).is_ok() && tail.iter().all(|byte| *byte == SEAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sealed block of `len` bytes in memory of ours, and the address of its head.
    fn sealed(len: u8) -> (Vec<u128>, u64) {
        let mut memory = vec![0u128; 64];
        let head = memory.as_mut_ptr().cast::<u8>();
        let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, len, b'r'];
        bytes.extend([SEAL; 7]);
        bytes.extend(vec![1; usize::from(len)]);
        bytes.extend([SEAL; 8]);
        // SAFETY: the vector holds 1024 bytes, the block at most 287.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), head, bytes.len()) };
        (memory, head as u64)
    }

    #[test]
    fn a_block_is_known_to_the_byte() {
        let (_memory, head) = sealed(40);
        for inside in [head, head + 16, head + 17, head + 55, head + 63] {
            let block = around(inside).map(|block| (block.start, block.len));
            assert_eq!(block, Some((head + 16, 40)), "{}", inside - head);
        }
        assert_eq!(around(head + 64), None, "behind the seal");
        assert_eq!(around(head + 200), None, "far behind it");
    }

    #[test]
    fn a_broken_seal_is_no_proof() {
        let (mut memory, head) = sealed(40);
        // SAFETY: this byte of the vector is the first of the seal behind the block.
        unsafe { *memory.as_mut_ptr().cast::<u8>().add(56) = 0 };
        assert_eq!(around(head + 16), None);
        assert_eq!(headed(head).map(|block| is_closed(&block)), Some(false));
    }
}
