//! Whether all memory of a view is there: the pages on which its items lie.
//!
//! Knows how to touch one byte of each page on which an item lies, the ends always, of very large views every n-th.
//! Must never know what the bytes mean. A page in a gap between items is nobody's business.

use bufcheck_model::observation::{Content, Field, Unreadable, View, read_layout};
use bufcheck_protocol::layout::{Layout, Memory as _, WalkError};

use crate::look::memory::{OwnMemory, Piece, page_size, writable};

/// Pages that are touched for each view at most; of larger ones every n-th.
const MOST_TOUCHES: usize = 1000;

/// Items behind pointers that are touched at most.
const MOST_BEHIND_POINTERS: u64 = 64;

/// The bytes to touch, each as a piece of its own; `None` where one lies outside all addresses.
pub(super) fn touches(layout: &Layout, buf: u64) -> Option<Vec<Piece>> {
    let touch = |offset: i64| {
        let address = usize::try_from(buf.checked_add_signed(offset)?).ok()?;
        Some(Piece { address, len: 1 })
    };
    let offsets = layout.touches(page_size() as u64, MOST_TOUCHES);
    offsets.into_iter().map(touch).collect()
}

/// Finds out whether memory that is claimed writable can be written. Only what can be read is tried.
pub(crate) fn try_writing(view: &View, content: &mut Content) {
    let claimed = view.readonly == 0 && view.len > 0 && !view.untouched.contains(Field::Readonly);
    let layout = read_layout(view).ok();
    let Some(layout) = layout.filter(|layout| claimed && !layout.is_empty()) else {
        return;
    };
    if content.unreadable.is_some() || layout.needs_indirection() {
        return;
    }
    for offset in layout.touches(page_size() as u64, MOST_TOUCHES) {
        let address = view.buf.checked_add_signed(offset);
        match address.map(writable) {
            Some(Some(true)) => {}
            Some(Some(false)) => {
                content.writable = Some(false);
                content.unwritable = address.map(|address| place(&layout, offset, address));
                return;
            }
            // Nobody knows.
            Some(None) | None => return,
        }
    }
    content.writable = Some(true);
}

/// The place of a byte that lies `offset` bytes behind `buf`.
fn place(layout: &Layout, offset: i64, address: u64) -> Unreadable {
    Unreadable {
        index: layout.index_at(offset).unwrap_or_default(),
        address,
        offset: Some(offset),
    }
}

/// The first of the touched bytes that cannot be read.
pub(super) fn untouchable(layout: &Layout, buf: u64) -> Option<Unreadable> {
    let page = page_size() as u64;
    let mut readable_up_to = None;
    for offset in layout.touches(page, MOST_TOUCHES) {
        let Some(address) = buf.checked_add_signed(offset) else {
            return Some(place(layout, offset, buf.wrapping_add_signed(offset)));
        };
        if OwnMemory.read(address, &mut [0]).is_err() {
            return Some(first_of_page(layout, buf, (offset, address), readable_up_to));
        }
        readable_up_to = Some(address);
    }
    if layout.needs_indirection() {
        return untouchable_behind_pointers(layout, buf);
    }
    None
}

/// The place where an unreadable page begins, if an item lies there; else that of the byte that was touched.
fn first_of_page(
    layout: &Layout,
    buf: u64,
    (offset, address): (i64, u64),
    readable_up_to: Option<u64>,
) -> Unreadable {
    let start = address - address % page_size() as u64;
    let begins = start.max(readable_up_to.map_or(0, |known| known.saturating_add(1)));
    let earlier = i64::try_from(i128::from(begins) - i128::from(buf))
        .ok()
        .filter(|begins| *begins <= offset && layout.index_at(*begins).is_some());
    match earlier {
        Some(earlier) => place(layout, earlier, begins),
        None => place(layout, offset, address),
    }
}

/// The first that cannot be read of some items behind pointers, the last item among them.
fn untouchable_behind_pointers(layout: &Layout, buf: u64) -> Option<Unreadable> {
    let last = layout.count().checked_sub(1)?;
    let step = layout.count().div_ceil(MOST_BEHIND_POINTERS).max(1);
    let width = usize::try_from(layout.itemsize()).map_or(usize::MAX, |size| size.min(64));
    (0..=last / step)
        .map(|nth| nth * step)
        .chain([last])
        .find_map(|nth| {
            let index = layout.index_of(nth);
            match layout.locate(buf, &mut OwnMemory, &index) {
                Ok(address) => {
                    OwnMemory
                        .read(address, &mut [0; 64][..width])
                        .is_err()
                        .then_some(Unreadable {
                            index,
                            address,
                            offset: None,
                        })
                }
                Err(error) => Some(behind_a_pointer(error)),
            }
        })
}

/// What stood in the way behind a stored pointer.
pub(super) fn behind_a_pointer<E>(error: WalkError<E>) -> Unreadable {
    let (index, address) = match error {
        WalkError::Unreadable { index, address, .. }
        | WalkError::PointerUnreadable { index, address, .. } => (index, address),
        WalkError::OutsideAddressSpace {
            index, from, offset, ..
        } => (index, from.wrapping_add_signed(offset)),
    };
    Unreadable {
        index,
        address,
        offset: None,
    }
}
