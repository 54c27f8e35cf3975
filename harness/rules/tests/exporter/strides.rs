//! Fixtures of the family `strides`: the steps between items.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, Subject, conforming, only, refusal, sensible};
use crate::{Violation, broken, each_fires, refused, refusing_contiguity, unreadable};
use bufcheck_model::observation::{Answer, Array};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::{Request, WellFormed};
use rstest::rstest;

fn with_strides(class: LayoutClass, strides: &[i64]) -> Subject {
    conforming(class, false).granted(Request::wants_strides, |view| {
        view.strides = Array::Elsewhere(strides.to_vec());
    })
}

/// The exporter with other bytes wherever strides are given: what wrong steps lead to.
fn with_other_content(subject: Subject, which: impl Fn(Request) -> bool) -> Subject {
    subject.content(which, |content| content.bytes.rotate_left(3))
}

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    use LayoutClass::{C1d, CFnd, Cnd, Fnd, Strided};
    let odd_step = Model {
        strides: vec![7, 4],
        ..Model::new(CFnd, false)
    };
    let strided = |request: Request| request.wants_strides();
    vec![
        refused(
            "strides.irrelevant-for-extent-one",
            refusing_contiguity(&odd_step),
            contiguity_macro,
        ),
        broken(
            "strides.null-unless-strides",
            conforming(Cnd, false).granted(only(0x8), |view| view.strides = Array::Elsewhere(vec![12, 4])),
            only(0x8),
        ),
        broken(
            "strides.null-unless-strides",
            conforming(Cnd, false).granted(only(0x9), |view| view.strides = Array::Elsewhere(vec![4])),
            only(0x9),
        ),
        broken(
            "strides.non-null-when-requested",
            conforming(Cnd, false).granted(strided, |view| view.strides = Array::Null),
            |request| sensible(request) && request.wants_strides(),
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

fn contiguity_macro(request: Request) -> bool {
    request.well_formed() == WellFormed::Yes && request.flags() & 0xe0 != 0
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
