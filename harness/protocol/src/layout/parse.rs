//! From what an exporter claims to a [`Layout`]: the one door, with every check.
//!
//! Knows the arithmetic that has to hold. Must never know whether a claim is a violation of a rule:
//! it only says what is impossible, and where.

use super::{Layout, MAX_NDIM, POINTER_BYTES};

/// Why numbers are no layout; each names the axis (from 0) and the value at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The itemsize is below zero.
    #[error("itemsize is {itemsize}, below zero")]
    NegativeItemsize {
        /// Bytes, as claimed.
        itemsize: i64,
    },
    /// There are more axes than the protocol allows.
    #[error("{ndim} axes, at most {MAX_NDIM} are allowed")]
    TooManyAxes {
        /// Axes, as claimed.
        ndim: usize,
    },
    /// Two arrays that need one entry an axis differ in length.
    #[error("{array} has {found} entries where shape has {ndim}")]
    LengthMismatch {
        /// `strides` or `suboffsets`.
        array: &'static str,
        /// Entries of that array.
        found: usize,
        /// Entries of the shape.
        ndim: usize,
    },
    /// An extent is below zero.
    #[error("shape[{axis}] is {extent}, below zero")]
    NegativeExtent {
        /// The axis.
        axis: usize,
        /// Items, as claimed.
        extent: i64,
    },
    /// The number of items times the itemsize, or already the number of items, is beyond `i64`.
    #[error("the size in bytes leaves 64 bits at shape[{axis}] = {extent}")]
    SizeOverflow {
        /// The axis whose extent makes the product too large.
        axis: usize,
        /// Items along it.
        extent: i64,
    },
    /// A stride of C or Fortran order, to be computed, is beyond `i64`.
    #[error("the contiguous stride of axis {axis} leaves 64 bits")]
    StrideOverflow {
        /// The axis whose stride cannot be expressed.
        axis: usize,
    },
    /// The last step along an axis is beyond `i64`, seen from `buf` or from the pointer before it.
    #[error("offsets leave 64 bits at axis {axis}: strides[{axis}] is {stride}, shape[{axis}] is {extent}")]
    SpanOverflow {
        /// The axis.
        axis: usize,
        /// Bytes of one step along it.
        stride: i64,
        /// Items along it.
        extent: u64,
    },
    /// The end of what lies behind a pointer is beyond `i64`.
    #[error("offsets leave 64 bits at suboffsets[{axis}] = {suboffset}")]
    SuboffsetOverflow {
        /// The axis.
        axis: usize,
        /// Bytes, as claimed.
        suboffset: i64,
    },
}

impl Layout {
    /// Checks what a view claims: `itemsize` and `suboffsets` in bytes, `shape` in items, `strides`
    /// in bytes or `None` for those of C order (a NULL field says the same:
    /// c-api/buffer.html#c.Py_buffer.strides).
    ///
    /// Strides of an empty layout are kept and never used, so any value is accepted there.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] names the first impossible value: something negative that counts, arrays of
    /// unequal length, more than 64 axes, or a size or offset that does not fit `i64`.
    pub fn new(
        itemsize: i64,
        shape: &[i64],
        strides: Option<&[i64]>,
        suboffsets: Option<&[i64]>,
    ) -> Result<Self, LayoutError> {
        let (itemsize_bytes, extents) = check_shape(itemsize, shape)?;
        check_length("strides", strides, shape.len())?;
        check_length("suboffsets", suboffsets, shape.len())?;
        let count = check_count(itemsize, shape)?;
        let strides = match strides {
            Some(strides) => strides.to_vec(),
            None => Self::strides_c(itemsize, shape)?,
        };
        let layout = Self {
            itemsize: itemsize_bytes,
            shape: extents,
            strides,
            suboffsets: suboffsets.map(<[i64]>::to_vec),
            count,
        };
        if count > 0 {
            layout.check_reach()?;
        }
        Ok(layout)
    }

    /// `len` plain bytes: how a view answers a SIMPLE request, one axis of items of one byte
    /// (c-api/buffer.html#c.PyBUF_SIMPLE).
    ///
    /// # Errors
    ///
    /// [`LayoutError::NegativeExtent`] for a negative `len`.
    pub fn flat(len: i64) -> Result<Self, LayoutError> {
        Self::new(1, &[len], None, None)
    }

