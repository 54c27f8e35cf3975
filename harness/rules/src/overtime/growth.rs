//! Whether something grows with every repetition.
//!
//! Knows the thresholds. Must never know what is repeated.
//!
//! A figure counts only if it rises in both halves by at least half a unit a cycle, and by more than chance
//! alone explains: what is allocated once (caches, interned strings) shows in one half, and noise in neither.

use bufcheck_model::scenario::{Amount, Measure};

/// Growth over both halves, in units of the amount, where it is more than noise.
pub(super) fn growth(of: Amount, times: u32, measures: &[Measure; 3]) -> Option<i64> {
    let pick = |measure: &Measure| match of {
        Amount::References => measure.references,
        Amount::Held => measure.held,
        Amount::Blocks => measure.blocks,
        Amount::Heap => measure.heap,
        Amount::Resident => measure.resident,
    };
    let [start, middle, end] = measures.each_ref().map(pick);
    let (first, second) = (middle?.checked_sub(start?)?, end?.checked_sub(middle?)?);
    // What is expected of a leak of one unit a cycle, and what a process gains by chance.
    let (unit, chance) = match of {
        // A count that sinks with every cycle is as wrong as one that rises.
        Amount::References | Amount::Held => (1, 4),
        Amount::Blocks => (1, 16),
        // The smallest block of a C heap.
        Amount::Heap => (16, 2048),
        // Pages that are never given back.
        Amount::Resident => (4096, 256 << 10),
    };
    let least = (i64::from(times) * unit).max(2 * chance);
    let both = |sign: i64| 2 * sign * first >= least && 2 * sign * second >= least;
    let sinks = of == Amount::References && both(-1);
    (times > 0 && (both(1) || sinks)).then(|| first + second)
}
