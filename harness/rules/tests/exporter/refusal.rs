//! Fixtures of the family `refusal`: how a request is turned down.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::model::RefusedObj;
use crate::support::{Model, Subject, only, raised, refusal};
use crate::{READONLY, WRITABLE, any, c1d, fires, other, readonly_subject, refusing};
use bufcheck_model::observation::{Answer, ObjRef};
use bufcheck_protocol::layout::LayoutClass;
use rstest::rstest;

#[rstest]
#[case("ValueError")]
#[case("TypeError")]
#[case("KeyboardInterrupt")]
fn refusals_raise_buffererror(#[case] type_name: &str) {
    let subject = readonly_subject().refused(only(0x19), |refusal| {
        refusal.raised = Some(raised(type_name, false));
    });
    fires("refusal.raises-buffererror", &subject, &[0x19]);
    assert!(
        subject
            .hits_of("refusal.other-error-when-cause-differs")
            .is_empty()
    );
    assert!(subject.hits_of("py.raise-buffererror").is_empty());
}

#[test]
fn refusals_of_a_python_class_are_another_rule() {
    let mut subject = readonly_subject().refused(only(0x19), |refusal| {
        refusal.raised = Some(raised("ValueError", false));
    });
    subject.made.python_level = true;
    fires("py.raise-buffererror", &subject, &[0x19]);
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

/// A class that answers every request with an exception that no state explains. For a type in C the same is
/// excused: some types fill the slot for objects that cannot export.
#[rstest]
#[case::type_error("TypeError", true, true)]
#[case::state("ValueError", true, false)]
#[case::in_c("TypeError", false, false)]
fn a_class_that_refuses_all(#[case] type_name: &str, #[case] python_level: bool, #[case] accused: bool) {
    let mut subject = c1d().replaced(any, |_| {
        let mut refusal = refusal();
        refusal.raised = Some(raised(type_name, false));
        Answer::Refused(refusal)
    });
    subject.made.python_level = python_level;
    assert_eq!(!subject.hits_of("py.raise-buffererror").is_empty(), accused);
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

#[test]
fn a_subclass_of_buffererror_will_do() {
    let subject =
        readonly_subject().refused(any, |refusal| refusal.raised = Some(raised("mylib.Closed", true)));
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

#[rstest]
#[case::no_memory(
    readonly_subject().refused(only(0x19), |refusal| refusal.raised = Some(raised("MemoryError", false))),
    vec![0x19]
)]
#[case::comes_and_goes(
    c1d().replaced_in_round(2, only(0x18), |_| {
        let mut refusal = refusal();
        refusal.raised = Some(raised("RuntimeError", false));
        Answer::Refused(refusal)
    }),
    vec![0x18]
)]
fn other_errors_have_other_causes(#[case] subject: Subject, #[case] requests: Vec<i32>) {
    fires("refusal.other-error-when-cause-differs", &subject, &requests);
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
}

#[test]
fn a_closed_object_raises_what_it_likes() {
    let subject = refusing(LayoutClass::C1d, WRITABLE, any)
        .refused(any, |refusal| refusal.raised = Some(raised("ValueError", false)));
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
    assert!(
        !subject
            .hits_of("refusal.other-error-when-cause-differs")
            .is_empty()
    );
}

#[test]
fn verdict_and_exception_agree() {
    let id = "refusal.returns-minus-one";
    fires(id, &c1d().granted(only(0x8), |view| view.returned = 1), &[0x8]);
    fires(
        id,
        &c1d().granted(only(0x8), |view| view.raised = Some(raised("ValueError", false))),
        &[0x8],
    );
    fires(
        id,
        &readonly_subject().refused(only(0x9), |refusal| refusal.raised = None),
        &[0x9],
    );
}

#[rstest]
#[case(RefusedObj::Cleared, "cleared")]
#[case(RefusedObj::Untouched, "untouched")]
fn obj_after_a_refusal_shows_a_camp(#[case] refused_obj: RefusedObj, #[case] camp: &str) {
    let model = Model {
        refused_obj,
        ..Model::new(LayoutClass::C1d, READONLY)
    };
    assert_eq!(model.subject().camp("refusal.obj-null").as_deref(), Some(camp));
}

#[test]
fn obj_after_a_refusal_shows_no_camp_without_one() {
    assert_eq!(c1d().camp("refusal.obj-null"), None);
}

#[rstest]
#[case(ObjRef::Exporter)]
#[case(other("bytes", true))]
#[case(ObjRef::Stray(0x8))]
fn a_refusal_leaves_no_owner(#[case] obj: ObjRef) {
    let subject = readonly_subject().refused(only(0x1), |refusal| refusal.obj = obj.clone());
    fires("refusal.obj-not-owned", &subject, &[0x1]);
}

#[test]
fn a_refusal_leaves_no_reference() {
    let subject = readonly_subject().refused(only(0x1), |refusal| refusal.references = Some(1));
    fires("refusal.no-export-counted", &subject, &[0x1]);
    let once = readonly_subject().replaced_in_round(0, only(0x1), |_| {
        let mut refusal = refusal();
        refusal.references = Some(1);
        Answer::Refused(refusal)
    });
    assert!(once.hits_of("refusal.no-export-counted").is_empty());
    // What each round leaves behind, once garbage is collected: a leak every time, a last error the first time.
    for (kept, leaks) in [
        ([130; 4], true),
        ([0; 4], false),
        ([1, 0, 0, 0], false),
        ([2, -1, 2, 2], false),
    ] {
        let mut subject = subject.clone();
        for (round, kept) in subject.sweep.rounds.iter_mut().zip(kept) {
            round.references = Some(kept);
        }
        assert_eq!(
            !subject.hits_of("refusal.no-export-counted").is_empty(),
            leaks,
            "{kept:?}"
        );
    }
}

#[test]
fn verdicts_are_repeatable() {
    let subject = c1d().replaced_in_round(3, only(0x38), |_| Answer::Refused(refusal()));
    fires("refusal.repeatable", &subject, &[0x38]);
}

#[test]
fn refusals_say_why() {
    let subject = readonly_subject().refused(only(0x1), |refusal| {
        refusal
            .raised
            .as_mut()
            .expect("a refusal has an exception")
            .message
            .clear();
    });
    fires("refusal.message-not-empty", &subject, &[0x1]);
}

#[test]
fn nonsense_may_be_refused_in_other_words() {
    let subject = readonly_subject().replaced(only(0x10), |_| {
        let mut refusal = refusal();
        refusal.raised = Some(raised("ValueError", false));
        Answer::Refused(refusal)
    });
    assert!(subject.hits_of("refusal.raises-buffererror").is_empty());
    let interrupted = subject.refused(only(0x10), |refusal| {
        refusal.raised = Some(raised("KeyboardInterrupt", false));
    });
    fires("refusal.raises-buffererror", &interrupted, &[0x10]);
}
