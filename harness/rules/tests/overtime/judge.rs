//! Fixtures of `overtime`: from traces to findings.
//!
//! Knows scenarios played by hand. Must never need Python.

use crate::support::raised;
use crate::support::stage::{RULE, bytes, stage};
use bufcheck_model::observation::{HowEnded, InFlight, Phase, Raised};
use bufcheck_model::scenario::{Played, ScenarioCase, Seen};
use bufcheck_protocol::request::Request;
use bufcheck_rules::Hit;
use bufcheck_rules::overtime::{self, Background, faults};
use rstest::rstest;
use serde_json::json;
use std::slice::from_ref;

fn judge(cases: &[ScenarioCase], traces: &[Played], wanted: impl Fn(&str) -> bool) -> Vec<Hit> {
    overtime::judge(cases, traces, &Background::default(), wanted)
}

/// A scenario whose one view was refused, under some id.
fn refused_in(id: &str) -> (ScenarioCase, Played) {
    let (mut case, mut played) = stage()
        .refused("a", None)
        .played(&json!({"granted": {"view": "a"}}));
    id.clone_into(&mut case.id);
    id.clone_into(&mut played.scenario);
    (case, played)
}

#[test]
fn equal_findings_are_one() {
    let all: Vec<_> = ["scenarios/a/a", "scenarios/a/b", "scenarios/a/c"]
        .into_iter()
        .map(refused_in)
        .collect();
    let cases: Vec<_> = all.iter().map(|(case, _)| case.clone()).collect();
    let told = |traces: &[usize]| {
        let traces: Vec<Played> = traces.iter().map(|at| all[*at].1.clone()).collect();
        let hits = judge(&cases, &traces, |_| true);
        assert!(hits.len() <= 1);
        hits.into_iter().next().map(|hit| {
            assert_eq!(hit.rule, RULE);
            assert_eq!(hit.case.as_deref(), Some("scenarios/a/a"));
            hit.broken.found
        })
    };
    let once = "view `a` was refused: no exception";
    assert_eq!(told(&[]), None);
    assert_eq!(told(&[0]).as_deref(), Some(once));
    assert_eq!(told(&[0, 0]).as_deref(), Some(once));
    assert_eq!(told(&[0, 1]), Some(format!("{once} (and in one more scenario)")));
    assert_eq!(
        told(&[0, 1, 2]),
        Some(format!("{once} (and in 2 more scenarios)"))
    );
    let played = [all[0].1.clone()];
    assert!(judge(&cases, &played, |rule| rule != RULE).is_empty());
    assert!(judge(&cases[1..], &played, |_| true).is_empty());
}

/// What a race shows is by chance, until something shows it that is none.
#[rstest]
#[case::several(4, false, true)]
#[case::beside_a_mutator(1, true, true)]
#[case::one(1, false, false)]
fn what_only_a_race_shows_is_by_chance(#[case] count: u8, #[case] mutate: bool, #[case] by_chance: bool) {
    let threads = json!({"threads": {"name": "t", "count": count, "times": 8, "requests": ["widest"], "mutate": mutate}});
    let seen = Seen::Threads {
        granted: 8,
        refused: 1,
        refusal: Some(raised("ValueError", false)),
        changed: 0,
        unreadable: 0,
        others: Vec::new(),
        raised: None,
        mutated: 0,
        references: None,
        halves: None,
    };
    let (mut race, mut raced) = stage()
        .act(threads, seen)
        .played(&json!({"threads-served": {"threads": "t"}}));
    "scenarios/a/race".clone_into(&mut race.id);
    raced.scenario.clone_from(&race.id);
    let hits = judge(from_ref(&race), from_ref(&raced), |_| true);
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].by_chance, by_chance);
    let (sure, always) = refused_in("scenarios/a/sure");
    let cases = [race, sure];
    let mut traces = [raced, always];
    for _ in 0..2 {
        let hits = judge(&cases, &traces, |_| true);
        assert_eq!(hits.len(), 1);
        assert!(!hits[0].by_chance);
        if by_chance {
            assert_eq!(hits[0].case.as_deref(), Some("scenarios/a/sure"));
            assert_eq!(hits[0].broken.found, "view `a` was refused: no exception");
        }
        traces.reverse();
    }
}

