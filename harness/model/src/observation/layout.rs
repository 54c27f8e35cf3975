//! The layout that a recorded view describes.
//!
//! Knows how the observed arrays are handed on. Must never know what they mean: that is
//! [`Layout::of_view`](bufcheck_protocol::layout::Layout::of_view).

use bufcheck_protocol::layout::{Layout, LayoutProblem, Numbers, RawLayout};

use super::{Array, View};

/// Shape, strides and suboffsets as a consumer reads them. The worker reads contents by it, the rules judge by it.
///
/// # Errors
///
/// [`LayoutProblem`] where the view makes no sense, or an array of it could not be read.
pub fn read_layout(view: &View) -> Result<Layout, LayoutProblem> {
    fn numbers(array: &Array) -> Numbers<'_> {
        match array.values() {
            Some(values) => Numbers::Known(values),
            None if array.is_null() => Numbers::Null,
            None => Numbers::Unknown,
        }
    }
    Layout::of_view(&RawLayout {
        len: view.len,
        itemsize: view.itemsize,
        ndim: view.ndim,
        shape: numbers(&view.shape),
        strides: numbers(&view.strides),
        suboffsets: numbers(&view.suboffsets),
    })
}
