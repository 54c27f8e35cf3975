//! Violations in what stands in memory: order, bounds, reading, writing, constancy.

use bufcheck_model::observation::{Answer, Array, Content, Field, Unreadable};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;

use rstest::rstest;

use super::support::{Model, Subject, conforming, intern, only, sensible};
use super::{Violation, broken, each_fires};

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    let mut all = order();
    all.extend(bounds());
    all.extend(constancy());
    all
}

/// The exporter with its native memory handed out, and these bytes seen, where it does not meet the request.
fn handing_out(model: &Model, which: impl Fn(Request) -> bool, at: u64, bytes: &[i32]) -> Subject {
    let mut subject = model.subject();
    let content = Content {
        bytes: bytes.iter().flat_map(|value| value.to_le_bytes()).collect(),
        complete: true,
        ..Content::default()
    };
    let seen = intern(&mut subject.sweep.contents, content);
    subject.replaced(which, |request| {
        let mut view = model.view(request);
        view.buf = at;
        view.content = Some(seen);
        Answer::Granted(Box::new(view))
    })
}

fn flat(request: Request) -> bool {
    !request.wants_strides() && sensible(request)
}

fn order() -> Vec<Violation> {
    let reversed = Model::new(LayoutClass::Negative, false);
    let fortran = Model::new(LayoutClass::Fnd, false);
    let asks_c = |request: Request| request.wants_c();
    vec![
        // The last item stands first in memory.
        broken(
            "contig.negative-stride-not-contiguous",
            handing_out(&reversed, flat, 0x7f00_1000 - 20, &[6, 5, 4, 3, 2, 1]),
            flat,
        ),
        // `buf` kept, so that the bytes behind the memory are read.
        broken(
            "contig.negative-stride-not-contiguous",
            handing_out(&reversed, flat, 0x7f00_1000, &[1, 0, 0, 0, 0, 0]),
            flat,
        ),
        // A copy of the memory as it lies.
        broken(
            "contig.negative-stride-not-contiguous",
            handing_out(&reversed, flat, 0x7f00_9000, &[6, 5, 4, 3, 2, 1]),
            flat,
        ),
        broken(
            "contig.negative-stride-not-contiguous",
            reversed.subject().replaced(asks_c, |request| {
                Answer::Granted(Box::new(reversed.view(request)))
            }),
            asks_c,
        ),
        broken(
            "contig.f-order-not-served-flat",
            handing_out(&fortran, flat, 0x7f00_1000, &[1, 4, 2, 5, 3, 6]),
            flat,
        ),
        broken(
            "contig.f-order-not-served-flat",
            handing_out(&fortran, flat, 0x7f00_9000, &[1, 4, 2, 5, 3, 6]),
            flat,
        ),
    ]
}

fn bounds() -> Vec<Violation> {
    use LayoutClass::{C1d, Cnd};
    let beyond = |strides: &[i64]| {
        let mut subject = conforming(Cnd, false);
        let mut content = subject.sweep.contents[0].clone();
        content.bytes[20] = 99;
        let other = intern(&mut subject.sweep.contents, content);
        let strides = strides.to_vec();
        subject.granted(only(0x18), move |view| {
            view.strides = Array::Elsewhere(strides.clone());
            view.content = Some(other);
        })
    };
    let lost = |at: usize| {
        let mut subject = conforming(Cnd, false);
        let content = Content {
            bytes: subject.sweep.contents[0].bytes[..at].to_vec(),
            complete: false,
            unreadable: Some(Unreadable {
                index: vec![1, 2],
                address: 0x7f00_1014,
            }),
            writable: None,
        };
        let index = intern(&mut subject.sweep.contents, content);
        (subject, index)
    };
    let (unreadable, cut) = lost(20);
    let (astray, cut_off) = lost(12);
    let (mut lost_later, after) = lost(0);
    lost_later.sweep.rounds[2].content_after = Some(after);
    let mut protected = conforming(C1d, false);
    for content in &mut protected.sweep.contents {
        content.writable = Some(false);
    }
    vec![
        broken("memory.verify-structure", beyond(&[24, 4]), only(0x18)),
        broken("memory.verify-structure", beyond(&[-12, 4]), only(0x18)),
        // Where nothing can be read there is no other content to tell it by.
        broken(
            "memory.verify-structure",
            astray.granted(only(0x18), move |view| {
                view.strides = Array::Elsewhere(vec![1 << 44, 4]);
                view.content = Some(cut_off);
            }),
            only(0x18),
        ),
        broken(
            "memory.verify-structure",
            conforming(C1d, false).granted(only(0x1c), |view| {
                view.strides = Array::Elsewhere(vec![i64::MAX]);
            }),
            only(0x1c),
        ),
        broken(
            "memory.verify-structure",
            conforming(C1d, false).granted(only(0), |view| view.buf = u64::MAX - 8),
            only(0),
        ),
        broken(
            "memory.readable-whole-extent",
            unreadable.granted(only(0x19), move |view| view.content = Some(cut)),
            only(0x19),
        ),
        broken("memory.writable-when-not-readonly", protected, |_| true),
        broken("memory.valid-until-release", lost_later, only(0x11c)),
    ]
}

