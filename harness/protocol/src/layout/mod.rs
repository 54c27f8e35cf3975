//! Shape, strides, suboffsets and itemsize of a view, as one checked value.
//!
//! Knows how indices become byte offsets, and what follows from that: contiguity, the bytes that
//! are touched, overlap, the order of a walk. Must never know formats, requests or rules, and never
//! touches memory itself: a walk reads through the caller's [`Memory`].
//!
//! What an exporter wrote is parsed once, by [`Layout::new`]. A `Layout` that exists has extents
//! that are not negative, arrays of one length, a size in bytes and a touched range that fit `i64`;
//! so everything behind that door is plain arithmetic. All numbers are 64 bits wide whatever the
//! host is, because a recorded run may be judged on another machine.
//!
//! Without suboffsets the item with the indices `i0, i1, ..` lies `i0*strides[0] + i1*strides[1] +
//! ..` bytes from `buf` (c-api/buffer.html#numpy-style-shape-and-strides). An axis with a suboffset
//! of zero or more interrupts the sum: what has been reached is a pointer; it is followed, the
//! suboffset is added, and the sum goes on from there
//! (c-api/buffer.html#pil-style-shape-strides-and-suboffsets). The **direct part** of a layout is
//! what can be computed before any pointer is followed: all axes where there is no indirection,
//! else the axes up to and including the first indirection, with pointers in the place of items.
//!
//! ```
//! use bufcheck_protocol::layout::{Layout, LayoutClass, Order, Run};
//!
//! // Two rows of three 2-byte items, every row padded to 8 bytes.
//! let rows = Layout::new(2, &[2, 3], Some(&[8, 2]), None)?;
//! assert_eq!(rows.size(), 12);
//! assert!(!rows.is_contiguous(Order::Any));
//! assert_eq!(rows.class(), LayoutClass::Strided);
//! assert_eq!(rows.offsets().collect::<Vec<_>>(), [0, 2, 4, 8, 10, 12]);
//! assert_eq!(rows.runs().nth(1), Some(Run { offset: 8, len: 6 }));
//! # Ok::<(), bufcheck_protocol::layout::LayoutError>(())
//! ```

mod bounds;
mod class;
mod contiguity;
mod of_view;
mod offsets;
mod overlap;
mod parse;
mod runs;
mod touches;
mod walk;

pub use bounds::{Span, StructureFault};
pub use class::LayoutClass;
pub use contiguity::Order;
pub use of_view::{LayoutProblem, Numbers, RawLayout};
pub use offsets::Offsets;
pub use overlap::Overlap;
pub use parse::LayoutError;
pub use runs::{Run, Runs};
pub use walk::{Memory, WalkError, Walked};

/// Most axes a view may have: `PyBUF_MAX_NDIM` (c-api/buffer.html#c.Py_buffer.ndim).
pub const MAX_NDIM: usize = 64;

/// Bytes of a pointer where nothing else is said: every interpreter that matters here but the
/// 32-bit ones, for which [`Layout::span_with_pointers`] takes the width.
pub const POINTER_BYTES: u8 = 8;

/// Shape, strides, suboffsets and itemsize that make sense together; see the [module](self).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout {
    itemsize: u64,
    shape: Vec<u64>,
    strides: Vec<i64>,
    suboffsets: Option<Vec<i64>>,
    count: u64,
}

impl Layout {
    /// Number of axes; 0 is a single item.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Bytes of one item; may be 0.
    pub fn itemsize(&self) -> u64 {
        self.itemsize
    }

    /// Items along each axis.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Bytes from one item to the next along each axis; those of C order where none were given.
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// Bytes to add after following the pointer of each axis, negative where there is none to
    /// follow; `None` where the view had no such array.
    pub fn suboffsets(&self) -> Option<&[i64]> {
        self.suboffsets.as_deref()
    }

    /// Number of items: the product of the shape, so 1 where there are no axes.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Logical length in bytes, `count * itemsize`: what `len` of a view must say, and the size of a
    /// contiguous copy, not the distance between the first and the last byte
    /// (c-api/buffer.html#c.Py_buffer.len).
    pub fn size(&self) -> u64 {
        self.count * self.itemsize
    }

    /// Whether there is no byte to read: an extent of 0, or items of no size. That is the
    /// interpreter's own notion, `len == 0` (`Objects/abstract.c`, `_IsCContiguous`).
    pub fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// Whether a pointer must be followed to reach the items: some suboffset is 0 or more
    /// (c-api/buffer.html#c.Py_buffer.suboffsets: any negative number means no dereference).
    pub fn needs_indirection(&self) -> bool {
        self.indirection_from(0).is_some()
    }

    /// The first axis at or behind `axis` whose pointer is to be followed, and its suboffset.
    fn indirection_from(&self, axis: usize) -> Option<(usize, i64)> {
        let suboffsets = self.suboffsets.as_deref()?;
        let found = suboffsets[axis..].iter().position(|&suboffset| suboffset >= 0)?;
        Some((axis + found, suboffsets[axis + found]))
    }

    /// Extent and stride of each axis, first axis first.
    fn axes(&self) -> impl DoubleEndedIterator<Item = Axis> + ExactSizeIterator + Clone {
        let axes = self.shape.iter().zip(&self.strides);
        axes.map(|(&extent, &stride)| Axis { extent, stride })
    }

    /// How many axes the direct part has, and the bytes of what it leads to (item or pointer).
    fn direct_part(&self, pointer_bytes: u8) -> (usize, u64) {
        match self.indirection_from(0) {
            Some((axis, _)) => (axis + 1, u64::from(pointer_bytes)),
            None => (self.ndim(), self.itemsize),
        }
    }
}

/// One axis: how many steps there are, and the bytes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    extent: u64,
    stride: i64,
}
