//! Fixtures of the family `side`: what an object does beside answering.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::Subject;
use crate::{c1d, fires};
use bufcheck_model::observation::{Effect, Phase, Touched};
use rstest::rstest;

fn doing(what: Touched, phase: Phase, requests: &[i32], told: Option<&str>) -> Subject {
    let mut subject = c1d();
    subject.sweep.effects = vec![Effect {
        what,
        phase,
        requests: requests.to_vec(),
        told: told.map(str::to_owned),
    }];
    subject
}

#[rstest]
#[case(
    Touched::Output,
    "something is written to standard output, `a view` while answering a request"
)]
#[case(
    Touched::Error,
    "something is written to standard error, `a view` while answering a request"
)]
fn nothing_is_written(#[case] what: Touched, #[case] found: &str) {
    let subject = doing(what, Phase::Ask, &[0x18], Some("a view"));
    fires("side.standard-output", &subject, &[0x18]);
    assert_eq!(subject.hits_of("side.standard-output")[0].broken.found, found);
}

#[rstest]
#[case(
    Touched::Directory,
    Some("/"),
    "the working directory is another one, now `/`"
)]
#[case(Touched::Locale("LC_NUMERIC".into()), Some("de_DE"), "`LC_NUMERIC` of the locale is another one, now `de_DE`")]
#[case(Touched::Handler(2), None, "signal 2 (SIGINT) is handled otherwise")]
#[case(Touched::Handler(30), None, "signal 30 is handled otherwise")]
#[case(
    Touched::Mask,
    Some("077"),
    "the mask for the modes of new files is another one, now `077`"
)]
#[case(Touched::Left, None, "a descriptor stays open, one more for each object")]
#[case(Touched::Stream(1), None, "descriptor 1 is closed or leads elsewhere")]
fn the_process_is_left_as_it_was(#[case] what: Touched, #[case] told: Option<&str>, #[case] found: &str) {
    let subject = doing(what, Phase::Release, &[0x18], told);
    fires("side.process-state", &subject, &[0x18]);
    assert_eq!(
        subject.hits_of("side.process-state")[0].broken.found,
        format!("{found} while releasing a view")
    );
}

#[rstest]
#[case(Touched::Output)]
#[case(Touched::Directory)]
#[case(Touched::Left)]
fn who_made_the_object_may_do_as_they_like(#[case] what: Touched) {
    let subject = doing(what, Phase::Make, &[], None);
    assert!(subject.hits_of("side.standard-output").is_empty());
    assert!(subject.hits_of("side.process-state").is_empty());
}

#[test]
fn the_request_that_was_just_the_first_is_not_blamed() {
    let first = c1d().sweep.requests[0];
    let subject = doing(Touched::Mask, Phase::Ask, &[first], None);
    assert_eq!(subject.hits_of("side.process-state")[0].requests, []);
    let subject = doing(Touched::Output, Phase::Ask, &[first, 0x18], None);
    assert_eq!(subject.hits_of("side.standard-output")[0].requests.len(), 2);
}
