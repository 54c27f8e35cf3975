//! The ten kinds of layout that the protocol's expected outcomes are stated for.
//!
//! Knows how to tell them apart. Must never know the outcomes.

use super::{Layout, Order};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of a layout. Where several fit, the first of this order is meant: `pil`, `scalar`,
/// `empty`, the contiguous ones, `broadcast`, `negative`, `strided`.
///
/// - `pil` is first because memory that needs pointers is refused without INDIRECT even when it is
///   empty, as memoryview does (`Objects/memoryobject.c`, `memory_getbuf`).
/// - `scalar` precedes `empty`: an item of no size without axes still shows no shape.
/// - suboffsets that are all negative ask for nothing, so the strides alone decide.
/// - `broadcast` precedes `negative` and `strided`: sharing bytes is what matters more to a writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LayoutClass {
    /// One axis, contiguous.
    C1d,
    /// Several axes, contiguous in C order alone.
    Cnd,
    /// Several axes, contiguous in Fortran order alone.
    Fnd,
    /// Several axes, contiguous both ways: at most one has more than one item.
    CFnd,
    /// Not contiguous, steps all positive where there are any.
    Strided,
    /// Not contiguous, with a step backwards along an axis of more than one item.
    Negative,
    /// A step of 0 along an axis of more than one item.
    Broadcast,
    /// No axes: a single item.
    Scalar,
    /// No bytes: an extent of 0, or items of no size.
    Empty,
    /// Pointers must be followed: a suboffset of 0 or more.
    Pil,
}

impl LayoutClass {
    /// All ten, in the order of the data.
    pub const ALL: [Self; 10] = [
        Self::C1d,
        Self::Cnd,
        Self::Fnd,
        Self::CFnd,
        Self::Strided,
        Self::Negative,
        Self::Broadcast,
        Self::Scalar,
        Self::Empty,
        Self::Pil,
    ];

    /// The id used in data, such as `c1d`.
    pub fn id(self) -> &'static str {
        match self {
            Self::C1d => "c1d",
            Self::Cnd => "cnd",
            Self::Fnd => "fnd",
            Self::CFnd => "cfnd",
            Self::Strided => "strided",
            Self::Negative => "negative",
            Self::Broadcast => "broadcast",
            Self::Scalar => "scalar",
            Self::Empty => "empty",
            Self::Pil => "pil",
        }
    }
}

impl Layout {
    /// The kind of this layout; [`LayoutClass`] says which one is meant where several fit.
    pub fn class(&self) -> LayoutClass {
        if self.needs_indirection() {
            return LayoutClass::Pil;
        }
        if self.ndim() == 0 {
            return LayoutClass::Scalar;
        }
        if self.is_empty() {
            return LayoutClass::Empty;
        }
        let [c, f] = [Order::C, Order::F].map(|order| self.strides_are_contiguous(order));
        let steps = |wanted: fn(i64) -> bool| self.axes().any(|axis| axis.extent > 1 && wanted(axis.stride));
        match (c, f) {
            (true, true) if self.ndim() == 1 => LayoutClass::C1d,
            (true, true) => LayoutClass::CFnd,
            (true, false) => LayoutClass::Cnd,
            (false, true) => LayoutClass::Fnd,
            (false, false) if steps(|stride| stride == 0) => LayoutClass::Broadcast,
            (false, false) if steps(|stride| stride < 0) => LayoutClass::Negative,
            (false, false) => LayoutClass::Strided,
        }
    }
}
