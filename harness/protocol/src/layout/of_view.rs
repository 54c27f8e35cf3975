//! The layout of the memory behind the raw fields of a view.
//!
//! Knows how a consumer reads `shape`, `strides` and `suboffsets`, and what their absence means. Must never know how
//! the fields were read.

use super::{Layout, LayoutError};

/// The numbers behind a pointer of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers<'a> {
    /// The pointer is NULL.
    Null,
    /// The pointer is not NULL, and nobody knows what stands there.
    Unknown,
    /// One number an axis.
    Known(&'a [i64]),
}

/// The fields of a view that say where its items lie, as an exporter filled them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLayout<'a> {
    /// `len`, in bytes.
    pub len: i64,
    /// `itemsize`, in bytes.
    pub itemsize: i64,
    /// `ndim`.
    pub ndim: i32,
    /// Extents in items.
    pub shape: Numbers<'a>,
    /// Steps in bytes.
    pub strides: Numbers<'a>,
    /// Offsets in bytes after an indirection.
    pub suboffsets: Numbers<'a>,
}

/// Why a view has no layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayoutProblem {
    /// The numbers contradict themselves.
    Invalid(LayoutError),
    /// An array could not be read, or was left out where `ndim` would need it.
    Missing,
}

impl Layout {
    /// Shape, strides and suboffsets as a consumer reads them: no shape means `len` single bytes, unless the view is
    /// a scalar; no strides means C order.
    ///
    /// # Errors
    ///
    /// [`LayoutProblem`] where the fields make no sense, or an array could not be read.
    pub fn of_view(raw: &RawLayout<'_>) -> Result<Self, LayoutProblem> {
        let shape = match (raw.shape, raw.ndim) {
            (Numbers::Known(shape), _) => shape,
            // Without a shape the view is flat bytes, unless it is a scalar.
            (Numbers::Null, 0) if raw.len == raw.itemsize => &[],
            (Numbers::Null, _) => return Self::flat(raw.len).map_err(LayoutProblem::Invalid),
            (Numbers::Unknown, _) => return Err(LayoutProblem::Missing),
        };
        let known = |numbers| match numbers {
            Numbers::Null => Ok(None),
            Numbers::Unknown => Err(LayoutProblem::Missing),
            Numbers::Known(values) => Ok(Some(values)),
        };
        Self::new(raw.itemsize, shape, known(raw.strides)?, known(raw.suboffsets)?)
            .map_err(LayoutProblem::Invalid)
    }
}
