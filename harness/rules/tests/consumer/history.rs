//! Calls in a row: what none of them shows alone.
//!
//! Knows which calls were made. Must never know how they were drawn.

use bufcheck_model::spy::{
    Call, Consumed, Ended, Flush, History, Place, Refusal, RefusalKind, Refusing, Region, Twin,
};
use bufcheck_protocol::request::Request;

use crate::data::spies;
use crate::subject::{Subject, right, told};
use crate::{PLAIN, read};

const LAYOUT: &str = "spies/bytes/strided";

fn call(spy: usize) -> Call {
    Call {
        spy,
        readonly: 0,
        flush: Flush::End,
        twin: None,
        refuses: None,
        moved: 0,
    }
}

/// Two calls with a plain spy and one with a strided one, behind their twins; each as it should be.
fn history() -> History {
    let named = |id: &str| spies().iter().find(|spy| spy.id == id).expect("a spy").clone();
    let all = vec![named(PLAIN), named(LAYOUT)];
    let twin = |spy| Call {
        twin: Some(Twin::Layout),
        ..call(spy)
    };
    let calls = vec![twin(0), twin(1), call(0), call(1), call(0)];
    let seen = calls
        .iter()
        .map(|call| right(&all[call.spy], call.spy, Request::FULL_RO));
    History {
        id: "scenarios/fuzz/x/1/rule".into(),
        rule: String::new(),
        seen: Consumed {
            calls: seen.collect(),
            ..Consumed::default()
        },
        spies: all,
        calls,
    }
}

fn sound() -> Subject {
    Subject::asking(Request::FULL_RO)
}

#[test]
fn calls_that_are_as_they_should_be_break_nothing() {
    assert_eq!(sound().in_a_row(&history()), None);
}

#[test]
fn the_call_and_what_came_before_it_are_told() {
    let mut history = history();
    history.calls[3].refuses = Some(Refusal {
        which: Refusing::Second,
        raises: RefusalKind::MemoryError,
    });
    history.calls[4].moved = 2;
    history.calls.push(Call {
        moved: 2,
        ..history.calls[0]
    });
    history.seen.calls.push(history.seen.calls[0].clone());
    history.seen.calls[4].ended = Ended::Returned(told("stale", 1));
    let hit = sound().in_a_row(&history).expect("a wrong result");
    assert_eq!(hit.rule, "consumer.right-result");
    assert_eq!(hit.case.as_deref(), Some("scenarios/fuzz/x/1/rule"));
    let found = &hit.broken.found;
    let row = "in call 3 of these: (1) ten bytes, writable; (2) every second of twenty bytes, writable, the second \
               request refused with MemoryError; (3) that of call 1 again, its items moved up by 2";
    assert!(
        found.starts_with("the result is stale, ") && found.ends_with(row),
        "{found}"
    );
}

/// A single call with the strided spy is right: its strides are not to blame.
#[test]
fn what_is_special_about_a_spy_is_blamed_by_single_calls_alone() {
    let mut history = history();
    history.seen.calls[3].ended = Ended::Returned(told("wrong", 1));
    let hit = sound().in_a_row(&history).expect("a wrong result");
    assert_eq!(hit.rule, "consumer.right-result");
    let once = sound().with(LAYOUT, |seen| seen.ended = Ended::Returned(told("wrong", 1)));
    assert_eq!(once.broken(), ["contig.check-before-flat-access"]);
    assert_eq!(once.in_a_row(&history), None);
}

#[test]
fn what_was_touched_counts_from_the_first_call_on() {
    let mut history = history();
    history.seen.calls[4].ended = Ended::Returned(told("wrong", 1));
    history.seen.calls[2].faults = vec![read(Place::Behind(Region::Memory))];
    let hit = sound().in_a_row(&history).expect("a fault");
    assert!(
        hit.broken.found.ends_with("given ten bytes, writable"),
        "{}",
        hit.broken.found
    );
}
