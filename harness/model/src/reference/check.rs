//! Which descriptions make sense.
//!
//! Knows what the keys of a [`ReferenceSpec`] demand of each other, so that a description without a
//! defect always means a conforming exporter. Must never know how one is built.

use super::behaviour::{Arrays, Chain, FormatAlone, Pages, Sharing};
use super::defect::DefectKind;
use super::error::SpecError;
use super::faults::{LockFault, ReleaseFault};
use super::{MemoryOrder, ReferenceSpec};
use bufcheck_protocol::layout::{Layout, Order, POINTER_BYTES};

impl ReferenceSpec {
    /// The layout, with the strides that were given or follow from the order.
    ///
    /// # Errors
    ///
    /// [`SpecError::Layout`] or [`SpecError::Number`].
    pub fn layout(&self) -> Result<Layout, SpecError> {
        let itemsize = signed("itemsize", self.itemsize)?;
        let shape: Vec<i64> = self
            .shape
            .iter()
            .map(|extent| signed("shape", *extent))
            .collect::<Result<_, _>>()?;
        let strides = match (&self.strides, self.order) {
            (Some(strides), _) => strides.clone(),
            (None, MemoryOrder::F) => Layout::strides_f(itemsize, &shape)?,
            (None, MemoryOrder::C) => match &self.suboffsets {
                Some(suboffsets) => segment_strides(itemsize, &shape, suboffsets)?,
                None => Layout::strides_c(itemsize, &shape)?,
            },
        };
        Ok(Layout::new(
            itemsize,
            &shape,
            Some(&strides),
            self.suboffsets.as_deref(),
        )?)
    }

    /// Whether the description means an exporter that could obey the protocol (defects apart).
    ///
    /// # Errors
    ///
    /// The first [`SpecError`].
    pub fn check(&self) -> Result<(), SpecError> {
        let layout = self.layout()?;
        let contiguous_line = layout.ndim() == 1 && layout.is_contiguous(Order::C);
        let depth = match self.chain {
            Some(Chain::Redirect(depth) | Chain::ReExport(depth)) => depth,
            None => 1,
        };
        let demands = [
            (
                self.suboffsets.is_none() || layout.needs_indirection(),
                "suboffsets",
                "an entry that is not negative: without one the field is to be NULL",
            ),
            (
                self.suboffsets.is_none() || (self.offset.is_none() && self.block.is_none()),
                "suboffsets",
                "blocks of their own: `offset` and `block` speak of one block",
            ),
            (
                self.suboffsets.is_none() || self.order == MemoryOrder::C,
                "suboffsets",
                "explicit `strides` where the order is not C",
            ),
            (
                self.arrays != Arrays::View || contiguous_line || layout.ndim() == 0,
                "arrays",
                "one contiguous axis to live in the view",
            ),
            (
                self.arrays != Arrays::Internal || self.release_slot || self.has_release_defect(),
                "arrays",
                "a release slot to be freed when they live in `internal`",
            ),
            (
                self.pages != Pages::Protected || self.readonly || self.defect.is_some(),
                "pages",
                "`readonly` when they are protected",
            ),
            (
                !self.flat_copy || (self.readonly && self.release_slot),
                "flat_copy",
                "`readonly` (writes to a copy would be lost) and a release slot",
            ),
            (
                self.format_alone != FormatAlone::Bytes || self.itemsize == 1,
                "format_alone",
                "items of one byte to be `bytes`",
            ),
            (
                self.sharing == Sharing::Any || self.release_slot,
                "sharing",
                "a release slot: without one nobody knows when a view ends",
            ),
            (
                !matches!(self.chain, Some(Chain::ReExport(_))) || self.release_slot,
                "chain",
                "a release slot where each exporter holds a view of the next",
            ),
            ((1..=16).contains(&depth), "chain", "1 to 16 exporters"),
            (
                !self.format.contains('\0'),
                "format",
                "to be a string without NUL",
            ),
        ];
        demands.into_iter().try_for_each(|(met, key, needs)| {
            if met {
                Ok(())
            } else {
                Err(SpecError::Needs { key, needs })
            }
        })
    }

    /// Whether the defect is about what happens at a release.
    fn has_release_defect(&self) -> bool {
        self.defect.as_ref().is_some_and(|defect| {
            matches!(
                defect.kind,
                DefectKind::Release(ReleaseFault::Leak) | DefectKind::Lock(LockFault::Missing)
            )
        })
    }
}

fn signed(key: &'static str, value: u64) -> Result<i64, SpecError> {
    i64::try_from(value).map_err(|_| SpecError::Number { key, value })
}

/// C order within each run of axes up to a pointer; the pointers themselves lie side by side.
fn segment_strides(itemsize: i64, shape: &[i64], suboffsets: &[i64]) -> Result<Vec<i64>, SpecError> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut first = 0;
    for axis in 0..shape.len() {
        let indirect = suboffsets.get(axis).is_some_and(|suboffset| *suboffset >= 0);
        if indirect || axis + 1 == shape.len() {
            let unit = if indirect {
                i64::from(POINTER_BYTES)
            } else {
                itemsize
            };
            strides.extend(Layout::strides_c(unit, &shape[first..=axis])?);
            first = axis + 1;
        }
    }
    Ok(strides)
}
