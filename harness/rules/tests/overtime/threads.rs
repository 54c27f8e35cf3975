//! Fixtures of `overtime`: what several threads saw.
//!
//! Knows scenarios played by hand. Must never need Python.

use crate::support::stage::{Stage, bytes, stage};
use crate::value_error;
use bufcheck_model::scenario::Seen;
use rstest::rstest;
use serde_json::json;

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
        halves: Some([0, 0]),
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
    let with = |refused: bool, changes: Option<[i64; 2]>| {
        tumult(move |seen| {
            if let Seen::Threads {
                refusal,
                raised,
                halves,
                ..
            } = seen
            {
                *refusal = refused.then(value_error);
                *raised = refused.then(value_error);
                *halves = changes;
            }
        })
    };
    with(true, None).fails(
        &served,
        "asked in another thread, a request was refused with ValueError (closed)",
    );
    with(true, None).fails(&released, "a release left ValueError (closed)");
    for even in [None, Some([1, 0]), Some([0, 1]), Some([1, -1])] {
        with(false, even).holds(&balanced);
    }
    with(false, Some([-2, -1])).fails(
        &balanced,
        "the reference count changed by -2 while it was asked and released in other threads, and by -1 when that was done \
         again",
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
