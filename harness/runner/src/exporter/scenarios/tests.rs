//! Who is to blame when scenarios are played, with servers that die as they are told.

use bufcheck_model::not_asked::{Kind, Why};
use bufcheck_model::observation::{HowEnded, Phase, Raised};
use bufcheck_model::scenario::{Act, Bindings, Played, Script};
use bufcheck_model::wire::{Job, JobOutcome, MakeStage};
use rstest::rstest;

use crate::exporter::fake::{Fake, answered, ended, scripts, subject};
use crate::exporter::observed::Observed;
use crate::exporter::patience::Patience;
use crate::exporter::scenarios::play_scripts;
use crate::supervise::server::Lost;

const SEGV: HowEnded = HowEnded::Signal(11);

fn script(name: &str, mutator: Option<&str>) -> Script {
    let mutate = mutator.map(|_| Act::Mutate {
        name: "held".into(),
        code: None,
        object: "x".into(),
    });
    Script {
        scenario: name.into(),
        bindings: Bindings {
            mutator: mutator.map(str::to_owned),
            ..Bindings::default()
        },
        acts: [Act::Make { object: "x".into() }, Act::Collect {}]
            .into_iter()
            .chain(mutate)
            .collect(),
    }
}

fn named(names: &str) -> Vec<Script> {
    names.split(' ').map(|name| script(name, None)).collect()
}

/// Plays these scripts with such a server, which is handed back as well.
fn observe<'a>(scripts: &[Script], mut server: Fake<'a>) -> (Vec<Played>, Observed, Fake<'a>) {
    let mut observed = Observed::default();
    let mut patience = Patience::default();
    let suspect = |played: &Played| played.scenario.starts_with("grows");
    let played = play_scripts(
        &mut server,
        &subject(),
        scripts,
        &suspect,
        &mut observed,
        &mut patience,
    );
    (played, observed, server)
}

fn names(played: &[Played]) -> Vec<&str> {
    played.iter().map(|played| played.scenario.as_str()).collect()
}

/// Ends in the scenario of this name, where it is among those of the job.
fn ends_in(job: &Job, name: &str, how: HowEnded) -> Result<JobOutcome, Lost> {
    match scripts(job).iter().position(|script| script.scenario == name) {
        Some(step) => Err(ended(how, Phase::Read, None, Some(step))),
        None => answered(job),
    }
}

#[test]
fn a_crash_that_is_seen_once_is_told_and_the_others_are_played() {
    let (played, observed, _) = observe(
        &named("a b c d"),
        Fake::new(|job, number| {
            if number == 1 {
                ends_in(job, "c", SEGV)
            } else {
                answered(job)
            }
        }),
    );
    assert_eq!(names(&played), ["a", "b", "c", "d"]);
    assert_eq!(played[2].once_in, Some(2));
    assert_eq!(played[2].ended.map(|(how, _)| how), Some(SEGV));
    assert!(observed.faults.is_empty(), "{observed:?}");
}

#[rstest]
#[case(HowEnded::Exit(0))]
#[case(HowEnded::Signal(15))]
fn another_end_that_does_not_come_again_is_a_fault(#[case] how: HowEnded) {
    let (played, observed, _) = observe(
        &named("a b c d"),
        Fake::new(|job, number| {
            if number == 1 {
                ends_in(job, "c", how)
            } else {
                answered(job)
            }
        }),
    );
    assert_eq!(names(&played), ["a", "b", "c", "d"]);
    assert!(played.iter().all(|played| played.ended.is_none()));
    assert!(
        observed.faults[0].contains("seen once in 2 runs, in `c`"),
        "{observed:?}"
    );
}

#[test]
fn a_death_that_comes_again_is_told_once_and_the_others_are_played() {
    let (played, observed, _) = observe(&named("a b c d"), Fake::new(|job, _| ends_in(job, "b", SEGV)));
    assert_eq!(names(&played), ["a", "b", "c", "d"]);
    assert_eq!((played[1].ended.is_some(), played[1].once_in), (true, None));
    assert_eq!(observed, Observed::default());
}

#[test]
fn what_does_not_come_back_is_taken_out_and_costs_two_deadlines() {
    let (played, observed, server) = observe(
        &named("a b c d"),
        Fake::new(|job, _| ends_in(job, "b", HowEnded::Hung)),
    );
    assert_eq!(names(&played), ["a", "b", "c", "d"]);
    assert_eq!(played[1].ended.map(|(how, _)| how), Some(HowEnded::Hung));
    assert_eq!((server.waited, observed), (2, Observed::default()));
}

#[test]
fn what_came_back_the_second_time_is_a_fault() {
    let (played, observed, _) = observe(
        &named("a b c"),
        Fake::new(|job, number| {
            if number == 1 {
                ends_in(job, "b", HowEnded::Hung)
            } else {
                answered(job)
            }
        }),
    );
    assert_eq!(names(&played), ["a", "b", "c"]);
    assert!(played.iter().all(|played| played.ended.is_none()));
    assert!(observed.faults[0].contains("did not come back"), "{observed:?}");
}

