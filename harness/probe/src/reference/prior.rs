//! What an exporter reads out of a struct that it is to fill.
//!
//! Knows the fields that a careless one takes for wishes. Must never know what the rest of the answer is.

use bufcheck_model::reference::{DefectKind, PriorFault};
use pyo3::ffi;

use super::draft::Draft;
use super::plan::Plan;

/// What the struct seems to wish for; a negative number is none.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    /// So many bytes.
    Len(isize),
    /// Items of so many bytes.
    Itemsize(isize),
    /// So many axes.
    Ndim(i32),
}

impl Wish {
    /// The wish that this fault reads out of the struct.
    ///
    /// # Safety
    ///
    /// `view` points to a struct that may be read, whatever it holds.
    pub(super) unsafe fn of(fault: Option<DefectKind>, view: *const ffi::Py_buffer) -> Option<Self> {
        let Some(DefectKind::Prior(fault)) = fault else {
            return None;
        };
        // SAFETY: as promised by the caller; each field is plain data.
        let wish = unsafe {
            match fault {
                PriorFault::LenWanted => Self::Len((*view).len),
                PriorFault::ItemsizeWanted => Self::Itemsize((*view).itemsize),
                PriorFault::NdimWanted => Self::Ndim((*view).ndim),
            }
        };
        Some(wish)
    }

    /// Whether it asks for more than there is.
    pub(super) const fn is_too_much(self, plan: &Plan) -> bool {
        matches!(self, Self::Len(len) if len > plan.len)
    }

    pub(super) fn apply(self, draft: &mut Draft) {
        match self {
            Self::Itemsize(itemsize) if itemsize >= 0 && itemsize != draft.itemsize => draft.itemsize = 1,
            Self::Ndim(ndim) if ndim >= 0 && ndim != draft.ndim => draft.ndim = 1,
            Self::Len(_) | Self::Itemsize(_) | Self::Ndim(_) => {}
        }
    }
}
