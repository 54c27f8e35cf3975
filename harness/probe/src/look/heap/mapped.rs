//! Large blocks of the GNU C library, each on pages of its own.
//!
//! Knows their heads, and that the C library counts them. Must never know the chain of the main heap.
//!
//! Such a block begins at a page with two words: 0, and its size in bytes with the flag 2. Data may look like that, so
//! a head counts only if the heads found on all pages that belong to no file come to the number of blocks, and the sum
//! of bytes, that the C library itself tells.

use bufcheck_model::scenario::{Allocator, Block};
use bufcheck_protocol::layout::Memory as _;

use crate::look::memory::OwnMemory;

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
    for (from, to) in mappings {
        let mut at = *from;
        while at < *to {
            pages = pages.checked_sub(1)?;
            let Some(size) = head(at, *to) else {
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

/// The size of the block that has its head here.
fn head(at: u64, to: u64) -> Option<u64> {
    let mut bytes = [0; 16];
    OwnMemory.read(at, &mut bytes).ok()?;
    let (before, size) = bytes.split_at(8);
    let size = u64::from_ne_bytes(size.try_into().ok()?);
    let bytes = size & !7;
    let whole = before == [0; 8] && size & 7 == MAPPED && bytes > 0 && bytes % PAGE == 0;
    (whole && bytes <= to - at).then_some(bytes)
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
}
