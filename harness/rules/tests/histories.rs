//! Histories written down as scenarios: which steps make sense where, and which rule speaks after each.
//!
//! Knows steps and the acts that they become. Must never play one.

use bufcheck_model::scenario::{Act, Asked, ScenarioCase};
use bufcheck_protocol::request::Request;
use bufcheck_rules::histories::{Arena, RULES, Step, Way, history};
use rstest::rstest;

fn arena() -> Arena {
    Arena {
        type_name: "builtins.bytearray".to_owned(),
        requests: vec![Request::FULL, Request::SIMPLE, Request::F_CONTIGUOUS],
        granted: 2,
        mutators: vec!["x.append(1)".to_owned(), "x.clear()".to_owned()],
        writes: true,
        views: 6,
        ..Arena::default()
    }
}

const fn ask(slot: u8, request: u8) -> Step {
    Step::Ask {
        slot,
        request,
        elsewhere: false,
    }
}

const fn release(slot: u8, way: Way) -> Step {
    Step::Release {
        slot,
        way,
        elsewhere: false,
    }
}

const MUTATE: Step = Step::Mutate {
    mutator: 0,
    elsewhere: false,
};

/// What is done with views, in order, up to the first count after the steps.
fn done(arena: &Arena, steps: &[Step]) -> Vec<String> {
    let case = history(arena, steps, 0, "histories/by/hand", "By hand.");
    let said = |act: &Act| match act {
        Act::Ask {
            view,
            request: Asked::Exact(request),
            ..
        } => Some(format!("ask {view} {}", request.hex())),
        Act::Release { view } => Some(format!("release {view}")),
        Act::ReleaseCopy { view } => Some(format!("copy {view}")),
        Act::PendingException { release } => Some(format!("pending {release}")),
        Act::Write { view } => Some(format!("write {view}")),
        Act::Mutate { name, code, .. } => code.as_ref().map(|code| format!("{name} {code}")),
        Act::Drop { object } if object == "x" => Some("drop".to_owned()),
        Act::Thread { acts } => Some(format!("elsewhere {}", acts.len())),
        _ => None,
    };
    let ends = |act: &&Act| matches!(act, Act::Count { name, .. } if name == "between");
    let steps = case.acts.iter().take_while(|act| !ends(act));
    steps.filter_map(said).collect()
}

/// The rules that speak, each once.
fn rules(case: &ScenarioCase) -> Vec<&str> {
    let mut rules: Vec<&str> = Vec::new();
    for act in case.acts.iter().flat_map(Act::flat) {
        if let Act::Expect(expectation) = act
            && !rules.contains(&expectation.rule.as_str())
        {
            rules.push(&expectation.rule);
        }
    }
    rules.sort_unstable();
    rules
}

#[test]
fn views_are_asked_and_given_back() {
    let steps = [
        ask(0, 0),
        ask(1, 1),
        release(0, Way::Copy),
        release(1, Way::Pending),
    ];
    let wanted = ["ask v1 0x11d", "ask v2 0x000", "copy v1", "pending v2"];
    assert_eq!(done(&arena(), &steps), wanted);
}

/// What is still held at the end is given back; what is not held is not.
#[test]
fn steps_that_make_no_sense_are_passed_over() {
    let again = [
        ask(0, 0),
        ask(0, 1),
        release(3, Way::Plain),
        Step::Write { slot: 3 },
    ];
    assert_eq!(done(&arena(), &again), ["ask v1 0x11d", "release v1"]);

    let exclusive = Arena { views: 1, ..arena() };
    let two = [ask(0, 0), ask(1, 1)];
    assert_eq!(done(&exclusive, &two), ["ask v1 0x11d", "release v1"]);
    assert_eq!(done(&arena(), &two).len(), 4);

    assert!(done(&arena(), &[Step::Drop]).iter().all(|act| act != "drop"));
    let nobody = Arena {
        mutators: Vec::new(),
        ..arena()
    };
    assert!(done(&nobody, &[MUTATE]).is_empty());
}

