//! Fixtures of the family `shape`: the extents.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Subject, conforming, only, sensible};
use crate::{Violation, broken, each_fires, unreadable};
use bufcheck_model::observation::Array;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;

/// The exporter with its requests for shapes changed.
fn with_shape(class: LayoutClass, change: impl Fn(&mut Vec<i64>)) -> Subject {
    conforming(class, false).granted(Request::wants_shape, |view| {
        if let Array::Elsewhere(shape) = &mut view.shape {
            change(shape);
        }
    })
}

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    use LayoutClass::{C1d, Cnd};
    vec![
        broken(
            "shape.null-unless-nd",
            conforming(Cnd, true).granted(
                |request| !request.wants_shape(),
                |view| view.shape = Array::Elsewhere(vec![2, 3]),
            ),
            |request| sensible(request) && !request.wants_shape(),
        ),
        broken(
            "shape.null-unless-nd",
            conforming(C1d, true).granted(only(0), |view| view.shape = Array::InView(vec![24])),
            only(0),
        ),
        broken(
            "shape.non-negative",
            with_shape(Cnd, |shape| shape[1] = -3),
            Request::wants_shape,
        ),
        broken(
            "shape.consistent-across-requests",
            conforming(Cnd, false).granted(only(0x1c), |view| view.shape = Array::Elsewhere(vec![3, 2])),
            only(0x1c),
        ),
        broken(
            "shape.pointer-readable",
            conforming(Cnd, false).granted(only(0x8), |view| view.shape = unreadable()),
            only(0x8),
        ),
    ]
}
