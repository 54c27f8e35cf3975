//! Fixtures of the family `consistency`: one truth, between answers and against the declaration.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, Subject, conforming, intern, only, refusal, sensible};
use crate::{Violation, broken, each_fires, refused};
use bufcheck_model::observation::{Answer, Array, Content, MemoryviewReading, Text};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use rstest::rstest;
use serde_json::json;

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

pub(crate) fn violations() -> Vec<Violation> {
    let mut all = relations();
    all.extend(declarations());
    all
}

/// The exporter with other bytes behind some requests.
fn showing(class: LayoutClass, which: impl Fn(Request) -> bool, change: impl Fn(&mut Content)) -> Subject {
    conforming(class, false).content(which, change)
}

fn relations() -> Vec<Violation> {
    use LayoutClass::Cnd;
    let later = |change: fn(&mut bufcheck_model::observation::View)| {
        let model = Model::new(Cnd, false);
        model.subject().replaced_in_round(2, only(0x1c), |request| {
            let mut view = model.view(request);
            change(&mut view);
            Answer::Granted(Box::new(view))
        })
    };
    let other_bytes = |content: &mut Content| content.bytes[4] ^= 1;
    vec![
        broken(
            "consistency.fields-follow-request",
            later(|view| view.strides = Array::Elsewhere(vec![4, 8])),
            only(0x1c),
        ),
        broken(
            "consistency.content-equal",
            showing(Cnd, only(0x38), other_bytes),
            only(0x38),
        ),
        broken(
            "consistency.content-equal",
            showing(Cnd, only(0x19), other_bytes),
            only(0x19),
        ),
        broken("consistency.same-after-repeat", forgetful(), only(0x1c)),
    ]
}

/// An exporter that shows other bytes when asked again.
fn forgetful() -> Subject {
    let model = Model::new(LayoutClass::Cnd, false);
    let mut subject = model.subject();
    let mut content = subject.sweep.contents[0].clone();
    content.bytes[4] ^= 1;
    let other = intern(&mut subject.sweep.contents, content);
    subject.replaced_in_round(2, only(0x1c), |request| {
        let mut view = model.view(request);
        view.content = Some(other);
        Answer::Granted(Box::new(view))
    })
}

fn declarations() -> Vec<Violation> {
    use LayoutClass::{C1d, Cnd, Scalar};
    let due = |request: Request| request.wants_format() && request.wants_shape() && sensible(request);
    let readonly = |declared: bool| {
        move |exporter: &mut bufcheck_model::case::ExporterCase| exporter.readonly = Some(declared)
    };
    vec![
        broken(
            "consistency.declared-format",
            conforming(Cnd, false).declaring(|declared| {
                declared.format = Some("<I".into());
                declared.values = None;
            }),
            due,
        ),
        broken(
            "consistency.declared-format",
            conforming(Cnd, false).granted(only(0x1c), |view| view.format = Text::Ascii("{".into())),
            only(0x1c),
        ),
        broken(
            "consistency.declared-shape",
            conforming(Cnd, false).declaring(|declared| declared.shape = Some(vec![3, 2])),
            |request| request.wants_shape() && sensible(request),
        ),
        broken(
            "consistency.declared-shape",
            conforming(Scalar, false).declaring(|declared| declared.shape = Some(vec![1])),
            |request| request.wants_shape() && sensible(request),
        ),
        broken(
            "consistency.declared-readonly",
            conforming(C1d, false).declaring(readonly(true)),
            |_| true,
        ),
        broken(
            "consistency.declared-readonly",
            conforming(C1d, true)
                .declaring(readonly(true))
                .replaced(only(0x9), |request| {
                    Answer::Granted(Box::new(Model::new(C1d, true).view(request)))
                }),
            only(0x9),
        ),
        refused(
            "consistency.declared-readonly",
            conforming(C1d, true).declaring(readonly(false)),
            |request| request.wants_writable() && sensible(request),
        ),
        broken(
            "consistency.declared-values",
            conforming(Cnd, false)
                .declaring(|declared| declared.values = Some(json!([[1, 2, 3], [4, 5, 7]]))),
            sensible,
        ),
        broken(
            "consistency.declared-values",
            showing(Cnd, only(0), |content| content.bytes[20] = 9),
            only(0),
        ),
        broken(
            "consistency.declared-values",
            showing(C1d, only(0x1c), |content| content.bytes.truncate(16)),
            only(0x1c),
        ),
        broken(
            "consistency.memoryview-agrees",
            showing(Cnd, only(0x11c), |content| content.bytes[7] = 1),
            only(0x11c),
        ),
        broken("consistency.memoryview-agrees", short_memoryview(), only(0x11c)),
    ]
}

fn short_memoryview() -> Subject {
    let mut subject = conforming(LayoutClass::Cnd, false);
    subject.made.memoryview = Some(MemoryviewReading::Bytes {
        bytes: subject.sweep.contents[0].bytes[..12].to_vec(),
        complete: true,
    });
    subject
}

#[test]
fn the_first_item_that_differs_is_named() {
    let subject = showing(LayoutClass::Cnd, only(0x1c), |content| content.bytes[20] = 9);
    let hits = subject.hits_of("consistency.declared-values");
    assert_eq!(hits[0].broken.found, "item [1, 2] is 9");
    assert_eq!(hits[0].broken.wanted, "6, as declared");
}

#[rstest]
#[case::cut_by_the_budget(true)]
#[case::longer_than_was_read(false)]
fn as_much_of_memoryview_as_both_read_is_compared(#[case] cut_view: bool) {
    let mut subject = conforming(LayoutClass::Cnd, false);
    if cut_view {
        subject = subject.content(
            |_| true,
            |content| {
                content.bytes.truncate(8);
                content.complete = false;
            },
        );
    } else {
        subject.made.memoryview = Some(MemoryviewReading::Bytes {
            bytes: subject.sweep.contents[0].bytes[..8].to_vec(),
            complete: false,
        });
    }
    assert_eq!(subject.fires_on("consistency.memoryview-agrees"), []);
}

#[test]
fn the_writable_refusal_of_what_the_memory_cannot_meet_is_no_broken_promise() {
    // Strided memory, declared writable: a read-only copy for SIMPLE, WRITABLE refused.
    let model = Model::new(LayoutClass::Strided, false);
    let copy = Model {
        strides: vec![12, 4],
        ..Model::new(LayoutClass::Cnd, true)
    };
    let subject = model.subject().replaced(only(0), |request| {
        let mut view = copy.view(request);
        view.buf = 0x7f00_9000;
        Answer::Granted(Box::new(view))
    });
    assert_eq!(subject.fires_on("consistency.declared-readonly"), []);
}

#[test]
fn refusals_that_come_and_go_are_not_judged() {
    let subject =
        conforming(LayoutClass::C1d, false).replaced_in_round(1, only(0x9), |_| Answer::Refused(refusal()));
    assert_eq!(subject.fires_on("consistency.declared-readonly"), []);
}

#[test]
fn values_are_read_by_a_format_only_where_it_was_asked_for() {
    let model = Model::new(LayoutClass::C1d, false);
    let subject = model.subject().replaced(
        |request| matches!(request.flags(), 0x8 | 0xc),
        |_| {
            let mut view = model.view(Request::new(0xc));
            view.format = Text::Ascii("<f".into());
            Answer::Granted(Box::new(view))
        },
    );
    assert_eq!(
        subject.fires_on("consistency.declared-values"),
        [Request::new(0xc)]
    );
}
