//! The memory of a reference exporter as bytes, before it has an address.
//!
//! Knows where every item and every pointer lies within one block. Must never know addresses: a pointer
//! is written down as the position it leads to, and whoever has the memory adds its own start.

use super::ReferenceSpec;
use super::content::{Items, advance};
use super::error::{MAX_BYTES, SpecError};
use bufcheck_protocol::layout::{Layout, Memory, Overlap, POINTER_BYTES};

/// The most pointers that are made.
const MAX_POINTERS: usize = 1 << 16;

/// Blocks behind pointers start at multiples of this, in bytes.
const ALIGNMENT: u64 = 16;

/// What stands where no item does.
const GAP: u8 = 0xee;

/// One block of memory with everything an exporter needs, positions in bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The block; 8 bytes of zero where a pointer belongs.
    pub bytes: Vec<u8>,
    /// Where a pointer stands, and the position it leads to.
    pub pointers: Vec<(usize, usize)>,
    /// Position of the first item (or pointer): `buf` of a view.
    pub first: usize,
}

impl ReferenceSpec {
    /// Lays out the memory.
    ///
    /// # Errors
    ///
    /// What [`ReferenceSpec::check`] finds; [`SpecError::OutsideBlock`], [`SpecError::TooLarge`] or
    /// [`SpecError::Overlap`].
    pub fn image(&self) -> Result<Image, SpecError> {
        self.check()?;
        let layout = self.layout()?;
        let items = Items::new(self, layout.strides())?;
        let mut builder = Builder {
            layout: &layout,
            items: &items,
            image: Image {
                bytes: Vec::new(),
                pointers: Vec::new(),
                first: 0,
            },
        };
        let reach = builder.reach(0);
        let offset = self.offset.unwrap_or(reach.before);
        let needed = offset.saturating_add(reach.behind);
        let block = self.block.unwrap_or(needed);
        if offset < reach.before || block < needed {
            return Err(SpecError::OutsideBlock {
                low: reach.before,
                high: reach.behind,
                offset,
                block,
            });
        }
        builder.image.first = builder.reserve(block, offset)?;
        if !layout.is_empty() {
            let first = builder.image.first;
            builder.part(0, first, &mut vec![0; layout.ndim()])?;
        }
        let image = builder.image;
        self.check_overlap(&layout, &image)?;
        Ok(image)
    }

    /// Items that share bytes must agree about them.
    fn check_overlap(&self, layout: &Layout, image: &Image) -> Result<(), SpecError> {
        if layout.size() > MAX_BYTES || matches!(layout.overlaps(), Overlap::No) {
            return Ok(());
        }
        let mut memory = Unplaced(image);
        let budget = usize::try_from(layout.size()).unwrap_or(usize::MAX);
        match layout.walk(image.first as u64, &mut memory, budget) {
            Ok(walked) if walked.bytes == self.content()? => Ok(()),
            Ok(_) | Err(_) => Err(SpecError::Overlap),
        }
    }
}

/// Bytes before and from the first of what a part of the axes leads to.
struct Reach {
    before: u64,
    behind: u64,
}

struct Builder<'a> {
    layout: &'a Layout,
    items: &'a Items<'a>,
    image: Image,
}

