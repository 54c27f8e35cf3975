//! What was seen of one answer, in buffers that are used again for the next.
//!
//! Knows where each array stood and how each format ended. Must never ask, and never judge.

use std::ffi::c_int;

use bufcheck_model::observation::{Field, FieldSet, References};
use bufcheck_protocol::layout::MAX_NDIM;
use pyo3::ffi::Py_buffer;

/// Bytes of a format that are read in search of its end.
pub(crate) const FORMAT_BOUND: usize = 4096;

/// What stands behind `shape`, `strides` or `suboffsets`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing: NULL or never written.
    #[default]
    Null,
    /// The pointer cannot be read.
    Unreadable,
    /// `ndim` does not say how much to read.
    Unread,
    /// In the struct.
    InView,
    /// On the stack below the asking frame.
    OnStack,
    /// Anywhere else.
    Elsewhere,
}

impl Place {
    /// Whether numbers were copied.
    pub(crate) const fn is_read(self) -> bool {
        matches!(self, Self::InView | Self::OnStack | Self::Elsewhere)
    }
}

/// What stands behind `format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing: NULL or never written.
    #[default]
    Null,
    /// The pointer cannot be read.
    Unreadable,
    /// No NUL within the bound, or within what can be read.
    Unterminated,
    /// A string.
    Terminated,
}

/// What stands in `obj`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Holder {
    /// NULL.
    #[default]
    Null,
    /// The fill pattern.
    Untouched,
    /// The object that was asked.
    Exporter,
    /// Another object.
    Other,
    /// An address where no object can be.
    Stray,
}

/// An answer as it stood right after the exporter returned.
pub(crate) struct Seen {
    /// What the slot returned.
    pub(crate) returned: c_int,
    /// The struct.
    pub(crate) raw: Py_buffer,
    /// Fields equal to the fill pattern.
    pub(crate) untouched: FieldSet,
    /// What `obj` is.
    pub(crate) holder: Holder,
    /// Where shape, strides and suboffsets stand.
    pub(crate) places: [Place; 3],
    /// The numbers that stand there.
    pub(crate) arrays: Box<[[isize; MAX_NDIM]; 3]>,
    /// How the format ends.
    pub(crate) ending: Ending,
    /// Its bytes, without the NUL.
    pub(crate) format: Vec<u8>,
    /// Bytes around the struct were overwritten.
    pub(crate) overrun: bool,
}

impl Seen {
    /// The number of axes, where it is one that can be read.
    pub(crate) fn axes(&self) -> usize {
        axes(self.raw.ndim)
    }

    /// The numbers behind shape (0), strides (1) or suboffsets (2).
    pub(crate) fn array(&self, which: usize) -> &[isize] {
        &self.arrays[which][..self.axes()]
    }

    /// The pointer of shape (0), strides (1) or suboffsets (2).
    pub(crate) fn pointer(&self, which: usize) -> usize {
        match which {
            0 => self.raw.shape as usize,
            1 => self.raw.strides as usize,
            _ => self.raw.suboffsets as usize,
        }
    }
}

/// The fields behind which arrays stand, in the order of [`Seen::places`].
pub(crate) const ARRAYS: [Field; 3] = [Field::Shape, Field::Strides, Field::Suboffsets];

/// As many axes as there are arrays' numbers to read.
pub(crate) fn axes(ndim: c_int) -> usize {
    usize::try_from(ndim)
        .ok()
        .filter(|axes| *axes <= MAX_NDIM)
        .unwrap_or(0)
}

/// What happened between the grant and the next request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aftermath {
    /// What had changed just before the release.
    pub(crate) changed: FieldSet,
    /// Bytes around the struct were overwritten.
    pub(crate) overrun: bool,
    /// The view was not given back.
    pub(crate) unreleased: bool,
    /// References of the exporter.
    pub(crate) references: Option<References>,
    /// References of another owner.
    pub(crate) obj_references: Option<References>,
}
