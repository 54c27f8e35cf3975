//! Rules of the family `shape`: the extents.
//!
//! Knows what `shape` may hold and when it must be NULL. Must never know strides, or how `len` came about.
//!
//! Source: `c-api/buffer#c.Py_buffer.shape` and `c-api/buffer#shape-strides-suboffsets`.

use super::words::sensible;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Grant;
use bufcheck_model::observation::Array;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "shape.null-unless-nd",
        check: Check::Granted(null_unless_nd),
    },
    Rule {
        id: "shape.non-negative",
        check: Check::Granted(non_negative),
    },
    Rule {
        id: "shape.consistent-across-requests",
        check: Check::Relation,
    },
    Rule {
        id: "shape.pointer-readable",
        check: Check::Granted(pointer_readable),
    },
];

fn null_unless_nd(grant: &Grant<'_>) -> Option<Broken> {
    (sensible(grant.request) && !grant.request.wants_shape() && !grant.view.shape.is_null())
        .then(|| Broken::new(set("shape", &grant.view.shape), "shape NULL without ND"))
}

fn non_negative(grant: &Grant<'_>) -> Option<Broken> {
    let shape = grant.view.shape.values()?;
    let axis = shape.iter().position(|extent| *extent < 0)?;
    Some(Broken::new(
        format!("shape[{axis}] is {}", shape[axis]),
        "extents of 0 or more",
    ))
}

fn pointer_readable(grant: &Grant<'_>) -> Option<Broken> {
    unreadable("shape", &grant.view.shape, grant.view.ndim)
}

/// An array that should not be there, in words.
pub(super) fn set(name: &str, array: &Array) -> String {
    match array.values() {
        Some(values) => format!("{name} {values:?}"),
        None => format!("{name} not NULL"),
    }
}

/// A pointer behind which `ndim` numbers cannot be read.
pub(super) fn unreadable(name: &str, array: &Array, ndim: i32) -> Option<Broken> {
    matches!(array, Array::Unreadable(_)).then(|| {
        Broken::new(
            format!("{name} points where {ndim} numbers cannot be read"),
            format!("{name} points at {ndim} readable numbers"),
        )
    })
}
