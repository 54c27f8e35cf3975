//! What is expected of many views, of threads, of repetition, of Python expressions; and how traces are judged.
//!
//! Knows traces, made by hand. Must never play a scenario.

mod support;

use std::slice::from_ref;

use bufcheck_model::observation::{Field, FieldSet, HowEnded, InFlight, Phase, Raised};
use bufcheck_model::scenario::{Measure, Played, Seen};
use bufcheck_protocol::request::Request;
use bufcheck_rules::overtime::{judge, suspects};
use rstest::rstest;
use serde_json::{Value as Json, json};
use support::raised;
use support::stage::{RULE, Stage, bytes, set, stage};

fn value_error() -> Raised {
    Raised {
        message: "closed".into(),
        ..raised("ValueError", false)
    }
}

fn hold(seen: Seen) -> Stage {
    let act = json!({"hold": {"views": "v", "count": 8, "requests": ["each-granted"]}});
    stage().act(act, seen)
}

#[test]
fn views_are_granted_beside_others() {
    let that = json!({"all-granted": {"views": "v"}});
    let held = |refused, refusal| Seen::Held {
        granted: 6,
        refused,
        refusal,
    };
    hold(held(0, None)).holds(&that);
    hold(held(2, Some(value_error()))).fails(
        &that,
        "of 8 views held at once 2 were refused: ValueError (closed)",
    );
    hold(held(1, None)).fails(&that, "of 7 views held at once 1 were refused: no exception");
}

/// What reading all views again found: nothing, unless it is changed.
fn read_all(change: impl Fn(&mut Seen)) -> Stage {
    let mut seen = Seen::ReadAll {
        readings: 8,
        changed: FieldSet::EMPTY,
        first_changed: None,
        first_other: None,
        first_unreadable: None,
        raised: None,
    };
    change(&mut seen);
    stage().act(json!({"read-all": {"views": "v"}}), seen)
}

#[test]
fn views_keep_what_they_have_beside_others() {
    let unchanged = json!({"all-unchanged": {"views": "v"}});
    let shape = json!({"all-unchanged": {"views": "v", "fields": ["shape"]}});
    let same = json!({"all-same-content": {"views": "v"}});
    let released = json!({"all-released-cleanly": {"views": "v"}});
    let well = read_all(|_| ());
    for that in [&unchanged, &shape, &same, &released] {
        well.holds(that);
    }

    let broken = read_all(|seen| {
        if let Seen::ReadAll {
            changed,
            first_changed,
            first_other,
            raised,
            ..
        } = seen
        {
            *changed = set(&[Field::Strides, Field::Len]);
            *first_changed = Some(3);
            *first_other = Some(5);
            *raised = Some(value_error());
        }
    });
    broken.fails(
        &unchanged,
        "len, strides of view 3 changed while other views came and went",
    );
    broken.holds(&shape);
    broken.fails(&same, "view 5 showed other bytes while other views came and went");
    broken.fails(&released, "a release left ValueError (closed)");

    read_all(|seen| {
        if let Seen::ReadAll {
            first_other,
            first_unreadable,
            ..
        } = seen
        {
            (*first_other, *first_unreadable) = (Some(1), Some(2));
        }
    })
    .fails(
        &same,
        "view 2 could no longer be read while other views came and went",
    );
    // Other views are no business of theirs.
    broken.holds(&json!({"all-same-content": {"views": "w"}}));
}

/// Threads that met nothing unusual, unless it is changed.
fn tumult(change: impl Fn(&mut Seen)) -> Stage {
    let mut seen = Seen::Threads {
        granted: 32,
        refused: 4,
        refusal: None,
        changed: 0,
        unreadable: 0,
        others: Vec::new(),
        raised: None,
        mutated: 0,
        references: Some(0),
    };
    change(&mut seen);
    stage()
        .granted("a", bytes(&[1, 2, 3, 4]))
        .granted("b", bytes(&[4, 3, 2, 1]))
        .granted("c", bytes(&[0xdd, 0xdd, 0xdd, 0xdd]))
        .act(
            json!({"threads": {"name": "t", "count": 4, "times": 8, "requests": ["widest"]}}),
            seen,
        )
}