#[test]
fn two_that_do_not_come_back_are_enough() {
    let (played, observed, server) = observe(
        &named("a b c d e"),
        Fake::new(|job, _| ends_in(job, "b", HowEnded::Hung).and_then(|_| ends_in(job, "c", HowEnded::Hung))),
    );
    assert_eq!(names(&played), ["a", "b", "c"]);
    let left: Vec<(Kind, usize, Why)> = observed
        .not_asked
        .iter()
        .map(|left| (left.what, left.count, left.why))
        .collect();
    assert_eq!(left, [(Kind::Scenarios, 2, Why::GivenUp)]);
    assert_eq!(server.waited, 2);
}

#[test]
fn after_three_deaths_what_is_left_is_not_played() {
    let (played, observed, _) = observe(
        &named("a b c d e"),
        Fake::new(|job, _| {
            let first = scripts(job)[0].scenario.clone();
            ends_in(job, &first, SEGV)
        }),
    );
    assert_eq!(names(&played), ["a", "b", "c"]);
    assert_eq!(observed.not_asked[0].count, 2, "{observed:?}");
}

#[test]
fn a_mutator_that_ends_the_process_without_a_view_is_unusable_and_left_out() {
    let all = [
        script("a", Some("x.die()")),
        script("b", Some("x.die()")),
        script("c", Some("x.append(1)")),
    ];
    let (played, observed, _) = observe(
        &all,
        Fake::new(|job, _| {
            let dies = |script: &&Script| script.bindings.mutator.as_deref() == Some("x.die()");
            match scripts(job).iter().position(dies) {
                Some(step) => Err(ended(SEGV, Phase::Mutate, None, Some(step))),
                None => answered(job),
            }
        }),
    );
    assert_eq!(names(&played), ["c"]);
    assert!(observed.unusable[0].contains("`x.die()`"), "{observed:?}");
    assert_eq!(observed.not_asked[0].count, 1, "{observed:?}");
}

#[test]
fn where_nobody_knows_which_it_was_each_is_played_alone() {
    let (played, observed, _) = observe(
        &named("a b c"),
        Fake::new(|job, _| {
            let names: Vec<&str> = scripts(job).iter().map(|script| &*script.scenario).collect();
            if names.contains(&"b") {
                Err(ended(SEGV, Phase::Drop, None, None))
            } else {
                answered(job)
            }
        }),
    );
    assert_eq!(names(&played), ["a", "b", "c"]);
    assert!(played[1].ended.is_some());
    assert_eq!(observed, Observed::default());
}

#[rstest]
#[case::no_worker(Lost::NoWorker("no memory".into()), "no memory")]
#[case::garbled(Lost::Garbled("`}`".into()), "could not be read")]
fn a_worker_that_fails_is_a_fault_of_the_subject(#[case] lost: Lost, #[case] told: &str) {
    let (played, observed, _) = observe(
        &named("a b c"),
        Fake::new(|job, number| match number {
            1 => ends_in(job, "b", SEGV),
            2 => answered(job),
            _ => Err(lost.clone()),
        }),
    );
    assert_eq!(names(&played), ["b"]);
    assert!(observed.faults[0].contains(told), "{observed:?}");
    assert_eq!(observed.not_asked[0].count, 2, "{observed:?}");
}

#[test]
fn an_object_that_cannot_be_made_once_more_is_a_fault() {
    let raised = Raised {
        type_name: "OSError".into(),
        is_buffer_error: false,
        message: "no device".into(),
    };
    let (played, observed, _) = observe(
        &named("a b"),
        Fake::new(|_, _| {
            Ok(JobOutcome::NotMade {
                stage: MakeStage::Evaluate,
                raised: raised.clone(),
                traceback: Vec::new(),
            })
        }),
    );
    assert!(played.is_empty());
    assert!(observed.faults[0].contains("OSError: no device"), "{observed:?}");
    assert_eq!(observed.not_asked[0].count, 2);
}

#[test]
fn growth_that_cannot_be_measured_again_is_a_fault_and_a_crash_meanwhile_is_a_death() {
    let all = named("a grows-1 grows-2");
    let behave = |how| {
        move |job: &Job, number| {
            if number == 2 {
                ends_in(job, "grows-2", how)
            } else {
                answered(job)
            }
        }
    };
    let (played, observed, _) = observe(&all, Fake::new(behave(SEGV)));
    assert_eq!(played[2].once_in, Some(2));
    assert!(
        observed.faults[0].contains("could not be played again"),
        "{observed:?}"
    );
    let (played, observed, _) = observe(&all, Fake::new(behave(HowEnded::Exit(1))));
    assert!(played.iter().all(|played| played.ended.is_none()));
    assert_eq!(observed.faults.len(), 2, "{observed:?}");
}
