//! The main heap of the GNU C library: one chain of chunks.
//!
//! Knows how a chunk is headed, and when the chain is in order. Must never know who asks.
//!
//! A chunk begins with two words: the size of the one before it, which counts only while that one is free (else it is
//! the last word of that one's memory), and its own size, with three flags in the low bits. Sizes are multiples of 16.
//! Everything between the first address of the heap and its end belongs to one chunk or another; the last is what was
//! never given out.

use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::OnceLock;

use bufcheck_model::scenario::{Allocator, Block};
use bufcheck_protocol::layout::Memory as _;

use crate::look::heap::sealed;
use crate::look::memory::OwnMemory;

/// Bytes of the two words in front of the memory of a chunk.
const HEAD: u64 = 16;

/// Bytes of a word.
const WORD: u64 = 8;

/// The smallest chunk.
const SMALLEST: u64 = 32;

/// Low bits of a size: the chunk before this one is in use; this one was mapped by itself; it belongs to the heap of a
/// thread. The latter two are never set in the main heap.
const BEFORE_IN_USE: u64 = 1;
const FOREIGN: u64 = 2 | 4;

/// Bytes that are read at once. They lie on the stack: what is looked at must not change by being looked at.
const WINDOW: usize = 1 << 14;

/// A place of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chunk {
    at: u64,
    size: u64,
    before_in_use: bool,
}

impl Chunk {
    /// Where its memory begins.
    fn memory(self) -> u64 {
        self.at + HEAD
    }

    /// Bytes that its owner may use: up to the size word of the next one.
    fn usable(self) -> u64 {
        self.size - WORD
    }

    fn block(self, freed: bool) -> Block {
        Block {
            start: self.memory(),
            len: self.usable(),
            of: Allocator::C,
            freed,
        }
    }
}

/// How a walk along the chain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walked {
    /// It led to the end of the heap.
    Whole,
    /// Nobody wanted to go on.
    Enough,
    /// A size stands there that cannot be one, or nothing can be read.
    Broken,
}

/// The block that an address lies in.
pub(super) fn block_of(address: u64) -> Option<Block> {
    let (start, end) = bounds()?;
    if !(start..end).contains(&address) {
        return None;
    }
    let mut found: Option<(Chunk, Option<Chunk>)> = None;
    let walked = walk(start, end, |chunk| {
        if let Some((_, next)) = &mut found {
            *next = Some(chunk);
            return Break(());
        }
        if (chunk.memory()..chunk.memory() + chunk.size).contains(&address) {
            found = Some((chunk, None));
        }
        Continue(())
    });
    let (chunk, next) = found?;
    let freed = match (walked, next) {
        (Walked::Enough, Some(next)) => !next.before_in_use,
        // The last one was never given out.
        (Walked::Whole, None) => true,
        _ => return None,
    };
    if address >= chunk.memory() + chunk.usable() {
        return None;
    }
    let sealed = sealed::headed(chunk.memory()).filter(|block| fits(*block, chunk));
    Some(sealed.filter(|_| !freed).unwrap_or_else(|| chunk.block(freed)))
}

/// Whether a sealed block and its seals fill a chunk as the C library cuts it.
fn fits(block: Block, chunk: Chunk) -> bool {
    block
        .len
        .checked_add(sealed::HEAD + sealed::TAIL)
        .and_then(|asked| chunk.usable().checked_sub(asked))
        .is_some_and(|spare| spare < SMALLEST + HEAD)
}

/// Follows the chain from its first chunk.
fn walk(start: u64, end: u64, mut visit: impl FnMut(Chunk) -> ControlFlow<()>) -> Walked {
    let mut window = Window::new(end);
    let mut before: Option<Chunk> = None;
    let mut at = start;
    while at < end {
        let Some([size_before, size]) = window.words(at) else {
            return Walked::Broken;
        };
        let chunk = Chunk {
            at,
            size: size & !(FOREIGN | BEFORE_IN_USE),
            before_in_use: size & BEFORE_IN_USE != 0,
        };
        let whole = size & FOREIGN == 0
            && chunk.size >= SMALLEST
            && chunk.size.is_multiple_of(HEAD)
            && chunk.size <= end - at
            && (chunk.before_in_use || before.is_some_and(|before| before.size == size_before));
        if !whole {
            return Walked::Broken;
        }
        if visit(chunk).is_break() {
            return Walked::Enough;
        }
        before = Some(chunk);
        at += chunk.size;
    }
    Walked::Whole
}

/// A part of the heap, copied.
struct Window {
    bytes: [u8; WINDOW],
    from: u64,
    filled: usize,
    end: u64,
}

impl Window {
    fn new(end: u64) -> Self {
        Self {
            bytes: [0; WINDOW],
            from: 0,
            filled: 0,
            end,
        }
    }

