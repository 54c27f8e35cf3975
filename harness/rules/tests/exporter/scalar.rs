//! Fixtures of the family `scalar`: views without axes.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{conforming, refusal};
use crate::{Violation, broken, each_fires, refused};
use bufcheck_model::observation::{Answer, Array};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::{Request, WellFormed};

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    use LayoutClass::Scalar;
    vec![
        broken(
            "scalar.shape-strides-suboffsets-null",
            conforming(Scalar, false).granted(Request::wants_strides, |view| {
                view.strides = Array::Unread(0x7f00_2000);
            }),
            Request::wants_strides,
        ),
        refused(
            "scalar.contiguous-both-ways",
            conforming(Scalar, false).replaced(Request::wants_f, |_| Answer::Refused(refusal())),
            |request| request.wants_f() && request.well_formed() == WellFormed::Yes,
        ),
    ]
}

#[test]
fn malformed_contiguity_of_a_scalar_may_be_refused() {
    let half = |request: Request| request.well_formed() != WellFormed::Yes;
    let subject = conforming(LayoutClass::Scalar, false).replaced(half, |_| Answer::Refused(refusal()));
    assert_eq!(subject.fires_on("scalar.contiguous-both-ways"), []);
}
