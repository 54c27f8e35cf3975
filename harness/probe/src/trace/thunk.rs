//! The functions behind thunks.
//!
//! Knows which numbers are taken. Must never know the code of a thunk.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyType;

/// Pairs of functions that can be told apart.
pub(super) const PAIRS: usize = 1024;

type Table = [[AtomicUsize; 2]; PAIRS];

/// The functions behind each pair of thunks; 0 where there is none.
static ORIGINALS: Table = [const { [const { AtomicUsize::new(0) }; 2] }; PAIRS];

/// The thunks themselves.
static ADDRESSES: Table = [const { [const { AtomicUsize::new(0) }; 2] }; PAIRS];

/// Pairs that are taken. Only whoever holds the interpreter's lock takes one.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// Every slot is watched, since the entries do not see everything.
pub(super) static ALL_SLOTS: AtomicBool = AtomicBool::new(false);

/// Watches a type that is asked for the first time; set where every slot is watched.
pub(super) static NEW_TYPE: OnceLock<fn(&Bound<'_, PyType>)> = OnceLock::new();

fn pair_of(table: &Table, number: usize) -> (usize, usize) {
    table.get(number).map_or((0, 0), |[get, release]| {
        (get.load(Ordering::Relaxed), release.load(Ordering::Relaxed))
    })
}

/// The functions behind a pair of thunks.
#[inline]
pub(super) fn original(number: usize) -> (usize, usize) {
    pair_of(&ORIGINALS, number)
}

/// The number for these two functions, the same for the same; `None` if all are taken.
pub(super) fn number(get: usize, release: usize) -> Option<usize> {
    let taken = TAKEN.load(Ordering::Relaxed);
    (0..taken)
        .find(|number| original(*number) == (get, release))
        .or_else(|| {
            let [first, second] = ORIGINALS.get(taken)?;
            first.store(get, Ordering::Relaxed);
            second.store(release, Ordering::Relaxed);
            TAKEN.store(taken + 1, Ordering::Relaxed);
            Some(taken)
        })
}

/// Says where the thunks of a number are.
pub(super) fn set_addresses(number: usize, (get, release): (usize, usize)) {
    if let Some([first, second]) = ADDRESSES.get(number) {
        first.store(get, Ordering::Relaxed);
        second.store(release, Ordering::Relaxed);
    }
}

/// Whether a function is one of the thunks.
pub(super) fn is_ours(function: usize) -> bool {
    let taken = TAKEN.load(Ordering::Relaxed);
    (0..taken).any(|number| {
        let (get, release) = pair_of(&ADDRESSES, number);
        function == get || function == release
    })
}

/// Whether the releases of a type with this release slot are seen.
#[inline]
pub(super) fn sees(release: usize) -> bool {
    release != 0 && (!ALL_SLOTS.load(Ordering::Relaxed) || is_ours(release))
}
