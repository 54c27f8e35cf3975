//! Whether an object shows other bytes though nothing is done to it.
//!
//! Knows a view that is read again with nothing asked between, and views that are asked alike. Must never know why
//! bytes change, nor whether they may.

use std::time::Duration;

use bufcheck_model::observation::{Content, Phase, Volatile};
use bufcheck_protocol::layout::Run;
use pyo3::prelude::*;

use crate::host::mark::Marker;
use crate::look::content;
use crate::look::disturb::disturb;
use crate::look::memory::{self, Piece};
use crate::look::object::Counts;
use crate::look::{Held, Way};

/// How long a held view is left alone, so that others can write.
const PAUSE: Duration = Duration::from_millis(1);

/// Pieces of a view that are compared at most, and bytes of each.
const MOST_PIECES: usize = 128;
const MOST_BYTES: usize = 4096;

/// An object that is asked one request, again and again.
struct Restless<'a, 'py> {
    exporter: &'a Bound<'py, PyAny>,
    flags: i32,
    content_budget: usize,
    counts: Counts,
    mark: &'a Marker,
}

/// What changes though nothing is done; `flags` is the widest request that is granted.
pub(super) fn volatile(
    exporter: &Bound<'_, PyAny>,
    flags: i32,
    content_budget: usize,
    mark: &Marker,
) -> Option<Volatile> {
    let restless = Restless {
        exporter,
        flags,
        content_budget,
        counts: Counts::new(exporter.py()),
        mark,
    };
    let found = restless.look();
    mark.phase(Phase::Idle);
    found
}

impl Restless<'_, '_> {
    fn look(&self) -> Option<Volatile> {
        let py = self.exporter.py();
        self.mark.note(Phase::Ask, Some(self.flags));
        let view = Held::ask_with_block(self.exporter, self.flags, self.counts).ok()?;
        if leaves_its_block(&view) {
            // What lies there belongs to somebody else, who may well change it.
            self.release(view);
            return None;
        }
        let first = self.read(&view);
        let still = first.is_some().then(|| self.keeps_its_bytes(py, &view)).flatten();
        self.release(view);
        match still {
            None => return None,
            Some(false) => return Some(Volatile::Held),
            Some(true) => {}
        }
        let again = self.ask()?;
        let second = self.read(&again);
        self.release(again);
        (second.is_some() && second != first && self.differ_side_by_side()).then_some(Volatile::Views)
    }

    /// Whether the bytes are the same each time they are read; `None` where they cannot be. Between the readings
    /// nothing is done, not so much as a block of memory taken: it might be one that the view still points to.
    fn keeps_its_bytes(&self, py: Python<'_>, view: &Held) -> Option<bool> {
        let pieces = pieces(view)?;
        let len = pieces.iter().map(|piece| piece.len).sum();
        let (mut first, mut now) = (vec![0; len], vec![0; len]);
        let mut same = true;
        copied(&pieces, &mut first)?;
        self.mark.note(Phase::Read, Some(self.flags));
        for pause in [Duration::ZERO, PAUSE] {
            py.detach(|| std::thread::sleep(pause));
            copied(&pieces, &mut now)?;
            same &= first == now;
        }
        Some(same)
    }

    /// Whether a second view shows other bytes than one that is held and keeps its own: then it is not asking that
    /// changes the bytes.
    fn differ_side_by_side(&self) -> bool {
        let Some(held) = self.ask() else { return false };
        let before = self.read(&held);
        let beside = self.ask();
        let other = beside.as_ref().and_then(|view| self.read(view));
        // A view of memory that is anybody's does not keep its bytes by right.
        disturb(&[before.as_ref().map_or(0, Vec::len)]);
        let after = self.read(&held);
        if let Some(view) = beside {
            self.release(view);
        }
        self.release(held);
        before.is_some() && other.is_some() && before == after && other != before
    }

    fn ask(&self) -> Option<Held> {
        self.mark.note(Phase::Ask, Some(self.flags));
        Held::ask(self.exporter, self.flags, self.counts).ok()
    }

    /// The bytes; `None` where they cannot all be read.
    fn read(&self, held: &Held) -> Option<Vec<u8>> {
        self.mark.note(Phase::Read, Some(self.flags));
        let read: Option<Content> = content::read(held.view()?, self.content_budget);
        read.filter(|content| content.unreadable.is_none())
            .map(|content| content.bytes)
    }

    fn release(&self, held: Held) {
        self.mark.note(Phase::Release, Some(self.flags));
        drop(held.release(self.exporter.py(), Way::Plain));
    }
}

/// Where the bytes of a view lie, the first of them where they lie in many places; `None` where pointers are followed.
fn pieces(view: &Held) -> Option<Vec<Piece>> {
    let view = view.view()?;
    let layout = content::layout(view).filter(|layout| !layout.needs_indirection())?;
    let piece = |run: Run| {
        let address = usize::try_from(view.buf.checked_add_signed(run.offset)?).ok()?;
        let len = usize::try_from(run.len).ok()?.min(MOST_BYTES);
        Some(Piece { address, len })
    };
    layout.runs().take(MOST_PIECES).map(piece).collect()
}

/// Copies the pieces side by side, one after the other; `None` where one cannot be read. Takes no memory.
fn copied(pieces: &[Piece], mut into: &mut [u8]) -> Option<()> {
    for piece in pieces {
        let (own, rest) = into.split_at_mut(piece.len);
        into = rest;
        memory::read(piece.address, own).then_some(())?;
    }
    Some(())
}

/// Whether items are known to lie outside the block of memory that the view lies in, or in one that was given back.
fn leaves_its_block(held: &Held) -> bool {
    let Some(view) = held.view() else { return false };
    let Some((layout, block)) = content::layout(view).zip(held.block()) else {
        return false;
    };
    if layout.is_empty() || layout.needs_indirection() {
        return false;
    }
    let span = layout.span();
    let end = block.start.saturating_add(block.len);
    let place = |offset| view.buf.checked_add_signed(offset);
    let inside = |address: Option<u64>| address.is_some_and(|at| (block.start..=end).contains(&at));
    block.freed || !inside(place(span.low)) || !inside(place(span.high))
}
