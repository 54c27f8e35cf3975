//! Large blocks of the GNU C library, each on pages of its own.
//!
//! Knows their heads, and that the C library counts them. Must never know the chain of the main heap.
//!
//! Such a block begins at a page with two words: 0, and its size in bytes with the flag 2. Data may look like that, so
//! a head counts only if the heads found on all pages that belong to no file come to the number of blocks, and the sum
//! of bytes, that the C library itself tells.

use bufcheck_model::scenario::{Allocator, Block};

use crate::look::memory::{Piece, gather};

const PAGE: u64 = 4096;
const HEAD: u64 = 16;
const MAPPED: u64 = 2;

/// Pages that are looked at; more would take too long.
const PAGES: u64 = 1 << 16;

/// What was found on pages that belong to no file.
#[derive(Default)]
struct Found {
    blocks: usize,
    bytes: u64,
    /// The block that the address lies in.
    around: Option<Block>,
}

/// The block that an address lies in, where the C library counts so many blocks, and bytes of them.
pub(super) fn block_of(address: u64, sums: (usize, u64)) -> Option<Block> {
    if sums.0 == 0 {
        return None;
    }
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let mappings: Vec<(u64, u64)> = maps.lines().filter_map(anonymous).collect();
    let own = mappings
        .iter()
        .find(|(from, to)| (*from..*to).contains(&address))?;
    // Most often there is nothing, and no need to look at all the others.
    look_through(&[*own], address)?.around?;
    let all = look_through(&mappings, address)?;
    all.around.filter(|_| (all.blocks, all.bytes) == sums)
}

fn look_through(mappings: &[(u64, u64)], address: u64) -> Option<Found> {
    let mut pages = PAGES;
    let mut found = Found::default();
    let mut heads = Heads::new();
    for (from, to) in mappings {
        let mut at = *from;
        while at < *to {
            pages = pages.checked_sub(1)?;
            let Some(size) = heads.at(at, *to) else {
                at += PAGE;
                continue;
            };
            found.blocks += 1;
            found.bytes += size;
            if (at + HEAD..at + size).contains(&address) {
                found.around = Some(Block {
                    start: at + HEAD,
                    len: size - HEAD,
                    of: Allocator::C,
                    freed: false,
                });
            }
            at += size;
        }
    }
    Some(found)
}

/// Heads that are read at once.
const BATCH: usize = 256;

/// What stands at the beginning of pages, some of it copied ahead. It lies on the stack: what is looked at must not
/// change by being looked at.
struct Heads {
    copied: [[u64; 2]; BATCH],
    from: u64,
    count: usize,
}

impl Heads {
    fn new() -> Self {
        Self {
            copied: [[0; 2]; BATCH],
            from: 0,
            count: 0,
        }
    }

    /// The size of the block that has its head at this page of a mapping, which ends at `to`.
    fn at(&mut self, at: u64, to: u64) -> Option<u64> {
        let [before, size] = self.words(at, to)?;
        let bytes = size & !7;
        let whole = before == 0 && size & 7 == MAPPED && bytes > 0 && bytes % PAGE == 0;
        (whole && bytes <= to - at).then_some(bytes)
    }

    /// The first two words of a page; `None` where they cannot be read.
    fn words(&mut self, at: u64, to: u64) -> Option<[u64; 2]> {
        let ahead = at.checked_sub(self.from).map(|bytes| bytes / PAGE);
        let known = ahead.and_then(|ahead| usize::try_from(ahead).ok());
        match known.filter(|known| *known < self.count) {
            Some(known) => Some(self.copied[known]),
            None => self.fill(at, to),
        }
    }

