//! Every rule over single answers fires on an exporter that breaks it, on the right requests, and is silent on one
//! that does not. One file a family, as in `src/exporter/`.
//!
//! Knows the ideal exporter and ways to spoil it. Must never know how a rule finds out, nor need Python.

mod buf;
mod clean;
mod consistency;
mod empty;
mod format;
mod itemsize;
mod len;
mod memory;
mod ndim;
mod obj;
mod process;
mod readonly;
mod refusal;
mod release;
mod request;
mod scalar;
mod shape;
mod side;
mod strides;
mod suboffsets;
#[path = "../support/mod.rs"]
mod support;
mod view;

use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{Answer, Array, Content, ObjRef, Owner, Sweep};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::{Check, Hit, rules};
use support::model::POISONS;
use support::{Model, Subject, conforming, intern, refusal, sensible, told};

const WRITABLE: bool = false;
const READONLY: bool = true;

fn c1d() -> Subject {
    conforming(LayoutClass::C1d, WRITABLE)
}

fn cnd() -> Subject {
    conforming(LayoutClass::Cnd, WRITABLE)
}

fn any(_: Request) -> bool {
    true
}

fn readonly_subject() -> Subject {
    conforming(LayoutClass::C1d, READONLY)
}

/// Writes 0 into the lowest byte of `readonly` alone.
fn half_written(subject: Subject) -> Subject {
    POISONS.into_iter().fold(subject, |subject, poison| {
        subject.granted_in(
            |other| other == poison,
            any,
            |view| {
                view.readonly = i32::from_le_bytes([0, poison, poison, poison]);
            },
        )
    })
}

/// The object without a declaration: what is not declared is judged by what shows.
fn undeclared(subject: Subject) -> Subject {
    subject.declaring(|declared| *declared = ExporterCase::default())
}

/// An owner other than the exporter.
fn other(type_name: &str, exports: bool) -> ObjRef {
    ObjRef::Other(Owner {
        type_name: type_name.into(),
        address: 0x7f00_5000,
        exports,
        releases: exports,
    })
}

/// Native memory of this class, handed out for these requests although it does not meet them: who was not told the
/// steps, or the pointers, reads other bytes.
fn handed_out(class: LayoutClass, which: impl Fn(Request) -> bool) -> Subject {
    let model = Model::new(class, WRITABLE);
    let mut subject = model.subject();
    let mut content = subject.sweep.contents[0].clone();
    content.bytes.reverse();
    let other = intern(&mut subject.sweep.contents, content);
    subject.replaced(which, |request| {
        let mut view = model.view(request);
        if view.strides.is_null() || model.suboffsets.is_some() {
            view.content = Some(other);
        }
        Answer::Granted(Box::new(view))
    })
}

fn refusing(class: LayoutClass, readonly: bool, which: impl Fn(Request) -> bool) -> Subject {
    conforming(class, readonly).replaced(which, |_| Answer::Refused(refusal()))
}

/// The rule fires on exactly these requests.
#[track_caller]
fn fires(id: &str, subject: &Subject, requests: &[i32]) {
    let found: Vec<String> = subject.fires_on(id).into_iter().map(Request::hex).collect();
    let wanted: Vec<String> = requests.iter().map(|flags| Request::new(*flags).hex()).collect();
    assert_eq!(found, wanted, "{}", told(&subject.hits_of(id)));
    assert!(!subject.hits_of(id).is_empty(), "`{id}` is silent");
}

/// Rules that only tell: they may fire on an exporter without faults.
const TELLING: [&str; 3] = [
    "format.struct-parseable",
    "format.prefix-scope",
    "strides.multiple-of-itemsize",
];

/// The families about what a view says of its memory; which requests are answered is another matter.
const SAID: [&str; 10] = [
    "format",
    "ndim",
    "scalar",
    "empty",
    "shape",
    "strides",
    "suboffsets",
    "contig",
    "memory",
    "consistency",
];

/// Every violation of a rule of these families that is more than a note.
fn findings(subject: &Subject) -> Vec<Hit> {
    let said = |id: &str| id.split('.').next().is_some_and(|family| SAID.contains(&family));
    let covered = rules().filter(|rule| said(rule.id) && !TELLING.contains(&rule.id));
    subject.judge(covered, &support::data::relations())
}

