//! When a layout counts as contiguous: the interpreter's own definition.
//!
//! Knows `Objects/abstract.c` (`_IsCContiguous`, `_IsFortranContiguous`, `PyBuffer_IsContiguous`)
//! and the glossary's word on it. Must never know which requests demand contiguity.

use super::{Axis, Layout};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which index runs fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The last one, as in C.
    C,
    /// The first one, as in Fortran.
    F,
    /// Whichever fits: C or F, as `'A'` of `PyBuffer_IsContiguous`.
    Any,
}

impl Layout {
    /// Whether the items lie side by side, in increasing order, with no gap (glossary.html#term-contiguous),
    /// decided as `PyBuffer_IsContiguous` does (c-api/buffer.html#c.PyBuffer_IsContiguous):
    ///
    /// - a view with a suboffsets array is never contiguous, even if all its entries are negative;
    /// - one without bytes always is, whatever its strides say;
    /// - the stride of an axis with one item is never used to reach anything, so it is not looked at;
    /// - a single item (no axes) is contiguous in both orders.
    pub fn is_contiguous(&self, order: Order) -> bool {
        self.suboffsets.is_none() && self.strides_are_contiguous(order)
    }

    /// Contiguity by strides alone, as if there were no suboffsets.
    pub(super) fn strides_are_contiguous(&self, order: Order) -> bool {
        self.is_empty()
            || match order {
                Order::C => adjacent(self.axes().rev(), self.itemsize),
                Order::F => adjacent(self.axes(), self.itemsize),
                Order::Any => self.strides_are_contiguous(Order::C) || self.strides_are_contiguous(Order::F),
            }
    }
}

/// Whether each axis steps exactly over what the faster ones cover.
fn adjacent(mut fastest_first: impl Iterator<Item = Axis>, itemsize: u64) -> bool {
    let mut covered = itemsize;
    fastest_first.all(|axis| {
        let fits = axis.extent == 1 || axis.stride == covered.cast_signed();
        covered *= axis.extent;
        fits
    })
}
