//! Which bytes around `buf` a layout touches, and whether they lie inside a block.
//!
//! Knows the range between the lowest and the highest byte, and the check that the documentation
//! gives exporters. Must never know what the block is or whether it can be read.

use super::{Layout, POINTER_BYTES};

/// A range of bytes relative to `buf`: from `low` up to but without `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset in bytes of the lowest byte; negative where strides lead below `buf`.
    pub low: i64,
    /// Offset in bytes one past the highest byte.
    pub high: i64,
}

impl Span {
    /// Bytes from the lowest to the highest, gaps included.
    pub fn len(self) -> u64 {
        self.high.abs_diff(self.low)
    }

    /// Whether no byte is touched.
    pub fn is_empty(self) -> bool {
        self.low == self.high
    }

    /// Whether the range lies inside a block of `memlen` bytes where `buf` is `offset` bytes behind
    /// the start of the block. An empty range lies inside everything.
    pub fn fits(self, memlen: u64, offset: i64) -> bool {
        self.is_empty() || self.starts_inside(offset) && self.ends_inside(memlen, offset)
    }

    fn starts_inside(self, offset: i64) -> bool {
        i128::from(offset) + i128::from(self.low) >= 0
    }

    fn ends_inside(self, memlen: u64, offset: i64) -> bool {
        i128::from(offset) + i128::from(self.high) <= i128::from(memlen)
    }
}

/// What the documentation's `verify_structure` objects to; see [`Layout::verify_structure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StructureFault {
    /// Nothing is a multiple of an itemsize of 0: the documented function divides by it.
    #[error("itemsize is 0")]
    ZeroItemsize,
    /// `buf` is not a whole number of items behind the start of the block.
    #[error("offset {offset} is not a multiple of itemsize {itemsize}")]
    OffsetNotMultiple {
        /// Bytes from the start of the block to `buf`.
        offset: i64,
        /// Bytes of an item.
        itemsize: u64,
    },
    /// The item at `buf` itself is not inside the block.
    #[error("{len} bytes at offset {offset} are not inside a block of {memlen}")]
    OffsetOutside {
        /// Bytes from the start of the block to `buf`.
        offset: i64,
        /// Bytes of what lies there.
        len: u64,
        /// Bytes of the block.
        memlen: u64,
    },
    /// A stride is not a whole number of items.
    #[error("strides[{axis}] = {stride} is not a multiple of itemsize {itemsize}")]
    StrideNotMultiple {
        /// The axis.
        axis: usize,
        /// Bytes of its stride.
        stride: i64,
        /// Bytes of an item.
        itemsize: u64,
    },
    /// Some item lies before the block.
    #[error("items reach {low} bytes from buf, before the block that starts {offset} bytes before buf")]
    BeforeStart {
        /// The lowest byte, relative to `buf`.
        low: i64,
        /// Bytes from the start of the block to `buf`.
        offset: i64,
    },
    /// Some item ends behind the block.
    #[error("items end {high} bytes behind buf, at offset {offset} of a block of {memlen} bytes")]
    BehindEnd {
        /// One past the highest byte, relative to `buf`.
        high: i64,
        /// Bytes from the start of the block to `buf`.
        offset: i64,
        /// Bytes of the block.
        memlen: u64,
    },
}

impl Layout {
    /// The bytes that the direct part touches, relative to `buf`; `0..0` where the layout is empty.
    ///
    /// With an indirection these are the pointers of the first indirect axis, 8 bytes each: what
    /// lies behind them has no fixed distance from `buf`.
    pub fn span(&self) -> Span {
        self.span_with_pointers(POINTER_BYTES)
    }

    /// [`Layout::span`] where pointers have another width in bytes: 4 on 32-bit interpreters.
    /// Widths above 8 count as 8, the width that was checked when the layout was made.
    pub fn span_with_pointers(&self, pointer_bytes: u8) -> Span {
        if self.is_empty() {
            return Span { low: 0, high: 0 };
        }
        let (axes, unit) = self.direct_part(pointer_bytes.min(POINTER_BYTES));
        let mut span = Span {
            low: 0,
            high: unit.cast_signed(),
        };
        for axis in self.axes().take(axes) {
            let reach = axis.stride * (axis.extent.cast_signed() - 1);
            *(if reach < 0 { &mut span.low } else { &mut span.high }) += reach;
        }
        span
    }

    /// Whether the direct part stays inside a block of `memlen` bytes where `buf` is `offset` bytes
    /// behind the start of the block: the part of `verify_structure` that no exporter may break. An
    /// empty layout touches nothing and fits everywhere.
    pub fn fits(&self, memlen: u64, offset: i64) -> bool {
        self.span().fits(memlen, offset)
    }

    /// The documentation's `verify_structure`, whole and in its order
    /// (c-api/buffer.html#numpy-style-shape-and-strides), for a block of `memlen` bytes where `buf`
    /// is `offset` bytes behind the start of the block.
    ///
    /// It asks more than [`Layout::fits`]: offset and strides must be multiples of the itemsize,
    /// which views of one field of packed records break with good right, and even an empty layout
    /// needs room for one item. With an indirection only the bounds are looked at, those of the
    /// pointers, because the documented function speaks of items and does not know suboffsets.
    ///
    /// # Errors
    ///
    /// The first [`StructureFault`], in the order of the documented function.
    pub fn verify_structure(&self, memlen: u64, offset: i64) -> Result<(), StructureFault> {
        let (_, unit) = self.direct_part(POINTER_BYTES);
        let direct = !self.needs_indirection();
        if direct {
            if unit == 0 {
                return Err(StructureFault::ZeroItemsize);
            }
            if !is_multiple(offset, unit) {
                return Err(StructureFault::OffsetNotMultiple {
                    offset,
                    itemsize: unit,
                });
            }
        }
        if offset < 0 || u128::from(offset.unsigned_abs()) + u128::from(unit) > u128::from(memlen) {
            return Err(StructureFault::OffsetOutside {
                offset,
                len: unit,
                memlen,
            });
        }
        if direct {
            self.verify_strides()?;
        }
        let span = self.span();
        if span.is_empty() {
            Ok(())
        } else if !span.starts_inside(offset) {
            Err(StructureFault::BeforeStart {
                low: span.low,
                offset,
            })
        } else if !span.ends_inside(memlen, offset) {
            Err(StructureFault::BehindEnd {
                high: span.high,
                offset,
                memlen,
            })
        } else {
            Ok(())
        }
    }

    fn verify_strides(&self) -> Result<(), StructureFault> {
        let itemsize = self.itemsize;
        let odd = self
            .strides
            .iter()
            .position(|&stride| !is_multiple(stride, itemsize));
        odd.map_or(Ok(()), |axis| {
            let stride = self.strides[axis];
            Err(StructureFault::StrideNotMultiple {
                axis,
                stride,
                itemsize,
            })
        })
    }
}

fn is_multiple(bytes: i64, itemsize: u64) -> bool {
    bytes.unsigned_abs().is_multiple_of(itemsize)
}
