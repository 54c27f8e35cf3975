//! Fixtures of the family `ndim`: the number of axes.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::model::FlatNdim;
use crate::support::{Model, conforming, only};
use crate::{Violation, broken, each_fires};
use bufcheck_model::observation::Array;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use rstest::rstest;

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    use LayoutClass::{C1d, Cnd};
    vec![
        broken(
            "ndim.non-negative",
            conforming(C1d, false).granted(only(0), |view| view.ndim = -1),
            only(0),
        ),
        broken(
            "ndim.max-64",
            conforming(Cnd, false).granted(only(0x18), |view| {
                view.ndim = 65;
                view.shape = Array::Unread(0x7f00_2000);
            }),
            only(0x18),
        ),
        broken(
            "ndim.matches-array-lengths",
            conforming(Cnd, false).granted(only(0x1c), |view| view.strides = Array::InView(vec![4, 0])),
            only(0x1c),
        ),
        broken(
            "ndim.same-with-shape",
            conforming(Cnd, false).granted(only(0x18), |view| view.ndim = 1),
            only(0x18),
        ),
    ]
}

#[rstest]
#[case::one(LayoutClass::Cnd, FlatNdim::One, Some("one"))]
#[case::zero(LayoutClass::Cnd, FlatNdim::Zero, Some("zero"))]
#[case::truth(LayoutClass::Cnd, FlatNdim::Truth, Some("true"))]
#[case::zero_of_one_axis(LayoutClass::C1d, FlatNdim::Zero, Some("zero"))]
#[case::one_of_a_scalar(LayoutClass::Scalar, FlatNdim::One, Some("one"))]
#[case::one_axis_fits_two_camps(LayoutClass::C1d, FlatNdim::One, None)]
#[case::a_scalar_fits_two_camps(LayoutClass::Scalar, FlatNdim::Zero, None)]
#[case::nothing_flat_is_granted(LayoutClass::Strided, FlatNdim::One, None)]
fn camps_of_ndim(#[case] class: LayoutClass, #[case] flat_ndim: FlatNdim, #[case] camp: Option<&str>) {
    let model = Model {
        flat_ndim,
        ..Model::new(class, false)
    };
    assert_eq!(model.subject().camp("ndim.when-shape-null").as_deref(), camp);
}

#[rstest]
#[case::one_item(4, None)]
#[case::several_items(24, Some("zero"))]
fn one_item_without_any_shape_shows_no_camp(#[case] len: i64, #[case] camp: Option<&str>) {
    let model = Model {
        flat_ndim: FlatNdim::Zero,
        ..Model::new(LayoutClass::C1d, false)
    };
    let flat = model
        .subject()
        .replaced(Request::wants_shape, |_| model.refuse())
        .granted(|_| true, |view| view.len = len);
    assert_eq!(flat.camp("ndim.when-shape-null").as_deref(), camp);
}
