//! The block of an allocator that an address lies in.
//!
//! Knows how two allocators lay their blocks out: the C library's on Linux (its main heap, block behind block), and
//! `CPython`'s own when it runs with `PYTHONMALLOC=debug` (a header before each block, a trailer behind it). Must never
//! guess: what does not look exactly as it must is unknown.
//!
//! Source: glibc `malloc/malloc.c`, "Chunk Details"; `CPython` `Objects/obmalloc.c`, "A debug malloc".

use std::ops::Range;

use bufcheck_protocol::layout::Memory as _;

use super::memory::OwnMemory;

/// Where a block lies: the addresses of the bytes that were handed out, or of a few more: an allocator rounds up.
pub(crate) type Block = Range<u64>;

/// Bytes of a header and of a trailer of `CPython`'s debug allocator.
const HEADER: usize = 16;
const TRAILER: usize = 8;

/// What `CPython` puts around blocks.
const FORBIDDEN: u8 = 0xfd;

/// The largest block that `CPython` takes from its own arenas, in bytes, marks included.
const SMALL: u64 = 512;

/// The block around an address, where that is known.
pub(crate) fn block_of(address: u64) -> Option<Block> {
    let chunk = chunks().and_then(|heap| heap.find(address).ok().flatten());
    match chunk {
        Some(chunk) => debug_block(chunk.start, address).or(Some(chunk)),
        None => small_block(address),
    }
}

/// The block whose header stands at `header`, if it holds the address.
fn debug_block(header: u64, address: u64) -> Option<Block> {
    let mut marks = [0; HEADER];
    OwnMemory.read(header, &mut marks).ok()?;
    let (size, rest) = marks.split_first_chunk::<8>()?;
    let size = u64::from_be_bytes(*size);
    let known = b"rmo".contains(&rest[0]) && rest[1..].iter().all(|byte| *byte == FORBIDDEN);
    let start = header + HEADER as u64;
    let end = start.checked_add(size)?;
    if !known || !(start..end).contains(&address) {
        return None;
    }
    let mut trailer = [0; TRAILER];
    OwnMemory.read(end, &mut trailer).ok()?;
    trailer
        .iter()
        .all(|byte| *byte == FORBIDDEN)
        .then_some(start..end)
}

/// A block of `CPython`'s arenas: its header stands at most a small block before the address.
fn small_block(address: u64) -> Option<Block> {
    let nearest = address.checked_sub(HEADER as u64)? & !15;
    (0..=SMALL / 16)
        .filter_map(|step| nearest.checked_sub(16 * step))
        .find_map(|header| debug_block(header, address))
        .filter(|block| block.end - block.start <= SMALL)
}

/// The main heap of the C library, copied so that it can be walked.
struct Chunks {
    start: u64,
    words: Vec<u8>,
}

/// A block stands where none can.
struct Broken;

impl Chunks {
    /// The block around an address; an error where the blocks up to there, or all of them, do not follow each other.
    fn find(&self, address: u64) -> Result<Option<Range<u64>>, Broken> {
        /// Flags in the size word: the block before is in use; it was mapped by itself; it is of another arena.
        const FLAGS: u64 = 7;
        const MAPPED_OR_FOREIGN: u64 = 6;
        let end = self.words.len() as u64;
        let mut at = 0;
        while at < end {
            let word = usize::try_from(at + 8)
                .ok()
                .and_then(|at| self.words.get(at..at + 8));
            let Some(word) = word.and_then(|word| word.try_into().ok()) else {
                return Err(Broken);
            };
            let word = u64::from_le_bytes(word);
            let size = word & !FLAGS;
            if size < 32 || !size.is_multiple_of(16) || word & MAPPED_OR_FOREIGN != 0 || size > end - at {
                return Err(Broken);
            }
            // The last word of a block in use is the first of the next header; the last of all has none behind it.
            let behind = if size == end - at { 0 } else { 8 };
            let block = self.start + at + 16..self.start + at + size + behind;
            if block.contains(&address) {
                return Ok((behind > 0).then_some(block));
            }
            at += size;
        }
        Ok(None)
    }
}

/// The heap as it stands; `None` where the C library is another one, or the heap is not where it would be.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
fn chunks() -> Option<Chunks> {
    /// Larger heaps are not walked.
    const LARGEST: u64 = 256 << 20;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with("[heap]"))?;
    let (from, rest) = line.split_once('-')?;
    let start = u64::from_str_radix(from, 16).ok()?;
    let end = u64::from_str_radix(rest.split_once(' ')?.0, 16).ok()?;
    let size = end.checked_sub(start).filter(|size| *size <= LARGEST)?;
    let mut words = vec![0; usize::try_from(size).ok()?];
    OwnMemory.read(start, &mut words).ok()?;
    Some(Chunks { start, words })
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")))]
fn chunks() -> Option<Chunks> {
    None
}

/// What is not checked here, in words.
pub(crate) const UNCHECKED: &[&str] = if cfg!(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64"
)) {
    &[]
} else {
    &["whether items lie within their block of the C heap"]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn words(numbers: &[u64]) -> Chunks {
        Chunks {
            start: 0x1000,
            words: numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        }
    }

    #[test]
    fn a_block_of_the_c_heap_is_found_by_any_byte_of_it() {
        let boxed = vec![7u8; 1000];
        let start = boxed.as_ptr() as u64;
        let first = block_of(start);
        let last = block_of(start + 999);
        // A test thread may have an arena of its own, which is not walked.
        if let Some(block) = first {
            assert!(block.start <= start && block.end >= start + 1000, "{block:?}");
            assert!(block.end < start + 1032, "{block:?}");
            assert_eq!(last, Some(block));
        }
    }

    #[test]
    fn blocks_follow_each_other_or_nothing_is_said() {
        let heap = words(&[0, 0x21, 0, 0, 0, 0x31, 0, 0, 0, 0, 0, 0x21, 0, 0]);
        assert_eq!(heap.find(0x1010).ok().flatten(), Some(0x1010..0x1028));
        assert_eq!(heap.find(0x1050).ok().flatten(), Some(0x1030..0x1058));
        assert_eq!(
            heap.find(0x1060).ok().flatten(),
            None,
            "nothing is known of the last block"
        );
        assert!(heap.find(u64::MAX).is_ok());
        for size in [0, 0x11, 0x29, 0x33, 0x1001] {
            let heap = words(&[0, 0x21, 0, 0, 0, size, 0, 0, 0, 0, 0, 0x21, 0, 0]);
            assert!(heap.find(u64::MAX).is_err(), "{size:#x}");
        }
    }

    #[test]
    fn a_block_with_marks_is_as_large_as_its_header_says() {
        #[repr(align(16))]
        struct Marked([u8; 48]);
        let mut marked = Marked([0; 48]);
        marked.0[..8].copy_from_slice(&20u64.to_be_bytes());
        marked.0[8] = b'o';
        marked.0[9..16].fill(FORBIDDEN);
        marked.0[36..44].fill(FORBIDDEN);
        let start = marked.0.as_ptr() as u64;
        assert_eq!(debug_block(start, start + 20), Some(start + 16..start + 36));
        assert_eq!(debug_block(start, start + 36), None, "behind it");
        marked.0[36] = 1;
        std::hint::black_box(&marked);
        assert_eq!(debug_block(start, start + 20), None);
    }
}