#[track_caller]
fn silent(subject: &Subject) {
    let found = findings(subject);
    assert!(found.is_empty(), "{found:#?}");
}

/// Asserts that the rule fires on exactly these of the requests that were granted or refused.
/// An exporter that breaks a rule, and the requests on which that must show.
struct Violation {
    rule: &'static str,
    subject: Subject,
    on: Box<dyn Fn(Request) -> bool>,
}

/// Breaks the rule on those of the selected requests that are granted.
fn broken(rule: &'static str, subject: Subject, on: impl Fn(Request) -> bool + 'static) -> Violation {
    let granted: Vec<Request> =
        subject.with_evidence(|evidence| evidence.grants().map(|grant| grant.request).collect());
    Violation {
        rule,
        subject,
        on: Box::new(move |request| on(request) && granted.contains(&request)),
    }
}

/// Breaks the rule on those of the selected requests that are refused.
fn refused(rule: &'static str, subject: Subject, on: impl Fn(Request) -> bool + 'static) -> Violation {
    let refused: Vec<Request> =
        subject.with_evidence(|evidence| evidence.denials().map(|denial| denial.request).collect());
    Violation {
        rule,
        subject,
        on: Box::new(move |request| on(request) && refused.contains(&request)),
    }
}

/// Asserts that each rule fires on the requests of its violation and on no other.
#[track_caller]
fn each_fires(violations: Vec<Violation>) {
    for Violation { rule, subject, on } in violations {
        let asked = subject.sweep.requests.iter().map(|flags| Request::new(*flags));
        let wanted: Vec<Request> = asked.filter(|request| on(*request)).collect();
        assert!(!wanted.is_empty(), "{rule}: the fixture selects no request");
        assert_eq!(
            subject.fires_on(rule),
            wanted,
            "{rule}: {:#?}",
            subject.hits_of(rule)
        );
    }
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

fn refusing_contiguity(model: &Model) -> Subject {
    let contiguous = |request: Request| !request.wants_strides() || request.flags() & 0xe0 != 0;
    model
        .subject()
        .replaced(contiguous, |_| Answer::Refused(refusal()))
}

fn unreadable() -> Array {
    Array::Unreadable(0x7f00_0001)
}

#[test]
fn nothing_fires_on_exporters_without_faults() {
    for model in Model::every() {
        let subject = model.subject();
        for subject in [undeclared(subject.clone()), subject] {
            let hits = subject.accusations();
            assert!(hits.is_empty(), "{model:?}{}", told(&hits));
        }
    }
}

#[test]
fn nothing_fires_on_an_object_that_was_never_asked() {
    let subject = Subject {
        sweep: Sweep::default(),
        ..c1d()
    };
    assert!(subject.hits().is_empty(), "{}", told(&subject.hits()));
}

/// What shows only over time is tried by scenarios, and proven by a mutant each (`bufcheck selftest`); what consumers do,
/// and what the interpreter answers, is tried in folders of their own.
#[test]
fn every_rule_is_tried_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exporter");
    let files = std::fs::read_dir(folder).expect("this folder");
    let source: String = files
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text"))
        .collect();
    let untried: Vec<&str> = rules()
        .filter(|rule| !matches!(rule.check, Check::Scenario | Check::Consumer | Check::Interpreter))
        .filter(|rule| !source.contains(&format!("\"{}\"", rule.id)))
        .map(|rule| rule.id)
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
}

fn violations() -> impl Iterator<Item = Violation> {
    let families = [
        consistency::violations(),
        empty::violations(),
        format::violations(),
        memory::violations(),
        ndim::violations(),
        scalar::violations(),
        shape::violations(),
        strides::violations(),
        suboffsets::violations(),
    ];
    families.into_iter().flatten()
}

/// Texts are shown to readers of several runs: they hold no address, and stay short.
#[test]
fn findings_are_short_and_hold_no_address() {
    for violation in violations() {
        for hit in violation.subject.hits_of(violation.rule) {
            for text in [&hit.broken.found, &hit.broken.wanted] {
                assert!(
                    !text.contains("0x7f") && !text.contains("7f00"),
                    "{}: {text}",
                    hit.rule
                );
                assert!(text.len() < 160, "{}: {text}", hit.rule);
            }
        }
    }
}