/// Nobody asks an object that has lost its name.
#[test]
fn a_dropped_object_is_asked_nothing() {
    let steps = [ask(0, 0), Step::Drop, ask(1, 1), MUTATE, Step::Drop];
    assert_eq!(done(&arena(), &steps), ["ask v1 0x11d", "drop", "release v1"]);
}

/// A request that is refused as a rule may be granted for once, and is given back at once then.
#[test]
fn nobody_counts_on_a_refused_request() {
    assert_eq!(done(&arena(), &[ask(0, 2)]), ["ask v1 0x058", "release v1"]);
}

#[rstest]
#[case::fresh(true, &[ask(0, 0), Step::Write { slot: 0 }], 2)]
#[case::not_held(true, &[Step::Write { slot: 0 }], 0)]
#[case::references(false, &[ask(0, 0), Step::Write { slot: 0 }], 0)]
#[case::after_a_mutator(true, &[ask(0, 0), MUTATE, Step::Write { slot: 0 }], 0)]
fn bytes_are_changed_and_changed_back(#[case] writes: bool, #[case] steps: &[Step], #[case] wanted: usize) {
    let arena = Arena { writes, ..arena() };
    let written = done(&arena, steps);
    assert_eq!(
        written.iter().filter(|act| act.starts_with("write")).count(),
        wanted
    );
}

#[rstest]
#[case::plain(Way::Plain, "release.never-fails")]
#[case::copy(Way::Copy, "release.copy-of-view-accepted")]
#[case::pending(Way::Pending, "release.preserves-pending-exception")]
fn each_release_has_its_rule(#[case] way: Way, #[case] rule: &str) {
    let case = history(&arena(), &[ask(0, 0), release(0, way)], 0, "histories/a", "A.");
    assert!(rules(&case).contains(&rule), "{:?}", rules(&case));
}

/// Whatever is wrong after another thread has taken part may be wrong for that reason alone.
#[test]
fn threads_have_a_rule_of_their_own() {
    let elsewhere = Step::Ask {
        slot: 0,
        request: 0,
        elsewhere: true,
    };
    let case = history(&arena(), &[elsewhere, ask(1, 1)], 0, "histories/b", "B.");
    let found = rules(&case);
    assert!(found.contains(&"release.from-other-thread"), "{found:?}");
    for rule in [
        "release.never-fails",
        "release.order-independent",
        "obj.refcount-balanced",
    ] {
        assert!(!found.contains(&rule), "{rule}");
    }
    assert_eq!(done(&arena(), &[elsewhere])[0], "elsewhere 1");
}

#[test]
fn every_rule_speaks_in_some_history() {
    let peaceful = [
        ask(0, 0),
        ask(1, 1),
        Step::Write { slot: 0 },
        Step::Collect,
        release(1, Way::Copy),
        ask(1, 0),
        release(1, Way::Pending),
    ];
    let locked = [ask(0, 0), MUTATE, Step::Drop];
    let abroad = [Step::Ask {
        slot: 0,
        request: 0,
        elsewhere: true,
    }];
    let cases = [&peaceful[..], &locked[..], &abroad[..]]
        .map(|steps| history(&arena(), steps, 0, "histories/c", "C."));
    let mut found: Vec<&str> = cases.iter().flat_map(rules).collect();
    found.sort_unstable();
    found.dedup();
    let mut all = RULES;
    all.sort_unstable();
    assert_eq!(found, all);
}

/// References that are added once are no leak; an object that was changed cannot be compared.
#[test]
fn what_is_done_once_is_done_again() {
    let counts = |steps: &[Step]| {
        let case = history(&arena(), steps, 0, "histories/d", "D.");
        let count = |act: &&Act| matches!(act, Act::Count { .. });
        case.acts.iter().filter(count).count()
    };
    assert_eq!(counts(&[ask(0, 0)]), 3);
    assert_eq!(counts(&[ask(0, 0), MUTATE]), 1);
}