#[test]
fn threads_do_not_disturb_each_other() {
    let served = json!({"threads-served": {"threads": "t"}});
    let undisturbed = json!({"threads-undisturbed": {"threads": "t"}});
    let balanced = json!({"threads-balanced": {"threads": "t"}});
    let released = json!({"threads-released-cleanly": {"threads": "t"}});
    let well = tumult(|_| ());
    for that in [&served, &undisturbed, &balanced, &released] {
        well.holds(that);
    }
    let with = |refused: bool, change: i64| {
        tumult(move |seen| {
            if let Seen::Threads {
                refusal,
                raised,
                references,
                ..
            } = seen
            {
                *refusal = refused.then(value_error);
                *raised = refused.then(value_error);
                *references = (change != 99).then_some(change);
            }
        })
    };
    with(true, 0).fails(
        &served,
        "asked by several threads, a request was refused with ValueError (closed)",
    );
    with(true, 0).fails(&released, "a release left ValueError (closed)");
    with(true, 0).holds(&balanced);
    with(false, 99).holds(&balanced);
    with(false, -2).fails(
        &balanced,
        "the reference count changed by -2 while several threads asked and released",
    );
}

#[rstest]
#[case::unreadable(0, 3, &[], Some("3 of 32 views could no longer be read"))]
#[case::unreadable_first(2, 1, &[], Some("1 of 32 views could no longer be read"))]
#[case::changed(2, 0, &[(0, 2)], Some("fields of 2 of 32 views changed"))]
#[case::freed(0, 0, &[(0, 1), (0, 2)], Some("a view read as freed memory, dd dd dd dd,"))]
#[case::rewritten(0, 0, &[(0, 1)], None)]
#[case::unknown(0, 0, &[(0, 9)], None)]
fn views_of_threads_stay_valid(
    #[case] fields: u32,
    #[case] lost: u32,
    #[case] pairs: &[(u32, u32)],
    #[case] found: Option<&str>,
) {
    let stage = tumult(|seen| {
        if let Seen::Threads {
            changed,
            unreadable,
            others,
            ..
        } = seen
        {
            (*changed, *unreadable, *others) = (fields, lost, pairs.to_vec());
        }
    });
    let that = json!({"threads-undisturbed": {"threads": "t"}});
    let wanted = found.map(|found| format!("{found} while other threads used the object"));
    assert_eq!(stage.found(&that), wanted);
}

#[test]
fn expressions_give_what_they_should() {
    let gave = |type_name: &str, truth, shown: &str| {
        stage().called(Seen::Called {
            type_name: type_name.into(),
            truth,
            shown: shown.into(),
        })
    };
    let ran = |raised| stage().called(Seen::Ran { raised });
    let truth = json!({"true": {"call": "c"}});
    gave("bool", Some(true), "True").holds(&truth);
    gave("bool", Some(false), "False").fails(&truth, "`f()` is False");
    gave("C", None, "<C>").fails(&truth, "`f()` is <C>");
    ran(Some(value_error())).fails(&truth, "`f()` raised ValueError (closed)");
    ran(None).holds(&truth);
    stage().holds(&truth);

    let gives = json!({"gives": {"call": "c", "type": "bytes"}});
    gave("bytes", None, "b''").holds(&gives);
    gave("str", None, "''").fails(&gives, "`f()` gave an object of type `str`");
    ran(Some(raised("BufferError", true))).holds(&gives);
    ran(Some(value_error())).fails(&gives, "`f()` raised ValueError (closed)");
    ran(None).holds(&gives);

    let raises = json!({"raises": {"call": "c", "types": ["ValueError", "TypeError"]}});
    ran(Some(value_error())).holds(&raises);
    ran(Some(Raised {
        message: String::new(),
        ..raised("KeyError", false)
    }))
    .fails(&raises, "`f()` raised KeyError");
    gave("bytes", None, "b''").fails(&raises, "`f()` gave b''");
    ran(None).holds(&raises);
}

