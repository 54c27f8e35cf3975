//! Fixtures of the family `empty`: views without bytes.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::Model;
use crate::{Violation, each_fires, refused, refusing_contiguity};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::WellFormed;

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
    vec![refused(
        "empty.counts-as-contiguous",
        refusing_contiguity(&empty),
        |request| request.well_formed() == WellFormed::Yes,
    )]
}
