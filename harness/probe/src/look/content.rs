//! The bytes that a view shows, gathered without trusting it, and whether all of its memory is there.
//!
//! Knows how a recorded view becomes a layout and a layout a content. Must never know formats or values.
//!
//! The content is read up to a budget. Of everything behind it one byte a page is touched, of each page on which an
//! item lies, and the ends always: all of it in one call to the kernel, as long as all of it can be read.

use std::cell::RefCell;

use bufcheck_model::observation::{Content, Unreadable, View, read_layout};
use bufcheck_protocol::layout::{Layout, Memory as _, WalkError};

use crate::look::extent::{behind_a_pointer, touches, untouchable};
use crate::look::memory::{OwnMemory, Piece, gather, page_size};

/// Bytes between two pieces of content that are rather read than left out.
const GAP: usize = 256;

/// Pieces of content that are gathered at once at most; content in more is walked item by item.
const MOST_PIECES: usize = 4096;

/// The layout of a view; `None` where the view makes no sense or cannot be read.
pub(crate) fn layout(view: &View) -> Option<Layout> {
    read_layout(view).ok()
}

/// Reads the content of a held view, at most `budget` bytes; `None` where it has no layout.
pub(crate) fn read(view: &View, budget: usize) -> Option<Content> {
    let layout = layout(view)?;
    Some(at_once(&layout, view.buf, budget).unwrap_or_else(|| one_by_one(&layout, view.buf, budget)))
}

// --- everything at once --------------------------------------------------------------------------------

/// The content, if it and all touched pages can be read; `None` where something speaks against it.
fn at_once(layout: &Layout, buf: u64, budget: usize) -> Option<Content> {
    if layout.needs_indirection() {
        return None;
    }
    let size = usize::try_from(layout.size()).unwrap_or(usize::MAX);
    let itemsize = usize::try_from(layout.itemsize()).ok()?.max(1);
    let wanted = budget.min(size) / itemsize * itemsize;
    SCRATCH.with_borrow_mut(|scratch| copied(layout, buf, wanted, size, scratch))
}

