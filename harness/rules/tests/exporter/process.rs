//! Fixtures of the family `process`: the end of a process, in words.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::c1d;
use crate::fires;
use crate::support::Subject;
use bufcheck_model::observation::{Death, HowEnded, InFlight, Phase};
use bufcheck_protocol::request::Request;
use rstest::rstest;

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
