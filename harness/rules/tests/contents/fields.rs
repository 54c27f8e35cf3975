//! Violations in the numbers: axes, extents, steps, suboffsets.

use bufcheck_model::observation::{Answer, Array, Field};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::{Request, WellFormed};
use rstest::rstest;

use super::support::model::FlatNdim;
use super::support::{Model, Subject, conforming, intern, only, refusal, sensible};
use super::{Violation, broken, each_fires, refusing};

fn unreadable() -> Array {
    Array::Unreadable(0x7f00_0001)
}

/// The exporter with its requests for shapes changed.
fn with_shape(class: LayoutClass, change: impl Fn(&mut Vec<i64>)) -> Subject {
    conforming(class, false).granted(Request::wants_shape, |view| {
        if let Array::Elsewhere(shape) = &mut view.shape {
            change(shape);
        }
    })
}

fn with_strides(class: LayoutClass, strides: &[i64]) -> Subject {
    conforming(class, false).granted(Request::wants_strides, |view| {
        view.strides = Array::Elsewhere(strides.to_vec());
    })
}

/// The exporter with other bytes wherever strides are given: what wrong steps lead to.
fn with_other_content(subject: Subject, which: impl Fn(Request) -> bool) -> Subject {
    subject.content(which, |content| content.bytes.rotate_left(3))
}

fn refusing_contiguity(model: &Model) -> Subject {
    let contiguous = |request: Request| !request.wants_strides() || request.flags() & 0xe0 != 0;
    model
        .subject()
        .replaced(contiguous, |_| Answer::Refused(refusal()))
}

fn contiguity_macro(request: Request) -> bool {
    request.well_formed() == WellFormed::Yes && request.flags() & 0xe0 != 0
}

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    let mut all = axes();
    all.extend(extents());
    all.extend(steps());
    all.extend(indirections());
    all
}

fn axes() -> Vec<Violation> {
    use LayoutClass::{C1d, CFnd, Cnd, Empty, Scalar};
    let odd_step = Model {
        strides: vec![7, 4],
        ..Model::new(CFnd, false)
    };
    let empty = Model {
        shape: vec![0],
        strides: vec![8],
        ..Model::new(Empty, false)
    };
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
            conforming(Cnd, false).granted(only(0x1c), |view| view.shape = unreadable()),
            only(0x1c),
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
        broken(
            "scalar.shape-strides-suboffsets-null",
            conforming(Scalar, false).granted(Request::wants_strides, |view| {
                view.strides = Array::Unread(0x7f00_2000);
            }),
            Request::wants_strides,
        ),
        broken(
            "scalar.len-is-itemsize",
            conforming(Scalar, false).granted(only(0x8), |view| view.len = 8),
            only(0x8),
        ),
        broken(
            "scalar.len-is-itemsize",
            Model {
                flat_ndim: FlatNdim::Zero,
                ..Model::new(Scalar, false)
            }
            .subject()
            .granted(only(0), |view| view.len = 1),
            only(0),
        ),
        refusing(
            "scalar.contiguous-both-ways",
            conforming(Scalar, false).replaced(Request::wants_f, |_| Answer::Refused(refusal())),
            |request| request.wants_f() && request.well_formed() == WellFormed::Yes,
        ),
        broken(
            "empty.len-zero",
            conforming(Empty, false).granted(only(0x1d), |view| view.len = 12),
            only(0x1d),
        ),
        refusing(
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
        refusing(
            "strides.irrelevant-for-extent-one",
            refusing_contiguity(&odd_step),
            contiguity_macro,
        ),
    ]
}

