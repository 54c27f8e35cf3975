//! The walk in C order as few long pieces: what a reader of memory wants.
//!
//! Knows when neighbouring items are also neighbours in memory. Must never know how they are read.

use super::{Axis, Layout, Offsets, POINTER_BYTES};

/// Bytes that lie side by side in memory and follow each other in the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// Bytes from `buf` to the first of them.
    pub offset: i64,
    /// Bytes; never 0.
    pub len: u64,
}

/// Runs in C order, as long as they can be; made by [`Layout::runs`]. It holds a few words an axis
/// however many items there are.
#[derive(Debug, Clone)]
pub struct Runs {
    starts: Offsets,
    len: u64,
    pending: Option<i64>,
}

impl Layout {
    /// The bytes of [`Layout::offsets`] in the same order, neighbours joined: a C-contiguous layout
    /// is one run, an empty one none. No run ends where the next begins.
    ///
    /// With an indirection: runs of pointers, 8 bytes each, as in [`Layout::span`].
    pub fn runs(&self) -> Runs {
        let (direct, unit) = self.direct_part(POINTER_BYTES);
        if self.is_empty() {
            return Runs {
                starts: Offsets::none(),
                len: 0,
                pending: None,
            };
        }
        Runs::over(self.axes().take(direct).rev(), unit)
    }
}

impl Runs {
    /// Runs along axes that all have items, fastest first, over units that are not empty.
    pub(super) fn over(fastest_first: impl Iterator<Item = Axis>, unit: u64) -> Self {
        let mut len = unit;
        let mut joined: Vec<Axis> = Vec::new();
        for axis in fastest_first.filter(|axis| axis.extent > 1) {
            match joined.last_mut() {
                None if axis.stride == len.cast_signed() => len *= axis.extent,
                Some(faster) if continues(*faster, axis) => faster.extent *= axis.extent,
                _ => joined.push(axis),
            }
        }
        let mut starts = Offsets::over(joined.into_iter());
        let pending = starts.next();
        Self { starts, len, pending }
    }
}

/// Whether a step of the slower axis is what comes after the last step of the faster one, so that
/// the two are one longer axis.
fn continues(faster: Axis, slower: Axis) -> bool {
    faster.stride.checked_mul(faster.extent.cast_signed()) == Some(slower.stride)
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let mut run = Run {
            offset: self.pending.take()?,
            len: self.len,
        };
        // Axes that cannot be joined as a whole may still meet where the faster one turns over. At
        // most two pieces meet that way: every joined axis has two steps or more, and a step along
        // the fastest never leads to a neighbour.
        for start in self.starts.by_ref() {
            if run.offset.checked_add_unsigned(run.len) != Some(start) {
                self.pending = Some(start);
                break;
            }
            run.len += self.len;
        }
        Some(run)
    }
}
