//! The end of a trace: the views that are still held, and those of which nothing is left.
//!
//! Knows where the process can keep a struct: every page that can be written. Must never call a view lost while its
//! struct, or a copy of it, is still somewhere: who has it may still give it back, or keep it on purpose.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;

use bufcheck_model::trace::{Ended, Event, Happened, Record};

use super::live::{Entry, Live, alike};
use super::state;
use crate::look::memory::read;
use pyo3::ffi::Py_buffer;

/// Bytes of memory that are searched.
const MOST_MEMORY: usize = 16 << 30;

/// Views that are searched for.
const MOST_VIEWS: usize = 1 << 14;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// What is searched for is kept in this disguise, so that it is not found where it is kept.
const DISGUISE: usize = 0x5bd1_e995_9bd1_e995;

/// Bytes of the stack below this frame that are overwritten: calls that have returned left structs there.
const DEAD_STACK: usize = 128 << 10;

/// Overwrites what calls that have returned left on the stack.
#[inline(never)]
#[allow(
    clippy::large_stack_arrays,
    reason = "the stack itself is what is overwritten"
)]
fn clear_dead_stack() {
    std::hint::black_box([0u8; DEAD_STACK]);
}

/// Looks for what is left, writes it down, and ends.
pub fn finish() {
    clear_dead_stack();
    super::state::ON.store(false, std::sync::atomic::Ordering::Relaxed);
    state::with(|state| {
        let (ended, lost) = look(&state.live);
        for ((site, owner_releases), views) in lost {
            state.write(&Record::Event(Box::new(Event {
                site,
                what: Happened::Lost { views },
                owner_releases,
                by: None,
                place: None,
            })));
        }
        state.write(&Record::Ended(ended));
    });
    state::end();
}

/// Views by site, and whether the type of their owner releases.
type Lost = BTreeMap<(u32, bool), u64>;

fn look(live: &Live) -> (Ended, Lost) {
    let held = live.entries().count() as u64;
    let candidates: Vec<&Entry> = live
        .entries()
        .filter(|entry| !stands(entry))
        .take(MOST_VIEWS)
        .collect();
    let mut ended = Ended {
        held,
        ..Ended::default()
    };
    let mut lost = Lost::new();
    if candidates.is_empty() {
        return (ended, lost);
    }
    match search(&candidates, &live.extent()) {
        Ok(found) => {
            for (entry, found) in candidates.iter().zip(found) {
                if !found {
                    *lost.entry((entry.site, entry.owner_releases)).or_default() += 1;
                    ended.lost += 1;
                }
            }
            ended.held = held - ended.lost;
        }
        Err(why) => ended.not_searched = Some(why),
    }
    (ended, lost)
}

/// Whether the struct is still at its address, as it was.
fn stands(entry: &Entry) -> bool {
    let mut bytes = [0u8; size_of::<Py_buffer>()];
    if entry.displaced || !read(entry.address, &mut bytes) {
        return false;
    }
    // SAFETY: as many bytes as a struct, which is plain data.
    let now = unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast::<Py_buffer>()) };
    alike(&now, &entry.granted)
}

/// For each of these views, whether its `buf` and `obj` stand side by side anywhere.
fn search(views: &[&Entry], except: &Range<usize>) -> Result<Vec<bool>, String> {
    let maps = fs::read_to_string("/proc/self/maps").map_err(|_| "the map of the process cannot be read")?;
    let regions: Vec<Range<usize>> = maps.lines().filter_map(written).collect();
    let whole: usize = regions.iter().map(Range::len).sum();
    if whole > MOST_MEMORY {
        return Err(format!(
            "the process has {} GiB of memory that can be written",
            whole >> 30
        ));
    }
    let mut found = vec![false; views.len()];
    let mut by_owner: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, view) in views.iter().enumerate() {
        by_owner
            .entry(view.granted.obj as usize ^ DISGUISE)
            .or_default()
            .push(number);
    }
    let mut bytes = vec![0u8; CHUNK];
    for region in regions.iter().flat_map(|region| without(region, except)) {
        let mut at = region.start;
        while at < region.end {
            let length = CHUNK.min(region.end - at);
            if read(at, &mut bytes[..length]) {
                pairs(&bytes[..length], |buf, obj| {
                    for number in by_owner.get(&(obj ^ DISGUISE)).into_iter().flatten() {
                        found[*number] |= views[*number].granted.buf as usize == buf;
                    }
                });
            }
            // One word more, for a pair on either side of the border.
            at += if at + length < region.end {
                length - 8
            } else {
                length
            };
        }
    }
    Ok(found)
}

/// Every two words side by side.
fn pairs(bytes: &[u8], mut each: impl FnMut(usize, usize)) {
    let mut words = bytes
        .chunks_exact(8)
        .map(|word| usize::from_ne_bytes(word.try_into().unwrap_or_default()));
    let Some(mut last) = words.next() else {
        return;
    };
    for word in words {
        if word > 4096 {
            each(last, word);
        }
        last = word;
    }
}

/// The region of a line of the map, if it can be read and written.
fn written(line: &str) -> Option<Range<usize>> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some(number(start)?..number(end)?)
}

/// A region without the part that belongs to the table of views.
fn without(region: &Range<usize>, except: &Range<usize>) -> [Range<usize>; 2] {
    let before = region.start..region.end.min(except.start.max(region.start));
    let behind = region.start.max(except.end.min(region.end))..region.end;
    if except.end <= region.start || except.start >= region.end {
        [region.clone(), 0..0]
    } else {
        [before, behind]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_cut_around_the_table() {
        let cut = |region: Range<usize>, except: Range<usize>| without(&region, &except);
        assert_eq!(cut(10..20, 30..40), [10..20, 0..0]);
        assert_eq!(cut(10..20, 12..15), [10..12, 15..20]);
        assert_eq!(cut(10..20, 5..15)[1], 15..20);
        assert!(cut(10..20, 5..15)[0].is_empty());
        assert!(cut(10..20, 10..20).iter().all(Range::is_empty));
    }

    #[test]
    fn lines_of_the_map_are_read() {
        assert_eq!(
            written("7f00-7f10 rw-p 00000000 00:00 0 [heap]"),
            Some(0x7f00..0x7f10)
        );
        assert_eq!(written("7f00-7f10 r-xp 00000000 00:00 0"), None);
        assert_eq!(written("nonsense"), None);
    }

    #[test]
    fn pairs_lie_side_by_side() {
        let bytes: Vec<u8> = [1usize, 5000, 6000, 7]
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        let mut seen = Vec::new();
        pairs(&bytes, |buf, obj| seen.push((buf, obj)));
        assert_eq!(seen, [(1, 5000), (5000, 6000)]);
    }
}