fn repeated(times: u32, measures: [Measure; 3]) -> Stage {
    let act = json!({"repeat": {"name": "r", "times": times, "acts": []}});
    stage().act(act, Seen::Repeated { times, measures })
}

fn no_growth(of: &str) -> Json {
    json!({"no-growth": {"repeat": "r", "of": of}})
}

#[rstest]
#[case::one_each_cycle("references", 100, [0, 100, 200], Some("+200 references of the exporter in 200 cycles"))]
#[case::sinking("references", 100, [200, 100, 0], Some("-200 references of the exporter in 200 cycles"))]
#[case::half_a_unit("blocks", 100, [0, 50, 100], Some("+100 blocks of Python's allocator in 200 cycles"))]
#[case::less_than_half("blocks", 100, [0, 49, 98], None)]
#[case::in_one_half_only("blocks", 100, [0, 100, 100], None)]
#[case::in_the_other_only("blocks", 100, [0, 0, 100], None)]
#[case::blocks_may_sink("blocks", 100, [200, 100, 0], None)]
#[case::by_chance("references", 4, [0, 3, 6], None)]
#[case::more_than_chance("references", 4, [0, 4, 8], Some("+8 references of the exporter in 8 cycles"))]
#[case::blocks_by_chance("blocks", 4, [0, 15, 30], None)]
#[case::heap("heap", 1000, [0, 8000, 16000], Some("+16000 bytes of the C heap in 2000 cycles"))]
#[case::less_heap("heap", 1000, [0, 7999, 16000], None)]
#[case::heap_by_chance("heap", 4, [0, 2047, 4094], None)]
#[case::resident("resident", 1000, [0, 2_048_000, 4_096_000],
    Some("+4096000 bytes of resident memory in 2000 cycles"))]
#[case::less_resident("resident", 1000, [0, 2_047_999, 4_096_000], None)]
#[case::resident_by_chance("resident", 4, [0, 262_143, 524_286], None)]
#[case::never_repeated("references", 0, [0, 100, 200], None)]
fn growth_is_more_than_chance(
    #[case] of: &str,
    #[case] times: u32,
    #[case] figures: [i64; 3],
    #[case] found: Option<&str>,
) {
    let measures = figures.map(|figure| {
        let mut measure = Measure::default();
        match of {
            "references" => measure.references = Some(figure),
            "blocks" => measure.blocks = Some(figure),
            "heap" => measure.heap = Some(figure),
            _ => measure.resident = Some(figure),
        }
        measure
    });
    let stage = repeated(times, measures);
    let wanted = found.map(|found| format!("{found}, about as many in each half"));
    assert_eq!(stage.found(&no_growth(of)), wanted);
    let (case, played) = stage.played(&no_growth(of));
    assert_eq!(suspects(&case, &played), wanted.is_some());
}

#[test]
fn only_growth_is_measured_again() {
    let refused = stage().refused("a", None);
    let (case, played) = refused.played(&json!({"granted": {"view": "a"}}));
    assert!(!suspects(&case, &played));
    repeated(100, [Measure::default(); 3]).holds(&no_growth("heap"));
}

/// A scenario whose one view was refused, under some id.
fn refused_in(id: &str) -> (bufcheck_model::scenario::ScenarioCase, Played) {
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
    assert!(alone[0].1.starts_with("killed by signal 11 (SIGSEGV)"));
    played.mutator = Some("x.grow()".into());
    assert_eq!(
        told(&played, true)[0].1,
        format!("{}, with `x.grow()`", alone[0].1)
    );
    assert!(told(&played, false).is_empty());
}