/// What one reading needs, kept for the next: to take new memory for it might take the very block that an exporter has
/// freed under a view, and hide what it was overwritten with.
#[derive(Default)]
struct Scratch {
    parts: Vec<Part>,
    pieces: Vec<Piece>,
    copied: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fn copied(layout: &Layout, buf: u64, wanted: usize, size: usize, scratch: &mut Scratch) -> Option<Content> {
    let Scratch {
        parts,
        pieces,
        copied,
    } = scratch;
    plan(layout, buf, wanted, parts, pieces)?;
    let content_pieces = pieces.len();
    if wanted < size {
        pieces.append(&mut touches(layout, buf)?);
    }
    copied.clear();
    copied.resize(pieces.iter().map(|piece| piece.len).sum(), 0);
    if gather(pieces, copied) < pieces.len() {
        return None;
    }
    let mut starts = Vec::with_capacity(content_pieces);
    let mut at = 0;
    for piece in &pieces[..content_pieces] {
        starts.push(at);
        at += piece.len;
    }
    let mut bytes = Vec::with_capacity(wanted);
    for run in parts {
        let from = starts[run.piece] + (run.address - pieces[run.piece].address);
        bytes.extend_from_slice(&copied[from..from + run.len]);
    }
    Some(Content {
        bytes,
        complete: wanted == size,
        ..Content::default()
    })
}

/// Bytes that lie side by side and follow each other in the content.
struct Part {
    piece: usize,
    address: usize,
    len: usize,
}

/// The first `wanted` bytes of the items as parts of pieces to be read: neighbours share one. A gap that is read with
/// them is shorter than a page, so it lies on pages with items alone.
fn plan(
    layout: &Layout,
    buf: u64,
    wanted: usize,
    parts: &mut Vec<Part>,
    pieces: &mut Vec<Piece>,
) -> Option<()> {
    parts.clear();
    pieces.clear();
    let mut left = wanted;
    for run in layout.runs() {
        if left == 0 {
            break;
        }
        if pieces.len() > MOST_PIECES {
            return None;
        }
        let len = usize::try_from(run.len).map_or(left, |len| len.min(left));
        let address = usize::try_from(buf.checked_add_signed(run.offset)?).ok()?;
        let end = address.checked_add(len)?;
        left -= len;
        match pieces.last_mut() {
            Some(last)
                if end.saturating_add(GAP) >= last.address && address <= last.end().saturating_add(GAP) =>
            {
                let whole = last.end().max(end);
                last.address = last.address.min(address);
                last.len = whole - last.address;
            }
            _ => pieces.push(Piece { address, len }),
        }
        parts.push(Part {
            piece: pieces.len() - 1,
            address,
            len,
        });
    }
    Some(())
}

// --- one after the other -------------------------------------------------------------------------------

/// The content as far as it can be read, and what comes first of what cannot.
fn one_by_one(layout: &Layout, buf: u64, budget: usize) -> Content {
    let unreadable = match layout.walk(buf, &mut OwnMemory, budget) {
        Ok(walked) => {
            let unreadable = if walked.complete {
                None
            } else {
                untouchable(layout, buf)
            };
            return Content {
                bytes: walked.bytes,
                complete: walked.complete,
                unreadable,
                ..Content::default()
            };
        }
        Err(WalkError::Unreadable {
            index, address, len, ..
        }) => narrow(layout, &index, address, len),
        Err(error) => behind_a_pointer(error),
    };
    // What comes before it, in C order, can be read.
    let bytes = before(layout, &unreadable.index)
        .and_then(|bytes| layout.walk(buf, &mut OwnMemory, bytes.min(budget)).ok())
        .map_or_else(Vec::new, |walked| walked.bytes);
    Content {
        bytes,
        unreadable: Some(unreadable),
        ..Content::default()
    }
}

/// The first item that cannot be read, of those that lie side by side in `len` bytes from `address` on, the
/// first of them at `index`.
fn narrow(layout: &Layout, index: &[u64], address: u64, len: u64) -> Unreadable {
    let page = page_size() as u64;
    let end = address.saturating_add(len);
    let mut at = address;
    while at < end && OwnMemory.read(at, &mut [0]).is_ok() {
        at = (at - at % page).saturating_add(page);
    }
    if at >= end {
        at = address;
    }
    let items = (at - address).checked_div(layout.itemsize()).unwrap_or(0);
    let nth = position(layout, index).unwrap_or(0).saturating_add(items);
    Unreadable {
        index: layout.index_of(nth),
        address: address.saturating_add(items.saturating_mul(layout.itemsize())),
        offset: None,
    }
}

/// Bytes of the items before `index`, side by side.
fn before(layout: &Layout, index: &[u64]) -> Option<usize> {
    usize::try_from(position(layout, index)?.checked_mul(layout.itemsize())?).ok()
}

/// How many items come before `index` in C order.
fn position(layout: &Layout, index: &[u64]) -> Option<u64> {
    let axes = index.iter().zip(layout.shape());
    axes.into_iter().try_fold(0u64, |nth, (at, extent)| {
        nth.checked_mul(*extent)?.checked_add(*at)
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::look::extent::try_writing;
    use crate::look::test_pages::Pages;
    use rustix::mm::MprotectFlags;

    #[test]
    fn items_in_any_order_are_gathered_as_a_walk_gathers_them() {
        let pages = Pages::new(2);
        for (at, byte) in (0..2 * page_size()).zip((0..251u8).cycle()) {
            // SAFETY: a byte of our own pages.
            unsafe { pages.start.cast::<u8>().add(at).write(byte) };
        }
        for (from, itemsize, shape, strides) in [
            (0, 1, vec![500], vec![3]),
            (900, 2, vec![300], vec![-3]),
            (5000, 4, vec![3, 50], vec![4, -60]),
            (0, 8, vec![2, 3, 4], vec![8, 16, 48]),
            (7, 3, vec![5, 9], vec![0, 700]),
            (4000, 2, vec![40, 2], vec![-100, 3]),
            (0, 4, vec![0, 3], vec![12, 4]),
            (64, 4, vec![], vec![]),
        ] {
            let view = pages.view(from, itemsize, &shape, &strides);
            let layout = layout(&view).expect("a layout");
            for budget in [0, 7, 100, 4096] {
                let walked = layout.walk(view.buf, &mut OwnMemory, budget).expect("readable");
                let content = at_once(&layout, view.buf, budget).expect("readable");
                assert_eq!((content.bytes, content.complete), (walked.bytes, walked.complete));
            }
        }
    }

    /// Reads and tries to write, with a budget of 64 bytes.
    fn tried(view: &View) -> Content {
        let mut content = read(view, 64).expect("a layout");
        try_writing(view, &mut content);
        content
    }

    #[test]
    fn a_page_far_behind_the_budget_is_missed_and_named() {
        let pages = Pages::new(5);
        let whole = tried(&pages.flat());
        assert_eq!(
            (whole.bytes.len(), whole.complete, whole.unreadable),
            (64, false, None)
        );
        assert_eq!(whole.writable, Some(true));
        for page in [4, 2, 1] {
            pages.protect(page, MprotectFlags::empty());
            let content = tried(&pages.flat());
            let missed = content.unreadable.expect("unreadable");
            let offset = page * page_size();
            assert_eq!(missed.index, [offset as u64]);
            assert_eq!(missed.offset, i64::try_from(offset).ok());
            assert_eq!((content.bytes.len(), content.writable), (64, None));
        }
        pages.protect(0, MprotectFlags::empty());
        let content = tried(&pages.flat());
        assert_eq!(content.unreadable.map(|missed| missed.index), Some(vec![0]));
        assert!(content.bytes.is_empty());
    }

    /// Two items at the very end of the addresses: no sum runs over.
    #[test]
    fn the_last_addresses_are_no_danger() {
        let pages = Pages::new(1);
        let far = View {
            buf: u64::MAX - 7,
            ..pages.view(0, 1, &[3], &[2])
        };
        assert!(tried(&far).unreadable.is_some());
    }

    #[test]
    fn the_lowest_page_is_tried_where_strides_are_negative() {
        let pages = Pages::new(3);
        pages.protect(0, MprotectFlags::empty());
        let len = 3 * page_size().cast_signed() as i64;
        let view = pages.view(3 * page_size() - 1, 1, &[len], &[-1]);
        let missed = tried(&view).unreadable.expect("unreadable");
        assert_eq!(missed.offset, Some(1 - len));
        assert_eq!(missed.index, [len.cast_unsigned() - 1]);
    }

    #[test]
    fn pages_in_gaps_are_nobodys_business() {
        let pages = Pages::new(7);
        let page = page_size().cast_signed() as i64;
        for gap in [1, 3, 5] {
            pages.protect(gap, MprotectFlags::empty());
        }
        let rows = pages.view(0, 1, &[4, page], &[2 * page, 1]);
        let content = tried(&rows);
        assert_eq!((content.unreadable, content.writable), (None, Some(true)));
        pages.protect(4, MprotectFlags::empty());
        let missed = tried(&rows).unreadable.expect("unreadable");
        assert_eq!(missed.index, [2, 0]);
    }

    #[test]
    fn one_page_that_cannot_be_written_is_enough() {
        let pages = Pages::new(3);
        pages.protect(1, MprotectFlags::READ);
        let content = tried(&pages.flat());
        assert_eq!((content.unreadable, content.writable), (None, Some(false)));
        let offset = content.unwritable.and_then(|place| place.offset);
        assert_eq!(offset, Some(page_size().cast_signed() as i64));
        let readonly = View {
            readonly: 1,
            ..pages.flat()
        };
        assert_eq!(tried(&readonly).writable, None);
    }
}
