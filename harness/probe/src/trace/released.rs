//! One release: which view it is of, and whether the struct is as it was.
//!
//! Knows the table of views. Must never hold a release back, nor say what is wrong with it.

use bufcheck_model::observation::FieldSet;
use bufcheck_model::trace::{Cell, Event, Global, Happened, Record};
use pyo3::ffi::Py_buffer;

use super::asked::attached;
use super::live::{Entry, alike};
use super::modules;
use super::place::{Undisturbed, place};
use super::state::{self, State};
use crate::look::differences;

/// What is to be written down of a release.
struct Noted {
    site: u32,
    what: Happened,
    owner_releases: bool,
}

/// Sees a release before it happens. `from` is where it returns to; `by_slot` tells that only a slot saw it.
///
/// # Safety
///
/// `view` is a struct with an owner.
pub(super) unsafe fn observe(view: *mut Py_buffer, from: usize, by_slot: bool) {
    // SAFETY: the caller's promise.
    let raw = unsafe { *view };
    let locked = attached();
    let noted = state::with(|state| {
        state.count(Global::Releases);
        if by_slot {
            state.count(Global::SlotOnly);
        }
        let mut noted = find(state, view as usize, &raw, locked)?;
        let what = key(&noted.what, from);
        if matches!(noted.what, Happened::WithoutLock) && locked {
            return None;
        }
        if let Happened::Again { others_held } = &mut noted.what {
            *others_held = state.live.of_owner(raw.obj as usize, |_| true).is_some();
        }
        state.happens_first(noted.site, what).then_some(noted)
    });
    if let Some(Some(noted)) = noted {
        write(noted, from, locked);
    }
}

/// Takes the view out of the table; what is remarkable about its release.
fn find(state: &mut State, address: usize, raw: &Py_buffer, locked: bool) -> Option<Noted> {
    let here = state.live.at(address);
    if let Some(at) = here.filter(|at| alike(&state.live.entry(*at).granted, raw)) {
        let entry = state.live.release(at);
        state.count_of(entry.site, Cell::Releases);
        return (!locked).then(|| of(&entry, Happened::WithoutLock));
    }
    let owner = raw.obj as usize;
    if let Some(at) = state.live.of_owner(owner, |entry| alike(&entry.granted, raw)) {
        let entry = state.live.release(at);
        state.count_of(entry.site, Cell::Releases);
        state.count(Global::Copies);
        return (!locked).then(|| of(&entry, Happened::WithoutLock));
    }
    let same_owner = |at: &u32| state.live.entry(*at).granted.obj == raw.obj;
    if let Some(at) = here.filter(same_owner) {
        let entry = state.live.release(at);
        state.count_of(entry.site, Cell::Releases);
        let changed = Happened::Changed {
            fields: differences(&entry.granted, raw),
            untouched: FieldSet(entry.untouched),
        };
        return Some(of(&entry, changed));
    }
    if let Some(past) = state.live.past(raw) {
        state.count(Global::Unknown);
        return Some(Noted {
            site: past.site,
            what: Happened::Again { others_held: false },
            owner_releases: past.owner_releases,
        });
    }
    // A copy of which something was changed: which view it is of is not sure, but one of this owner it is.
    let nearly = state.live.of_owner(owner, |entry| entry.granted.buf == raw.buf);
    if let Some(at) = nearly.or_else(|| state.live.of_owner(owner, |_| true)) {
        let entry = state.live.release(at);
        state.count_of(entry.site, Cell::Releases);
        state.count(Global::ChangedCopies);
    } else {
        state.count(Global::Unknown);
    }
    None
}

fn of(entry: &Entry, what: Happened) -> Noted {
    Noted {
        site: entry.site,
        what,
        owner_releases: entry.owner_releases,
    }
}

/// One number for all that happen alike.
fn key(what: &Happened, from: usize) -> u64 {
    let word = match what {
        Happened::Changed { fields, untouched } => {
            1 << 32 | u64::from(fields.0) << 16 | u64::from(untouched.0)
        }
        Happened::Again { .. } => 2 << 32,
        Happened::Lost { .. } => 3 << 32,
        Happened::WithoutLock => 4 << 32,
    };
    word ^ (from as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cold]
fn write(noted: Noted, from: usize, locked: bool) {
    // SAFETY: only where the thread is attached.
    let undisturbed = locked.then(|| unsafe { Undisturbed::new() });
    let event = Record::Event(Box::new(Event {
        site: noted.site,
        what: noted.what,
        owner_releases: noted.owner_releases,
        by: Some(modules::native(from)),
        // SAFETY: attached, and undisturbed.
        place: undisturbed.as_ref().and_then(|_| unsafe { place() }),
    }));
    state::with(|state| state.write(&event));
    drop(undisturbed);
}