    /// Strides in bytes of C order, last index fastest, as `PyBuffer_FillContiguousStrides` fills
    /// them (c-api/buffer.html#c.PyBuffer_FillContiguousStrides): an extent of 0 makes every stride
    /// before it 0.
    ///
    /// # Errors
    ///
    /// As [`Layout::new`] for itemsize and shape; [`LayoutError::StrideOverflow`] where a stride
    /// does not fit `i64`.
    pub fn strides_c(itemsize: i64, shape: &[i64]) -> Result<Vec<i64>, LayoutError> {
        check_shape(itemsize, shape)?;
        fill_strides(itemsize, shape, (0..shape.len()).rev())
    }

    /// Strides in bytes of Fortran order, first index fastest; else as [`Layout::strides_c`].
    ///
    /// # Errors
    ///
    /// As [`Layout::strides_c`].
    pub fn strides_f(itemsize: i64, shape: &[i64]) -> Result<Vec<i64>, LayoutError> {
        check_shape(itemsize, shape)?;
        fill_strides(itemsize, shape, 0..shape.len())
    }

    /// Every offset, of items and of pointers, fits `i64`; what lies behind a pointer is measured
    /// from that pointer, its suboffset included.
    fn check_reach(&self) -> Result<(), LayoutError> {
        let mut bounds = (0, self.unit_of_part(0));
        for (axis, (&extent, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            bounds = step_bounds(bounds, extent, stride).ok_or(LayoutError::SpanOverflow {
                axis,
                stride,
                extent,
            })?;
            if let Some(suboffset) = self.suboffsets().map(|all| all[axis]).filter(|&s| s >= 0) {
                let end = suboffset
                    .checked_add(self.unit_of_part(axis + 1))
                    .ok_or(LayoutError::SuboffsetOverflow { axis, suboffset })?;
                bounds = (suboffset, end);
            }
        }
        Ok(())
    }

    /// Bytes of what the axes from `first` lead to: a pointer, or an item.
    fn unit_of_part(&self, first: usize) -> i64 {
        match self.indirection_from(first) {
            Some(_) => i64::from(POINTER_BYTES),
            None => self.itemsize.cast_signed(),
        }
    }
}

/// The lowest offset and the end of the highest once one more axis is stepped along.
fn step_bounds((low, high): (i64, i64), extent: u64, stride: i64) -> Option<(i64, i64)> {
    let reach = stride.checked_mul(extent.cast_signed() - 1)?;
    if reach < 0 {
        Some((low.checked_add(reach)?, high))
    } else {
        Some((low, high.checked_add(reach)?))
    }
}

fn check_shape(itemsize: i64, shape: &[i64]) -> Result<(u64, Vec<u64>), LayoutError> {
    let itemsize_bytes = u64::try_from(itemsize).map_err(|_| LayoutError::NegativeItemsize { itemsize })?;
    if shape.len() > MAX_NDIM {
        return Err(LayoutError::TooManyAxes { ndim: shape.len() });
    }
    let extents = shape.iter().enumerate().map(|(axis, &extent)| {
        u64::try_from(extent).map_err(|_| LayoutError::NegativeExtent { axis, extent })
    });
    Ok((itemsize_bytes, extents.collect::<Result<_, _>>()?))
}

fn check_length(array: &'static str, values: Option<&[i64]>, ndim: usize) -> Result<(), LayoutError> {
    match values {
        Some(values) if values.len() != ndim => Err(LayoutError::LengthMismatch {
            array,
            found: values.len(),
            ndim,
        }),
        _ => Ok(()),
    }
}

/// The number of items. One extent of 0 makes the others harmless, however large they are.
fn check_count(itemsize: i64, shape: &[i64]) -> Result<u64, LayoutError> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let (mut count, mut bytes) = (1_i64, itemsize);
    for (axis, &extent) in shape.iter().enumerate() {
        let overflow = LayoutError::SizeOverflow { axis, extent };
        count = count.checked_mul(extent).ok_or_else(|| overflow.clone())?;
        bytes = bytes.checked_mul(extent).ok_or(overflow)?;
    }
    Ok(count.unsigned_abs())
}

fn fill_strides(
    itemsize: i64,
    shape: &[i64],
    fastest_first: impl Iterator<Item = usize>,
) -> Result<Vec<i64>, LayoutError> {
    let mut strides = vec![0; shape.len()];
    let mut stride = Some(itemsize);
    for axis in fastest_first {
        let bytes = stride.ok_or(LayoutError::StrideOverflow { axis })?;
        strides[axis] = bytes;
        stride = bytes.checked_mul(shape[axis]);
    }
    Ok(strides)
}