fn constancy() -> Vec<Violation> {
    use LayoutClass::Cnd;
    let changing =
        |field: Field| conforming(Cnd, false).granted(only(0x1c), move |view| view.changed.insert(field));
    vec![
        broken(
            "memory.arrays-valid-until-release",
            changing(Field::Shape),
            only(0x1c),
        ),
        broken(
            "memory.arrays-valid-until-release",
            changing(Field::Strides),
            only(0x1c),
        ),
        broken(
            "memory.arrays-valid-until-release",
            changing(Field::Suboffsets),
            only(0x1c),
        ),
        broken(
            "memory.not-on-stack",
            conforming(Cnd, false).granted(only(0x8), |view| view.shape = Array::OnStack(vec![2, 3])),
            only(0x8),
        ),
        broken("memory.location-stable", changing(Field::Buf), only(0x1c)),
    ]
}

#[test]
fn memory_served_as_it_lies_is_told_from_a_view_out_of_bounds() {
    // The strided view is right; the flat one is the fault, and another rule's.
    let strided = Model::new(LayoutClass::Strided, false);
    let subject = handing_out(&strided, flat, 0x7f00_1000, &[1, 0, 2, 0, 3, 0]);
    assert_eq!(subject.fires_on("memory.verify-structure"), []);
}

#[test]
fn the_same_order_by_chance_is_no_violation() {
    // A palindrome reads the same from both ends.
    let model = Model {
        values: vec![1, 2, 3, 3, 2, 1],
        ..Model::new(LayoutClass::Negative, false)
    };
    let subject = handing_out(&model, flat, 0x7f00_9000, &[1, 2, 3, 3, 2, 1]);
    assert_eq!(subject.fires_on("contig.negative-stride-not-contiguous"), []);
}

#[rstest]
#[case::far_away(0x7f00_9000, false)]
#[case::right_behind(0x7f00_1018, false)]
#[case::right_before(0x7f00_0fe8, false)]
#[case::half_outside(0x7f00_100c, true)]
#[case::one_byte_in_front(0x7f00_0fff, true)]
#[case::half_in_front(0x7f00_0ff4, true)]
fn only_what_begins_or_ends_in_the_block_leaves_it(#[case] buf: u64, #[case] leaves: bool) {
    let mut subject = conforming(LayoutClass::C1d, false);
    let mut content = subject.sweep.contents[0].clone();
    content.bytes[20] ^= 1;
    let other = intern(&mut subject.sweep.contents, content);
    let subject = subject.granted(only(0x18), move |view| {
        view.buf = buf;
        view.content = Some(other);
    });
    let wanted: &[Request] = if leaves { &[Request::STRIDES] } else { &[] };
    assert_eq!(subject.fires_on("memory.verify-structure"), wanted);
}
