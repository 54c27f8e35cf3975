//! Every rule of the families request, refusal, obj, view, buf, len, readonly, itemsize, release and process
//! fires on an exporter that breaks it, on the right requests, and is silent on one that does not.
//!
//! Knows the ideal exporter and one way to spoil it for each rule. Must never know how a rule finds out.

#[path = "answers/fields.rs"]
mod fields;
#[path = "answers/owner.rs"]
mod owner;
#[path = "answers/refusal.rs"]
mod refusals;
#[path = "answers/request.rs"]
mod requests;
mod support;

use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{Answer, Death, HowEnded, InFlight, ObjRef, Owner, Phase, Sweep};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use bufcheck_rules::{Check, rules};
use rstest::rstest;
use support::model::POISONS;
use support::{Model, Subject, conforming, refusal, told};

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

/// Native memory of this class, handed out for these requests although it does not meet them.
fn handed_out(class: LayoutClass, which: impl Fn(Request) -> bool) -> Subject {
    let model = Model::new(class, WRITABLE);
    model
        .subject()
        .replaced(which, |request| Answer::Granted(Box::new(model.view(request))))
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

#[rstest]
#[case(
    HowEnded::Signal(11),
    Phase::Ask,
    "killed by signal 11 (SIGSEGV) while answering STRIDES (0x018)"
)]
#[case(
    HowEnded::Hung,
    Phase::Release,
    "did not come back within the deadline while releasing STRIDES (0x018)"
)]
#[case(
    HowEnded::Exit(0),
    Phase::Read,
    "the process ended with status 0 while the view was read, after STRIDES (0x018)"
)]
fn the_process_survives(#[case] how: HowEnded, #[case] phase: Phase, #[case] found: &str) {
    let during = InFlight {
        phase,
        request: Some(Request::STRIDES),
    };
    let subject = died(how, during);
    fires("process.survives", &subject, &[0x18]);
    assert_eq!(subject.hits_of("process.survives")[0].broken.found, found);
}

fn died(how: HowEnded, during: InFlight) -> Subject {
    Subject {
        deaths: vec![Death {
            how,
            during,
            alone: true,
        }],
        ..c1d()
    }
}

#[rstest]
#[case(HowEnded::Signal(4), "killed by signal 4 (SIGILL)")]
#[case(HowEnded::Signal(5), "killed by signal 5 (SIGTRAP)")]
#[case(HowEnded::Signal(6), "killed by signal 6 (SIGABRT)")]
#[case(HowEnded::Signal(7), "killed by signal 7 (SIGBUS)")]
#[case(HowEnded::Signal(8), "killed by signal 8 (SIGFPE)")]
#[case(HowEnded::Signal(9), "killed by signal 9 (SIGKILL)")]
#[case(HowEnded::Signal(13), "killed by signal 13 (SIGPIPE)")]
#[case(HowEnded::Signal(14), "killed by signal 14 (SIGALRM)")]
#[case(HowEnded::Signal(15), "killed by signal 15 (SIGTERM)")]
#[case(HowEnded::Signal(64), "killed by signal 64")]
#[case(HowEnded::Exit(0), "the process ended with status 0")]
#[case(HowEnded::Exit(-1_073_741_819), "the process ended with status 0xc0000005")]
#[case(HowEnded::Silent, "the process fell silent")]
#[case(HowEnded::Hung, "did not come back within the deadline")]
fn deaths_are_named(#[case] how: HowEnded, #[case] found: &str) {
    let during = InFlight {
        phase: Phase::Idle,
        request: None,
    };
    let subject = died(how, during);
    assert_eq!(
        subject.hits_of("process.survives")[0].broken.found,
        format!("{found} between two requests")
    );
}

#[test]
fn every_rule_of_these_families_is_tried_here() {
    let families = [
        "request", "refusal", "obj", "view", "buf", "len", "readonly", "itemsize", "release", "process", "py",
    ];
    let source = concat!(
        include_str!("answers.rs"),
        include_str!("answers/fields.rs"),
        include_str!("answers/owner.rs"),
        include_str!("answers/refusal.rs"),
        include_str!("answers/request.rs"),
    );
    let untried: Vec<&str> = rules()
        // What shows only over time is tried by scenarios, and proven by a mutant each (`bufcheck selftest`).
        .filter(|rule| !matches!(rule.check, Check::Scenario))
        .filter(|rule| {
            rule.id
                .split_once('.')
                .is_some_and(|(family, _)| families.contains(&family))
        })
        .filter(|rule| !source.contains(&format!("\"{}\"", rule.id)))
        .map(|rule| rule.id)
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
    assert!(rules().any(|rule| matches!(rule.check, Check::Camp(_))));
}