    /// The bytes at an address, if they were copied.
    fn copied(&self, at: u64, length: usize) -> Option<&[u8]> {
        let place = usize::try_from(at.checked_sub(self.from)?).ok()?;
        self.bytes[..self.filled].get(place..place.checked_add(length)?)
    }

    /// The two words at an address; the window moves there if it must.
    fn words(&mut self, at: u64) -> Option<[u64; 2]> {
        if at + HEAD > self.end {
            return None;
        }
        if self.copied(at, 16).is_none() {
            let length = usize::try_from(self.end - at).unwrap_or(WINDOW).min(WINDOW);
            OwnMemory.read(at, &mut self.bytes[..length]).ok()?;
            (self.from, self.filled) = (at, length);
        }
        let (one, other) = self.copied(at, 16)?.split_at(8);
        Some([
            u64::from_ne_bytes(one.try_into().ok()?),
            u64::from_ne_bytes(other.try_into().ok()?),
        ])
    }
}

/// Finds out once what [`block_of`] needs to know, so that it takes no memory for that itself.
pub(crate) fn prepare() {
    let _ = bounds();
}

/// The first address of the heap and the one behind its last.
fn bounds() -> Option<(u64, u64)> {
    static START: OnceLock<Option<u64>> = OnceLock::new();
    let start = (*START.get_or_init(find_start))?;
    // SAFETY: moved by nothing, the break is only told.
    let end = unsafe { libc::sbrk(0) } as u64;
    (start < end && end != u64::MAX).then_some((start, end))
}

/// Where the kernel says that the heap of this process begins.
fn find_start() -> Option<u64> {
    /// Its place behind the name, which may hold blanks and ends with the last parenthesis.
    const START_BRK: usize = 44;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let start: u64 = fields.split_whitespace().nth(START_BRK)?.parse().ok()?;
    (start != 0).then(|| start.next_multiple_of(HEAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of chunks of these sizes, each in use, in memory of ours; the last is what was never given out.
    fn chain(sizes: &[u64]) -> (Vec<u128>, u64, u64) {
        let total: u64 = sizes.iter().sum();
        let mut memory = vec![0u128; usize::try_from(total / 16).unwrap_or(0)];
        let start = memory.as_mut_ptr() as u64;
        let mut at = 0;
        for size in sizes {
            set(&mut memory, at + WORD, size | BEFORE_IN_USE);
            at += size;
        }
        (memory, start, start + total)
    }

    fn set(memory: &mut [u128], offset: u64, word: u64) {
        let offset = usize::try_from(offset).expect("a place");
        let mut bytes = memory[offset / 16].to_ne_bytes();
        bytes[offset % 16..offset % 16 + 8].copy_from_slice(&word.to_ne_bytes());
        memory[offset / 16] = u128::from_ne_bytes(bytes);
    }

    fn steps(start: u64, end: u64) -> (Vec<(u64, u64)>, Walked) {
        let mut seen = Vec::new();
        let walked = walk(start, end, |chunk| {
            seen.push((chunk.at - start, chunk.size));
            Continue(())
        });
        (seen, walked)
    }

    #[test]
    fn a_chain_in_order_leads_to_its_end() {
        let (_memory, start, end) = chain(&[32, 80, 160, 4096]);
        assert_eq!(
            steps(start, end),
            (vec![(0, 32), (32, 80), (112, 160), (272, 4096)], Walked::Whole)
        );
    }

    #[test]
    fn a_size_that_cannot_be_one_breaks_it() {
        for wrong in [0, 0x11, 0x29, 0xa2, 0xa5, 1 << 40, u64::MAX, 0xa0] {
            let (mut memory, start, end) = chain(&[32, 80, 160, 4096]);
            set(&mut memory, 112 + WORD, wrong);
            let (seen, walked) = steps(start, end);
            assert_eq!(seen.len(), 2, "{wrong:#x}");
            assert_eq!(walked, Walked::Broken, "{wrong:#x}");
        }
    }

    #[test]
    fn a_free_chunk_is_as_large_as_the_next_one_says() {
        let (mut memory, start, end) = chain(&[32, 80, 160, 4096]);
        set(&mut memory, 112, 80);
        set(&mut memory, 112 + WORD, 160);
        assert_eq!(steps(start, end).1, Walked::Whole);
        set(&mut memory, 112, 96);
        assert_eq!(steps(start, end).1, Walked::Broken);
    }

    #[test]
    fn blocks_of_the_c_library_are_found_to_the_byte() {
        // SAFETY: the block is ours, of 100 bytes, and freed at the end.
        let block = unsafe { libc::malloc(100) };
        let start = block as u64;
        // Threads of the test runner have heaps of their own, where nothing is known.
        for offset in [0, 1, 99, 103] {
            if let Some(found) = block_of(start + offset) {
                assert_eq!((found.start, found.len, found.freed), (start, 104, false));
            }
        }
        // SAFETY: allocated above, and not freed yet.
        unsafe { libc::free(block) };
    }
}
