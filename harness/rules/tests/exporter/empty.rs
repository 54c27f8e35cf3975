//! Fixtures of the family `empty`: views without bytes.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, conforming, only};
use crate::{Violation, broken, each_fires, refused, refusing_contiguity};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::{Request, WellFormed};

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    use LayoutClass::Empty;
    let empty = Model {
        shape: vec![0],
        strides: vec![8],
        ..Model::new(Empty, false)
    };
    vec![
        broken(
            "empty.len-zero",
            conforming(Empty, false).granted(only(0x1d), |view| view.len = 12),
            only(0x1d),
        ),
        refused(
            "empty.counts-as-contiguous",
            refusing_contiguity(&empty),
            |request| request.well_formed() == WellFormed::Yes,
        ),
        broken(
            "empty.itemsize-still-real",
            conforming(Empty, false).granted(Request::wants_format, |view| view.itemsize = 0),
            Request::wants_format,
        ),
        broken(
            "empty.itemsize-still-real",
            conforming(Empty, false).granted(only(0), |view| view.itemsize = 0),
            only(0),
        ),
    ]
}
