//! Who is to blame when a subject is asked, with servers that die as they are told.

use bufcheck_model::not_asked::{Kind, Why};
use bufcheck_model::observation::{HowEnded, Phase};
use bufcheck_model::wire::{JobOutcome, StepOutcome};
use bufcheck_protocol::request::Request;
use rstest::rstest;

use crate::exporter::fake::{Fake, answered, asked, ended, ends_at, subject};
use crate::exporter::observed::Observed;
use crate::exporter::patience::Patience;
use crate::exporter::requests::ask;
use crate::supervise::server::Lost;

const SEGV: HowEnded = HowEnded::Signal(11);

/// Asks twenty requests, makes sure of what is not, and hands back the server as well.
fn observe(mut server: Fake<'_>) -> (Observed, Fake<'_>) {
    let requests: Vec<Request> = (0..20).map(Request::new).collect();
    let subject = subject();
    let mut patience = Patience::default();
    let (mut observed, asking) = ask(&mut server, &subject, &requests, &[], &mut patience);
    asking.settle(&mut server, &mut observed, &mut patience);
    (observed, server)
}

fn answers(observed: &Observed) -> Vec<i32> {
    match &observed.outcome {
        Some(JobOutcome::Done { steps, .. }) => match &steps[0] {
            StepOutcome::Sweep(sweep) => sweep.requests.clone(),
            StepOutcome::Scenario(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => {
                panic!("no sweep")
            }
        },
        _ => Vec::new(),
    }
}

fn all_but(fatal: &[i32]) -> Vec<i32> {
    (0..20).filter(|request| !fatal.contains(request)).collect()
}

#[rstest]
#[case::segv(SEGV)]
#[case::bus(HowEnded::Signal(7))]
#[case::abort(HowEnded::Signal(6))]
#[case::illegal(HowEnded::Signal(4))]
#[case::arithmetic(HowEnded::Signal(8))]
#[case::trap(HowEnded::Signal(5))]
#[case::sys(HowEnded::Signal(31))]
#[case::windows(HowEnded::Exit(-1_073_741_819))]
fn a_crash_that_is_seen_once_is_a_death_and_everything_else_is_answered(#[case] how: HowEnded) {
    let (observed, _) = observe(Fake::new(|job, number| {
        if number == 1 {
            ends_at(job, 8, how)
        } else {
            answered(job)
        }
    }));
    let [death] = &*observed.deaths else {
        panic!("{observed:?}")
    };
    assert_eq!((death.how, death.once_in, death.alone), (how, Some(3), false));
    assert_eq!(answers(&observed), all_but(&[]));
    assert!(
        observed.faults.is_empty() && observed.not_asked.is_empty(),
        "{observed:?}"
    );
}

#[rstest]
#[case::exit(HowEnded::Exit(3), "ended with status 3")]
#[case::killed(HowEnded::Signal(9), "was killed by signal 9 (SIGKILL)")]
#[case::silent(HowEnded::Silent, "closed the pipe")]
fn another_end_that_does_not_come_again_is_a_fault(#[case] how: HowEnded, #[case] told: &str) {
    let (observed, _) = observe(Fake::new(|job, number| {
        if number == 1 {
            ends_at(job, 8, how)
        } else {
            answered(job)
        }
    }));
    assert!(observed.deaths.is_empty());
    let [fault] = &*observed.faults else {
        panic!("{observed:?}")
    };
    assert!(
        fault.contains(told) && fault.ends_with("seen once in 3 runs"),
        "{fault}"
    );
    assert_eq!(answers(&observed), all_but(&[]));
}

#[test]
fn a_fatal_request_is_taken_out_and_the_others_are_answered() {
    let (observed, server) = observe(Fake::new(|job, _| ends_at(job, 8, SEGV)));
    let [death] = &*observed.deaths else {
        panic!("{observed:?}")
    };
    assert_eq!((death.alone, death.once_in), (true, None));
    assert_eq!(asked(&server.jobs[1]), [8], "it is tried alone");
    assert_eq!(answers(&observed), all_but(&[8]));
    assert!(observed.not_asked.is_empty());
}

#[test]
fn what_does_not_come_back_is_taken_out_and_costs_two_deadlines() {
    let (observed, server) = observe(Fake::new(|job, _| ends_at(job, 8, HowEnded::Hung)));
    let hows: Vec<HowEnded> = observed.deaths.iter().map(|death| death.how).collect();
    assert_eq!(hows, [HowEnded::Hung]);
    assert_eq!(answers(&observed), all_but(&[8]));
    assert!(
        observed.not_asked.is_empty() && observed.faults.is_empty(),
        "{observed:?}"
    );
    assert_eq!(server.waited, 2);
}

#[test]
fn what_came_back_the_second_time_is_a_fault_and_its_answer_counts() {
    let (observed, server) = observe(Fake::new(|job, number| {
        if number == 1 {
            ends_at(job, 8, HowEnded::Hung)
        } else {
            answered(job)
        }
    }));
    assert!(observed.deaths.is_empty());
    assert_eq!(observed.faults.len(), 1, "{observed:?}");
    assert!(observed.faults[0].contains("did not come back"), "{observed:?}");
    assert_eq!(answers(&observed), all_but(&[]));
    assert_eq!(server.waited, 1);
}

#[test]
fn after_two_deadlines_what_is_left_is_not_asked() {
    let (observed, server) = observe(Fake::new(|job, _| {
        let first = asked(job).into_iter().find(|request| *request >= 4);
        first.map_or_else(|| answered(job), |request| ends_at(job, request, HowEnded::Hung))
    }));
    assert_eq!(server.waited, 2);
    assert_eq!(observed.deaths.len(), 2, "{observed:?}");
    assert_eq!(answers(&observed), [0, 1, 2, 3], "what came back is judged");
    let [left] = &*observed.not_asked else {
        panic!("{observed:?}")
    };
    assert_eq!(
        (left.what, left.count, left.why),
        (Kind::Requests, 14, Why::GivenUp)
    );
}

#[test]
fn after_three_deaths_what_is_left_is_not_asked() {
    let (observed, server) = observe(Fake::new(|job, _| {
        let first = asked(job).into_iter().find(|request| *request >= 4);
        first.map_or_else(|| answered(job), |request| ends_at(job, request, SEGV))
    }));
    assert_eq!(observed.deaths.len(), 3);
    assert_eq!(answers(&observed), [0, 1, 2, 3]);
    assert_eq!(observed.not_asked[0].count, 13, "{observed:?}");
    assert!(server.jobs.len() < 12, "{} jobs", server.jobs.len());
}

#[test]
fn a_worker_that_cannot_be_started_is_told_and_nothing_is_called_answered() {
    let (observed, _) = observe(Fake::new(|job, number| {
        if number == 1 {
            ends_at(job, 8, SEGV)
        } else {
            Err(Lost::NoWorker("no memory".into()))
        }
    }));
    assert_eq!(observed.deaths.len(), 1, "the crash counts: {observed:?}");
    assert!(observed.faults.contains(&"no memory".to_owned()), "{observed:?}");
    let left: usize = observed.not_asked.iter().map(|left| left.count).sum();
    assert_eq!((left, answers(&observed).len()), (20, 0));
}

#[test]
fn what_is_seen_once_in_a_damaged_worker_is_nobodys_for_certain() {
    let mut server = Fake::new(|job, number| {
        if number == 1 {
            ends_at(job, 8, SEGV)
        } else {
            answered(job)
        }
    });
    server.suspect = Some("other/subject");
    let (observed, _) = observe(server);
    assert!(observed.deaths.is_empty());
    assert!(observed.faults[0].contains("`other/subject`"), "{observed:?}");
    assert_eq!(answers(&observed), all_but(&[]));
}

#[cfg(unix)]
#[test]
fn a_worker_that_ended_before_it_began_accuses_nobody() {
    let (observed, _) = observe(Fake::new(|job, number| {
        if number == 1 {
            Err(ended(SEGV, Phase::Idle, None, None))
        } else {
            answered(job)
        }
    }));
    assert!(observed.deaths.is_empty());
    assert!(observed.faults[0].contains("before it began"), "{observed:?}");
    assert_eq!(answers(&observed), all_but(&[]));
}

#[test]
fn an_object_that_is_not_made_in_time_is_no_broken_rule() {
    let (observed, server) = observe(Fake::new(|_, _| {
        Err(ended(HowEnded::Hung, Phase::Make, None, None))
    }));
    assert!(observed.deaths.is_empty(), "{observed:?}");
    assert!(observed.faults[0].contains("--timeout"), "{observed:?}");
    assert_eq!(server.waited, 2);
}

#[test]
fn an_object_that_cannot_be_dropped_is_kept_so_that_its_answers_come() {
    let (observed, server) = observe(Fake::new(|job, _| {
        if job.keep {
            answered(job)
        } else {
            Err(ended(SEGV, Phase::Drop, None, None))
        }
    }));
    assert_eq!(observed.deaths.len(), 1);
    assert_eq!(answers(&observed), all_but(&[]));
    assert!(server.jobs.last().is_some_and(|job| job.keep));
}

#[test]
fn an_import_that_ends_the_process_makes_no_verdict() {
    let ends = |how| Fake::new(move |_, _| Err(ended(how, Phase::Import, None, None)));
    let (observed, server) = observe(ends(SEGV));
    assert_eq!(observed.deaths, []);
    assert_eq!(server.jobs.len(), 2, "a fresh worker is tried as well");
    assert!(observed.faults[0].contains("could not be made"), "{observed:?}");
    assert!(observed.faults[0].contains("SIGSEGV"), "{observed:?}");
    let (observed, server) = observe(ends(HowEnded::Hung));
    assert_eq!(observed.deaths, []);
    assert_eq!(server.jobs.len(), 1, "who hangs would hang again");
    assert!(observed.faults[0].contains("imported"), "{observed:?}");
    assert!(observed.faults[0].contains("`--timeout SECONDS`"), "{observed:?}");
}

#[test]
fn a_subject_whose_time_is_up_says_what_gives_it_longer() {
    let (observed, server) = observe(Fake::new(|_, _| Err(Lost::Spent)));
    assert_eq!((observed.deaths.len(), server.jobs.len()), (0, 1));
    assert!(observed.faults[0].contains("`--budget SECONDS`"), "{observed:?}");
    assert_eq!(observed.not_asked[0].count, 20);
}
