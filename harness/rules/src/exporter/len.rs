//! Rules of the family `len`: the length of the content in bytes.
//!
//! Knows that it is the size of a contiguous copy. Must never know what the bytes mean.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Grant;
use bufcheck_model::observation::Field;
use bufcheck_protocol::layout::{LayoutClass, Order};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "len.product-of-shape-times-itemsize",
        check: Check::Granted(product),
    },
    Rule {
        id: "len.logical-not-physical",
        check: Check::Granted(logical),
    },
    Rule {
        id: "len.request-independent",
        check: Check::Relation,
    },
    Rule {
        id: "len.non-negative",
        check: Check::Granted(non_negative),
    },
];

/// The extents that the view shows: none for a scalar, `None` where no shape was asked and the object is no scalar.
fn extents<'a>(grant: &Grant<'a>) -> Option<&'a [i64]> {
    let view = grant.view;
    let native = || grant.evidence.native();
    let scalar =
        || grant.request.wants_shape() || native().is_some_and(|native| native.class == LayoutClass::Scalar);
    match view.shape.values() {
        Some(shape) => Some(shape),
        None if view.ndim == 0 && view.shape.is_null() && scalar() => Some(&[]),
        None => None,
    }
}

fn product(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    let shape = extents(grant)?;
    if view.untouched.contains(Field::Len)
        || view.itemsize < 0
        || shape.iter().any(|extent| *extent < 0)
        || view.untouched.contains(Field::Itemsize)
    {
        return None;
    }
    let size = size(shape, view.itemsize)?;
    (size != view.len).then(|| {
        Broken::new(
            format!("`len` is {}", view.len),
            format!(
                "{size}: the product of `shape` {shape:?} times `itemsize` {}",
                view.itemsize
            ),
        )
    })
}

/// Extents times item size in bytes; `None` beyond `Py_ssize_t`.
fn size(shape: &[i64], itemsize: i64) -> Option<i64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(itemsize, |size, extent| size.checked_mul(*extent))
}

fn logical(grant: &Grant<'_>) -> Option<Broken> {
    let layout = grant.facts.layout.as_ref().ok()?;
    let len = u64::try_from(grant.view.len).ok()?;
    if len == layout.size() || layout.needs_indirection() || layout.is_contiguous(Order::Any) {
        return None;
    }
    (len == layout.span().len()).then(|| {
        Broken::new(
            format!("`len` is {len}, the distance from the first to the last byte"),
            format!("{}: the bytes of a contiguous copy", layout.size()),
        )
    })
}

fn non_negative(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    if view.len < 0 && !view.untouched.contains(Field::Len) {
        return Some(Broken::new(format!("`len` is {}", view.len), "0 or more bytes"));
    }
    let shape = extents(grant)?;
    if view.itemsize < 0 || shape.iter().any(|extent| *extent < 0) || view.untouched.contains(Field::Itemsize)
    {
        return None;
    }
    size(shape, view.itemsize).is_none().then(|| {
        Broken::new(
            format!(
                "`shape` {shape:?} times `itemsize` {} does not fit `len`",
                view.itemsize
            ),
            "a length in bytes that fits Py_ssize_t",
        )
    })
}
