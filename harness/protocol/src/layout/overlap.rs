//! Whether two different indices may lead to the same byte.
//!
//! Knows the arithmetic of strides. Must never know whether sharing is allowed: read-only broadcast
//! memory shares bytes lawfully, writable memory does so at its own risk.

use super::{Axis, Layout};

/// Most index combinations that are enumerated to decide a hard case.
const ENUMERATED: u128 = 1 << 16;

/// May two different indices lead to a common byte?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// No two items share a byte.
    No,
    /// Two items do.
    Yes,
    /// Not decided: more than 65,536 combinations of a pattern that no shortcut covers, or pointers
    /// whose values are not known.
    Unknown,
}

impl Layout {
    /// Whether two items share a byte.
    ///
    /// Axes are sorted by the size of their step. One that steps over everything the smaller ones
    /// reach keeps its items apart; if all do, nothing overlaps. The smaller axes up to the last one
    /// that fails are looked at more closely: a step shorter than an item, or more bytes of items
    /// than there is room, is an overlap; anything else is enumerated, up to 65,536 combinations.
    ///
    /// Behind pointers, two items surely share a byte if the part behind the last pointer overlaps
    /// itself or if two indices read the very same pointer. Otherwise pointers may still lead to the
    /// same memory, which only their values could tell: [`Overlap::Unknown`].
    pub fn overlaps(&self) -> Overlap {
        if self.count <= 1 || self.is_empty() {
            return Overlap::No;
        }
        let mut first = 0;
        let mut several_pointers = false;
        while let Some((axis, _)) = self.indirection_from(first) {
            let part = || self.axes().take(axis + 1).skip(first);
            // Pointers one byte apart are different pointers, so only equal places count.
            if overlap_of(part(), 1) == Overlap::Yes {
                return Overlap::Yes;
            }
            several_pointers |= part().any(|axis| axis.extent > 1);
            first = axis + 1;
        }
        match overlap_of(self.axes().skip(first), self.itemsize) {
            Overlap::No if several_pointers => Overlap::Unknown,
            decided => decided,
        }
    }
}

/// A step's size without its sign (mirroring an axis moves items, but keeps their distances), and
/// the number of items along it.
type Step = (u64, u64);

fn overlap_of(axes: impl Iterator<Item = Axis>, unit: u64) -> Overlap {
    let used = axes.filter(|axis| axis.extent > 1);
    let mut steps: Vec<Step> = used
        .map(|axis| (axis.stride.unsigned_abs(), axis.extent))
        .collect();
    steps.sort_unstable();

    let mut reach = u128::from(unit);
    let (mut hard, mut room) = (0, reach);
    for (at, &(step, extent)) in steps.iter().enumerate() {
        let steps_over = u128::from(step) >= reach;
        reach += u128::from(step) * u128::from(extent - 1);
        if !steps_over {
            (hard, room) = (at + 1, reach);
        }
    }
    let hard = &steps[..hard];
    let combinations: u128 = hard.iter().map(|&(_, extent)| u128::from(extent)).product();
    match hard.first() {
        None => Overlap::No,
        Some(&(smallest, _)) if smallest < unit => Overlap::Yes,
        Some(_) if combinations * u128::from(unit) > room => Overlap::Yes,
        Some(_) if combinations <= ENUMERATED => enumerate(hard, unit),
        Some(_) => Overlap::Unknown,
    }
}

fn enumerate(steps: &[Step], unit: u64) -> Overlap {
    let mut places = vec![0_u128];
    for &(step, extent) in steps {
        let along = |place: u128| (0..extent).map(move |i| place + u128::from(step) * u128::from(i));
        places = places.into_iter().flat_map(along).collect();
    }
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[1] - pair[0] < u128::from(unit)) {
        Overlap::Yes
    } else {
        Overlap::No
    }
}