impl Builder<'_> {
    /// The axis with the next pointer at or behind `first`, and its suboffset.
    fn pointer_from(&self, first: usize) -> Option<(usize, u64)> {
        let suboffsets = self.layout.suboffsets()?;
        (first..suboffsets.len()).find_map(|axis| Some((axis, u64::try_from(suboffsets[axis]).ok()?)))
    }

    /// The axes of the part that starts at `first`.
    fn axes(&self, first: usize) -> std::ops::Range<usize> {
        first
            ..self
                .pointer_from(first)
                .map_or(self.layout.ndim(), |(axis, _)| axis + 1)
    }

    fn reach(&self, first: usize) -> Reach {
        let unit = match self.pointer_from(first) {
            Some(_) => u64::from(POINTER_BYTES),
            None => self.layout.itemsize(),
        };
        let mut reach = Reach {
            before: 0,
            behind: unit,
        };
        if self.layout.is_empty() {
            return reach;
        }
        for axis in self.axes(first) {
            let stride = self.layout.strides()[axis];
            let steps = self.layout.shape()[axis] - 1;
            let bytes = stride.unsigned_abs().saturating_mul(steps);
            let side = if stride < 0 {
                &mut reach.before
            } else {
                &mut reach.behind
            };
            *side = side.saturating_add(bytes);
        }
        reach
    }

    /// Makes room for `bytes` more and returns the position `offset` bytes behind its start.
    fn reserve(&mut self, bytes: u64, offset: u64) -> Result<usize, SpecError> {
        let start = (self.image.bytes.len() as u64).next_multiple_of(ALIGNMENT);
        let end = start.saturating_add(bytes);
        if end > MAX_BYTES {
            return Err(SpecError::TooLarge { bytes: end });
        }
        let position = |at: u64| usize::try_from(at).map_err(|_| SpecError::TooLarge { bytes: end });
        self.image.bytes.resize(position(end)?, GAP);
        position(start + offset)
    }

    /// Fills what the axes from `first` on lead to, seen from `base`; the indices before are in `index`.
    fn part(&mut self, first: usize, base: usize, index: &mut Vec<u64>) -> Result<(), SpecError> {
        let axes = self.axes(first);
        let pointer = self.pointer_from(first);
        let distinct = self.items.distinct()[axes.clone()].to_vec();
        loop {
            let at = self.position(base, axes.clone(), index)?;
            match pointer {
                None => self.write(at, &self.items.bytes(index))?,
                Some((indirect, suboffset)) => {
                    let reach = self.reach(indirect + 1);
                    let lead = suboffset.saturating_add(reach.before);
                    let target = self.reserve(lead.saturating_add(reach.behind), lead)?;
                    if self.image.pointers.len() == MAX_POINTERS {
                        return Err(SpecError::TooLarge {
                            bytes: MAX_POINTERS as u64 * 8,
                        });
                    }
                    self.write(at, &[0; POINTER_BYTES as usize])?;
                    let origin = target - usize::try_from(suboffset).unwrap_or(target);
                    self.image.pointers.push((at, origin));
                    self.part(indirect + 1, target, index)?;
                }
            }
            if !advance(&mut index[axes.clone()], &distinct) {
                return Ok(());
            }
        }
    }

    /// The position of what `index` leads to along `axes`.
    fn position(&self, base: usize, axes: std::ops::Range<usize>, index: &[u64]) -> Result<usize, SpecError> {
        let strides = self.layout.strides();
        let offset: i128 = axes
            .map(|axis| i128::from(strides[axis]) * i128::from(index[axis]))
            .sum();
        usize::try_from(base as i128 + offset).map_err(|_| SpecError::Overlap)
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), SpecError> {
        let place = self.image.bytes.get_mut(at..at + bytes.len());
        place.ok_or(SpecError::Overlap)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// An image read as memory that starts at address 0.
struct Unplaced<'a>(&'a Image);

/// The walk left the image.
#[derive(Debug)]
struct Outside;

impl Memory for Unplaced<'_> {
    type Error = Outside;

    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Outside> {
        let start = usize::try_from(address).map_err(|_| Outside)?;
        let found = self
            .0
            .bytes
            .get(start..start.saturating_add(into.len()))
            .ok_or(Outside)?;
        into.copy_from_slice(found);
        Ok(())
    }

    fn read_pointer(&mut self, address: u64) -> Result<u64, Outside> {
        let found = self.0.pointers.iter().find(|(at, _)| *at as u64 == address);
        found.map(|(_, target)| *target as u64).ok_or(Outside)
    }
}
