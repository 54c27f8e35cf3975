//! Fixtures of the family `memory`: bounds, reading, writing and constancy.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, conforming, intern, only};
use crate::{Violation, broken, each_fires, flat, handing_out, readonly_subject};
use bufcheck_model::observation::{Array, Content, Field, Unreadable};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use rstest::rstest;

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
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
                offset: None,
            }),
            ..Content::default()
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
    let changing =
        |field: Field| conforming(Cnd, false).granted(only(0x1c), move |view| view.changed.insert(field));
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

/// What is said of the first request whose content has this in it.
fn said(rule: &str, spoil: impl Fn(&mut Content)) -> String {
    let mut subject = conforming(LayoutClass::C1d, false);
    subject.sweep.contents.iter_mut().for_each(spoil);
    let found = subject.hits_of(rule).into_iter().next();
    found.map(|hit| hit.broken.found).unwrap_or_default()
}

#[test]
fn the_place_that_is_not_there_is_named() {
    let page = |index: &[u64], offset| Unreadable {
        index: index.to_vec(),
        address: 0x7f00_2000,
        offset: Some(offset),
    };
    for (place, words) in [
        (page(&[1024], 4096), "item [1024] cannot be read"),
        // Where axes interleave nobody knows which item it is.
        (page(&[], 4096), "the byte 4096 bytes from buf cannot be read"),
        (page(&[], 0), "an item cannot be read"),
    ] {
        let found = said("memory.readable-whole-extent", |content| {
            content.complete = false;
            content.unreadable = Some(place.clone());
        });
        assert!(found.starts_with(words), "{found}");
    }
    for (place, words) in [
        (
            Some(page(&[1024], 4096)),
            "readonly 0, but item [1024] cannot be written",
        ),
        (
            Some(page(&[0], 0)),
            "readonly 0, but the memory cannot be written",
        ),
        (None, "readonly 0, but the memory cannot be written"),
    ] {
        let found = said("memory.writable-when-not-readonly", |content| {
            content.writable = Some(false);
            content.unwritable.clone_from(&place);
        });
        assert_eq!(found, words);
    }
}

#[test]
fn nobody_needs_to_write_to_a_view_that_is_read_only() {
    let mut subject = readonly_subject();
    for content in &mut subject.sweep.contents {
        content.writable = Some(false);
    }
    assert_eq!(subject.fires_on("memory.writable-when-not-readonly"), []);
}

#[test]
fn memory_served_as_it_lies_is_told_from_a_view_out_of_bounds() {
    // The strided view is right; the flat one is the fault, and another rule's.
    let strided = Model::new(LayoutClass::Strided, false);
    let subject = handing_out(&strided, flat, 0x7f00_1000, &[1, 0, 2, 0, 3, 0]);
    assert_eq!(subject.fires_on("memory.verify-structure"), []);
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
