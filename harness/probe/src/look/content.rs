//! The bytes that a view shows, gathered without trusting it.
//!
//! Knows how a recorded view becomes a layout and a layout a content. Must never know formats or values.

use bufcheck_model::observation::{Content, Field, Unreadable, View, read_layout};
use bufcheck_protocol::layout::{Layout, Memory as _, WalkError};

use crate::look::memory::{OwnMemory, writable};

/// Bytes that are tried at once in search of the first that cannot be read; no platform has smaller pages.
const PAGE: u64 = 4096;

/// The layout of a view; `None` where the view makes no sense or cannot be read.
pub(crate) fn layout(view: &View) -> Option<Layout> {
    read_layout(view).ok()
}

/// Reads the content of a held view, at most `budget` bytes; `None` where it has no layout.
pub(crate) fn read(view: &View, budget: usize) -> Option<Content> {
    let layout = layout(view)?;
    let mut content = gather(&layout, view.buf, budget);
    if claims_writable(view) && content.unreadable.is_none() {
        content.writable = ends_writable(&layout, view.buf);
    }
    Some(content)
}

fn claims_writable(view: &View) -> bool {
    view.readonly == 0 && view.len > 0 && !view.untouched.contains(Field::Readonly)
}

/// Whether the lowest and the highest byte can be written. Not tried behind pointers.
fn ends_writable(layout: &Layout, buf: u64) -> Option<bool> {
    if layout.needs_indirection() || layout.is_empty() {
        return None;
    }
    let span = layout.span();
    let ends = [span.low, span.high.checked_sub(1)?];
    let mut all = true;
    for offset in ends {
        all &= writable(buf.checked_add_signed(offset)?)?;
    }
    Some(all)
}

fn gather(layout: &Layout, buf: u64, budget: usize) -> Content {
    let unreadable = match layout.walk(buf, &mut OwnMemory, budget) {
        Ok(walked) => {
            return Content {
                bytes: walked.bytes,
                complete: walked.complete,
                ..Content::default()
            };
        }
        Err(WalkError::Unreadable {
            index, address, len, ..
        }) => narrow(layout, &index, address, len),
        Err(WalkError::PointerUnreadable { index, address, .. }) => Unreadable { index, address },
        Err(WalkError::OutsideAddressSpace {
            index, from, offset, ..
        }) => Unreadable {
            index,
            address: from.wrapping_add_signed(offset),
        },
    };
    // What comes before it, in C order, can be read.
    let bytes = before(layout, &unreadable.index)
        .and_then(|bytes| layout.walk(buf, &mut OwnMemory, bytes.min(budget)).ok())
        .map_or_else(Vec::new, |walked| walked.bytes);
    Content {
        bytes,
        complete: false,
        unreadable: Some(unreadable),
        writable: None,
    }
}

/// The first item that cannot be read, of those that lie side by side in `len` bytes from `address` on, the
/// first of them at `index`.
fn narrow(layout: &Layout, index: &[u64], address: u64, len: u64) -> Unreadable {
    let end = address.saturating_add(len);
    let mut at = address;
    while at < end && OwnMemory.read(at, &mut [0]).is_ok() {
        at = (at - at % PAGE).saturating_add(PAGE);
    }
    if at >= end {
        at = address;
    }
    let items = (at - address).checked_div(layout.itemsize()).unwrap_or(0);
    let nth = position(layout, index).unwrap_or(0).saturating_add(items);
    Unreadable {
        index: index_of(layout, nth),
        address: address.saturating_add(items.saturating_mul(layout.itemsize())),
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

fn index_of(layout: &Layout, mut nth: u64) -> Vec<u64> {
    let mut index = vec![0; layout.ndim()];
    for (at, extent) in index.iter_mut().zip(layout.shape()).rev() {
        *at = nth.checked_rem(*extent).unwrap_or(0);
        nth = nth.checked_div(*extent).unwrap_or(0);
    }
    index
}