fn extents() -> Vec<Violation> {
    use LayoutClass::{C1d, Cnd};
    vec![
        broken(
            "shape.null-unless-nd",
            conforming(Cnd, true).granted(
                |request| !request.wants_shape(),
                |view| view.shape = Array::Elsewhere(vec![2, 3]),
            ),
            |request| !request.wants_shape(),
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
            "shape.product-equals-len",
            conforming(C1d, false).granted(only(0x18), |view| view.itemsize = 0),
            only(0x18),
        ),
        broken(
            "shape.product-equals-len",
            with_shape(Cnd, |shape| shape[0] = 24),
            Request::wants_shape,
        ),
        broken(
            "shape.product-equals-len",
            with_shape(C1d, |shape| shape[0] = i64::MAX),
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

fn steps() -> Vec<Violation> {
    use LayoutClass::{C1d, Cnd, Fnd, Strided};
    let strided = |request: Request| request.wants_strides();
    vec![
        broken(
            "strides.null-unless-strides",
            conforming(Cnd, false).granted(only(0x8), |view| view.strides = Array::Elsewhere(vec![12, 4])),
            only(0x8),
        ),
        broken(
            "strides.null-unless-strides",
            conforming(Cnd, false).granted(only(0x10), |view| view.strides = Array::Elsewhere(vec![4])),
            only(0x10),
        ),
        broken(
            "strides.non-null-when-requested",
            conforming(Cnd, false).granted(strided, |view| view.strides = Array::Null),
            strided,
        ),
        broken(
            "strides.non-null-when-requested",
            conforming(Cnd, false).granted(only(0x38), |view| {
                view.strides = Array::Null;
                view.untouched.insert(Field::Strides);
            }),
            only(0x38),
        ),
        broken(
            "strides.bytes-not-elements",
            with_other_content(with_strides(Cnd, &[3, 1]), strided),
            strided,
        ),
        // Only the first axis is counted in items.
        broken(
            "strides.bytes-not-elements",
            with_other_content(with_strides(Cnd, &[3, 4]), strided),
            strided,
        ),
        broken("strides.bytes-not-elements", with_strides(Fnd, &[1, 2]), strided),
        // The content happens to be the same, but contiguous memory was demanded.
        broken(
            "strides.bytes-not-elements",
            conforming(C1d, false).granted(only(0x38), |view| view.strides = Array::Elsewhere(vec![1])),
            only(0x38),
        ),
        broken(
            "strides.bytes-not-elements",
            conforming(Fnd, false).granted(only(0x98), |view| view.strides = Array::Elsewhere(vec![1, 2])),
            only(0x98),
        ),
        broken(
            "strides.multiple-of-itemsize",
            with_strides(Strided, &[31, 8]),
            strided,
        ),
        broken(
            "strides.pointer-readable",
            conforming(Cnd, false).granted(only(0x1c), |view| view.strides = unreadable()),
            only(0x1c),
        ),
    ]
}

fn indirections() -> Vec<Violation> {
    use LayoutClass::{Cnd, Pil};
    let unreadable_items = |request: Request| {
        let mut subject = conforming(Pil, false);
        let mut content = subject.sweep.contents[0].clone();
        content.bytes.truncate(12);
        content.complete = false;
        content.unreadable = Some(bufcheck_model::observation::Unreadable {
            index: vec![1, 0],
            address: 0x7f00_3000,
        });
        let lost = intern(&mut subject.sweep.contents, content);
        subject.granted(only(request.flags()), |view| view.content = Some(lost))
    };
    vec![
        broken(
            "suboffsets.null-unless-indirect",
            conforming(Cnd, false).granted(only(0x1c), |view| {
                view.suboffsets = Array::Elsewhere(vec![-1, -1]);
            }),
            only(0x1c),
        ),
        broken(
            "suboffsets.null-when-all-negative",
            conforming(Cnd, false).granted(only(0x11c), |view| {
                view.suboffsets = Array::Elsewhere(vec![-1, -5]);
            }),
            only(0x11c),
        ),
        broken(
            "suboffsets.pointers-aligned-and-valid",
            unreadable_items(Request::FULL_RO),
            only(0x11c),
        ),
        broken(
            "suboffsets.pointers-aligned-and-valid",
            conforming(Pil, false).granted(only(0x118), |view| view.buf += 4),
            only(0x118),
        ),
        broken(
            "suboffsets.pointers-aligned-and-valid",
            conforming(Pil, false).granted(only(0x118), |view| view.strides = Array::Elsewhere(vec![4, 4])),
            only(0x118),
        ),
        broken(
            "suboffsets.pointer-readable",
            conforming(Pil, false).granted(only(0x118), |view| view.suboffsets = unreadable()),
            only(0x118),
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

#[test]
fn an_exporter_that_takes_no_contiguity_for_other_reasons_is_left_in_peace() {
    // With ordinary strides the refusal has another cause.
    let subject = refusing_contiguity(&Model::new(LayoutClass::CFnd, false));
    assert_eq!(subject.fires_on("strides.irrelevant-for-extent-one"), []);
    // Refused without the contiguity demand as well.
    let odd = Model {
        strides: vec![7, 4],
        ..Model::new(LayoutClass::CFnd, false)
    };
    let formats_refused = odd
        .subject()
        .replaced(Request::wants_format, |_| Answer::Refused(refusal()));
    assert_eq!(formats_refused.fires_on("strides.irrelevant-for-extent-one"), []);
    assert!(
        formats_refused
            .sweep
            .requests
            .iter()
            .any(|flags| sensible(Request::new(*flags)))
    );
}

#[test]
fn malformed_contiguity_of_a_scalar_may_be_refused() {
    let half = |request: Request| request.well_formed() != WellFormed::Yes;
    let subject = conforming(LayoutClass::Scalar, false).replaced(half, |_| Answer::Refused(refusal()));
    assert_eq!(subject.fires_on("scalar.contiguous-both-ways"), []);
}

#[rstest]
#[case::writable(false, "writable")]
#[case::readonly(true, "read-only")]
fn items_that_share_bytes_show_a_camp(#[case] readonly: bool, #[case] camp: &str) {
    assert_eq!(
        conforming(LayoutClass::Broadcast, readonly)
            .camp("strides.broadcast-writable")
            .as_deref(),
        Some(camp)
    );
    assert_eq!(
        conforming(LayoutClass::Cnd, readonly).camp("strides.broadcast-writable"),
        None
    );
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