/// Whoever is let through and moves nothing has not shown whether it is locked.
#[rstest]
#[case::never_moved(false, None, true)]
#[case::moved(true, None, false)]
#[case::refused(false, Some(raised("BufferError", true)), false)]
fn a_mutator_that_moves_nothing_is_told(
    #[case] moved: bool,
    #[case] raised: Option<Raised>,
    #[case] told: bool,
) {
    let outgrow = json!({"outgrow": {"name": "m", "request": "widest"}});
    let times = 1_000;
    let (case, mut played) = stage()
        .granted("a", bytes(&[1]))
        .act(outgrow, Seen::Outgrown { times, moved, raised })
        .played(&json!({"locked-or-valid": {"mutation": "m", "view": "a"}}));
    played.mutator = Some("x.append(1)".to_owned());
    let shows = Played {
        mutator: Some("x.resize(9)".to_owned()),
        ..played.clone()
    };
    let played = [played];
    let found = overtime::unmoved(from_ref(&case), &played);
    assert_eq!(found, if told { vec!["x.append(1)"] } else { vec![] });
    // What one mutator shows of the lock, no other need show.
    let [quiet] = &played;
    let still = Seen::Outgrown {
        times: 1_000,
        moved: false,
        raised: None,
    };
    let mut quiet = quiet.clone();
    *quiet.trace.seen.last_mut().expect("an entry") = still;
    let both = [quiet, shows];
    assert_eq!(
        overtime::unmoved(from_ref(&case), &both).len(),
        if told { 2 } else { 0 }
    );
}

/// Whoever raises on an object that nobody looks at never works, whatever it raises.
#[rstest]
#[case::no_such_method("AttributeError")]
#[case::wrong_argument("TypeError")]
fn a_mutator_that_never_works_is_told(#[case] raises: &str) {
    let mutate = json!({"mutate": {"name": "free", "object": "y"}});
    let raised = Some(raised(raises, false));
    let (case, mut played) = stage()
        .act(mutate, Seen::Ran { raised })
        .played(&json!({"true": {"call": "c"}}));
    played.mutator = Some("x.append('x')".to_owned());
    let played = [played];
    let found = overtime::useless(from_ref(&case), &played);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].0, found[0].1.type_name.as_str()),
        ("x.append('x')", raises)
    );
}

#[test]
fn what_was_not_reached_is_not_judged() {
    let (case, mut played) = stage()
        .refused("a", None)
        .granted("b", bytes(&[1]))
        .played(&json!({"granted": {"view": "a"}}));
    assert_eq!(judge(from_ref(&case), from_ref(&played), |_| true).len(), 1);
    played.trace.seen.pop();
    assert!(judge(&[case], &[played], |_| true).is_empty());
}

/// A recorded run may hold what was noted of a scenario before it was worded anew.
#[test]
fn what_does_not_go_with_its_act_is_not_judged() {
    let (case, mut played) = stage()
        .granted("b", bytes(&[1]))
        .refused("a", None)
        .played(&json!({"granted": {"view": "a"}}));
    assert_eq!(judge(from_ref(&case), from_ref(&played), |_| true).len(), 1);
    played.trace.seen.insert(1, Seen::Counted(Some(1)));
    assert!(judge(&[case], &[played], |_| true).is_empty());
}

#[test]
fn what_the_harness_stumbled_over_is_told() {
    let (_, mut played) = stage()
        .granted("a", bytes(&[1]))
        .played(&json!({"granted": {"view": "a"}}));
    assert!(faults(from_ref(&played)).is_empty());
    played.trace.seen.push(Seen::Fault("a thread is gone".into()));
    assert_eq!(faults(&[played]), ["a thread is gone, in `scenarios/by/hand`"]);
}

#[test]
fn a_death_is_told_with_the_mutator() {
    let (case, mut played) = stage().played(&json!({"granted": {"view": "a"}}));
    let during = InFlight {
        phase: Phase::Mutate,
        request: Some(Request::FULL_RO),
    };
    played.ended = Some((HowEnded::Signal(11), during));
    let told = |played: &Played, wanted: bool| {
        let hits = judge(from_ref(&case), from_ref(played), |_| wanted);
        hits.into_iter()
            .map(|hit| (hit.rule, hit.broken.found))
            .collect::<Vec<_>>()
    };
    let alone = told(&played, true);
    assert_eq!(alone.len(), 1);
    assert_eq!(alone[0].0, "process.survives");
    assert!(alone[0].1.contains("killed by signal 11 (SIGSEGV)"));
    played.mutator = Some("x.grow()".into());
    assert_eq!(
        told(&played, true)[0].1,
        format!("{}, with `x.grow()`", alone[0].1)
    );
    assert!(told(&played, false).is_empty());
}
