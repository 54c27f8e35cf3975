//! Fixtures of the family `process`: the end of a process, in words.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::c1d;
use crate::fires;
use crate::support::Subject;
use bufcheck_model::observation::{Allocator, Death, Effect, HowEnded, InFlight, Phase, Touched};
use bufcheck_protocol::request::Request;
use rstest::rstest;

#[rstest]
#[case(
    HowEnded::Signal(11),
    Phase::Ask,
    "the process was killed by signal 11 (SIGSEGV) while answering a request"
)]
#[case(
    HowEnded::Hung,
    Phase::Release,
    "the process did not come back within the deadline while releasing a view"
)]
#[case(
    HowEnded::Exit(0),
    Phase::Read,
    "the process ended with status 0 while the view was read"
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

#[rstest]
#[case(
    Allocator::C,
    "the process was ended by the C library, which found its heap damaged (SIGABRT) while releasing a view"
)]
#[case(
    Allocator::Python,
    "the process was ended by Python's allocator, which found a block damaged (SIGABRT) while releasing a view"
)]
fn what_an_allocator_found_is_no_mere_death(#[case] who: Allocator, #[case] found: &str) {
    let during = InFlight {
        phase: Phase::Release,
        request: Some(Request::STRIDES),
    };
    let subject = died(HowEnded::Damaged(who), during);
    fires("memory.heap-intact", &subject, &[0x18]);
    assert_eq!(subject.hits_of("memory.heap-intact")[0].broken.found, found);
    assert_eq!(subject.hits_of("process.survives"), []);
    let aborted = died(HowEnded::Signal(6), during);
    assert_eq!(aborted.hits_of("memory.heap-intact"), []);
    fires("process.survives", &aborted, &[0x18]);
}

fn died(how: HowEnded, during: InFlight) -> Subject {
    Subject {
        deaths: vec![Death {
            how,
            during,
            alone: true,
            once_in: None,
            crash: None,
        }],
        ..c1d()
    }
}

#[rstest]
#[case(HowEnded::Signal(4), "was killed by signal 4 (SIGILL)")]
#[case(HowEnded::Signal(5), "was killed by signal 5 (SIGTRAP)")]
#[case(HowEnded::Signal(6), "was killed by signal 6 (SIGABRT)")]
#[case(HowEnded::Signal(7), "was killed by signal 7 (SIGBUS)")]
#[case(HowEnded::Signal(8), "was killed by signal 8 (SIGFPE)")]
#[case(HowEnded::Signal(9), "was killed by signal 9 (SIGKILL)")]
#[case(HowEnded::Signal(13), "was killed by signal 13 (SIGPIPE)")]
#[case(HowEnded::Signal(14), "was killed by signal 14 (SIGALRM)")]
#[case(HowEnded::Signal(15), "was killed by signal 15 (SIGTERM)")]
#[case(HowEnded::Signal(64), "was killed by signal 64")]
#[case(HowEnded::Exit(0), "ended with status 0")]
#[case(HowEnded::Exit(-1_073_741_819), "ended with status 0xc0000005")]
#[case(HowEnded::Silent, "closed the pipe of the protocol")]
#[case(HowEnded::Hung, "did not come back within the deadline")]
#[case(HowEnded::Flooded, "printed without end, more than 16 MiB")]
#[case(HowEnded::Crowded, "started processes without end, more than 200 at a time")]
fn deaths_are_named(#[case] how: HowEnded, #[case] found: &str) {
    let during = InFlight {
        phase: Phase::Idle,
        request: None,
    };
    let subject = died(how, during);
    assert_eq!(
        subject.hits_of("process.survives")[0].broken.found,
        format!("the process {found} between two requests")
    );
}

#[test]
fn the_same_end_of_several_requests_is_one_finding() {
    let death = |request| Death {
        how: HowEnded::Signal(11),
        during: InFlight {
            phase: Phase::Ask,
            request: Some(request),
        },
        alone: true,
        once_in: None,
        crash: None,
    };
    let subject = Subject {
        deaths: vec![death(Request::SIMPLE), death(Request::STRIDES)],
        ..c1d()
    };
    fires("process.survives", &subject, &[0, 0x18]);
    assert_eq!(subject.hits_of("process.survives").len(), 1);
}

#[test]
fn what_was_seen_once_says_so() {
    let mut subject = died(
        HowEnded::Signal(11),
        InFlight {
            phase: Phase::Ask,
            request: Some(Request::STRIDES),
        },
    );
    subject.deaths[0].once_in = Some(3);
    let found = &subject.hits_of("process.survives")[0].broken.found;
    assert!(
        found.ends_with("while answering a request, seen once in 3 runs"),
        "{found}"
    );
}

#[test]
fn processes_that_live_on_are_told_by_their_commands() {
    let mut subject = c1d();
    subject.sweep.effects.push(Effect {
        what: Touched::Process,
        phase: Phase::Idle,
        requests: Vec::new(),
        told: Some("sleep 1000".into()),
    });
    fires("process.leaves-children", &subject, &[]);
    let found = &subject.hits_of("process.leaves-children")[0].broken.found;
    assert!(found.starts_with("`sleep 1000` was started"), "{found}");
    assert!(subject.hits_of("side.process-state").is_empty());
    assert!(c1d().hits_of("process.leaves-children").is_empty());
}