    /// Copies the words of this page and of those behind it, as far as they can be read.
    fn fill(&mut self, at: u64, to: u64) -> Option<[u64; 2]> {
        let pages = usize::try_from((to - at).div_ceil(PAGE))
            .unwrap_or(BATCH)
            .min(BATCH);
        let mut pieces = [Piece { address: 0, len: 0 }; BATCH];
        for (nth, piece) in pieces[..pages].iter_mut().enumerate() {
            let address = usize::try_from(at + nth as u64 * PAGE).ok()?;
            *piece = Piece { address, len: 16 };
        }
        let mut bytes = [0; BATCH * 16];
        self.from = at;
        self.count = gather(&pieces[..pages], &mut bytes[..pages * 16]);
        let (words, _) = bytes.as_chunks::<8>();
        let (heads, _) = words.as_chunks::<2>();
        for (copied, head) in self.copied.iter_mut().zip(&heads[..self.count]) {
            *copied = head.map(u64::from_ne_bytes);
        }
        self.copied[..self.count].first().copied()
    }
}

/// The range of a mapping that can be read and written and belongs to no file.
fn anonymous(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let private = fields.next()?.starts_with("rw-p");
    // Offset, device and number of the file; then its name.
    let file = fields.nth(2)?;
    let unnamed = fields.next().is_none_or(|name| name.starts_with("[anon"));
    (private && file == "0" && unnamed).then_some(())?;
    Some((
        u64::from_str_radix(from, 16).ok()?,
        u64::from_str_radix(to, 16).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_without_a_file_are_told_from_others() {
        let plain = "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 ";
        assert_eq!(anonymous(plain), Some((0x7f00_0000_0000, 0x7f00_0002_1000)));
        for other in [
            "7f0000000000-7f0000021000 r--p 00000000 00:00 0 ",
            "7f0000000000-7f0000021000 rw-s 00000000 00:01 77 /dev/zero (deleted)",
            "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 [heap]",
            "nonsense",
        ] {
            assert_eq!(anonymous(other), None, "{other}");
        }
    }

    #[test]
    fn a_large_block_is_found_from_any_byte_of_it() {
        // Sixteen pages that begin like a block of four, as mapped blocks do.
        let pages = usize::try_from(16 * PAGE).unwrap_or(0);
        let own = vec![0u128; pages / 8];
        let from = (own.as_ptr() as u64).next_multiple_of(PAGE);
        let second = from + PAGE + 8;
        // SAFETY: the vector holds twice as many bytes as are used behind its first whole page.
        unsafe { (second as *mut u64).write((4 * PAGE) | MAPPED) };
        for offset in [PAGE + HEAD, 2 * PAGE, 5 * PAGE - 1] {
            let found = look_through(&[(from, from + 16 * PAGE)], from + offset).unwrap_or_default();
            assert_eq!((found.blocks, found.bytes), (1, 4 * PAGE));
            let block = found.around.map(|block| (block.start, block.len));
            assert_eq!(block, Some((from + PAGE + HEAD, 4 * PAGE - HEAD)), "{offset}");
        }
        assert!(
            look_through(&[(from, from + 16 * PAGE)], from + 6 * PAGE)
                .is_some_and(|found| found.around.is_none())
        );
    }

    #[test]
    fn heads_are_read_ahead_and_what_cannot_be_read_is_none() {
        if crate::look::memory::page_size() as u64 != PAGE {
            return;
        }
        let pages = crate::look::test_pages::Pages::new(3);
        let (start, end) = (pages.start as u64, pages.start as u64 + 3 * PAGE);
        for page in 0..3u64 {
            // SAFETY: a word of our own pages.
            unsafe { ((start + page * PAGE + 8) as *mut u64).write(((page + 1) * PAGE) | MAPPED) };
        }
        let sizes = |order: [u64; 3]| order.map(|page| Heads::new().at(start + page * PAGE, end));
        assert_eq!(
            sizes([0, 1, 2]),
            [Some(PAGE), Some(2 * PAGE), None],
            "the third is too long"
        );
        let mut heads = Heads::new();
        pages.protect(1, rustix::mm::MprotectFlags::empty());
        let read = [0, 1, 2, 0].map(|page: u64| heads.words(start + page * PAGE, end).is_some());
        assert_eq!(read, [true, false, true, true]);
    }
}
