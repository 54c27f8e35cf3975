//! What is expected of objects and their types: what keeps them, what they cost, where their slots come from.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::raised;
use crate::support::stage::{Stage, stage};
use bufcheck_model::scenario::{Measure, Seen, SlotOrigins};
use serde_json::json;

/// Object `x`, still there and held by these, and `y`, which is gone.
fn kept(by: &[&str]) -> Stage {
    let names = by.iter().map(|name| (*name).to_owned()).collect();
    stage()
        .looked("y", Some(false))
        .looked("x", Some(true))
        .act(json!({"holders": {}}), Seen::Holders(Some(names)))
}

#[test]
fn no_reference_is_lost() {
    let that = json!({"none-lost": {"like": "y"}});
    kept(&[]).fails(
        &that,
        "the object is still there though nothing that the collector sees refers to it",
    );
    kept(&["list"]).holds(&that);
    kept(&["managedbuffer", "memoryview"]).holds(&that);
    // Something else keeps all objects of this kind.
    kept(&[]).looked("y", Some(true)).holds(&that);
    kept(&[]).looked("x", Some(false)).holds(&that);
    kept(&[]).looked("x", None).holds(&that);
    stage()
        .looked("y", Some(false))
        .looked("x", Some(true))
        .act(json!({"holders": {}}), Seen::Holders(None))
        .holds(&that);
}

/// A pool that an object came back to may hold it; a view of it may not.
#[test]
fn whoever_is_seen_to_hold_it_may() {
    let that = json!({"gone": {"object": "x", "like": "y"}});
    let told = "the object is still there though nothing refers to it";
    kept(&[]).fails(&that, told);
    kept(&["memoryview"]).fails(&that, told);
    kept(&["collections.deque"]).holds(&that);
}

#[test]
fn a_refused_mutation_loses_no_reference() {
    let that = json!({"none-lost": {"like": "y", "refused": "m"}});
    let mutated = |raised| kept(&[]).bound("x.grow()").mutated("m", raised);
    mutated(None).holds(&that);
    mutated(Some(raised("BufferError", true))).fails(
        &that,
        "the object is still there though nothing that the collector sees refers to it, since `x.grow()` was refused",
    );
}

#[test]
fn a_view_of_itself_is_collected() {
    let that = json!({"no-ring": {"like": "y"}});
    kept(&["managedbuffer", "memoryview"]).fails(
        &that,
        "a view of the object keeps it, and nothing that the collector sees refers to the view",
    );
    kept(&[]).holds(&that);
    // A cache in a module, which is somebody's to empty.
    kept(&["dict", "managedbuffer", "memoryview"]).holds(&that);
    kept(&["memoryview"]).looked("y", Some(true)).holds(&that);
}

#[test]
fn slots_come_from_one_line_of_bases() {
    let that = json!({"one-line": {}});
    let slots = |release: Option<&str>, related| {
        let origins = SlotOrigins {
            request: "demo.Plain".into(),
            release: release.map(str::to_owned),
            related,
        };
        stage().act(json!({"slots": {}}), Seen::Slots(origins))
    };
    slots(None, true).holds(&that);
    slots(Some("demo.Locked"), true).holds(&that);
    slots(Some("demo.Locked"), false).fails(
        &that,
        "views are granted by the slot of `demo.Plain` and released by that of `demo.Locked`, which knows nothing of \
         them",
    );
}

#[test]
fn what_grows_anyway_is_no_growth_of_this() {
    let that = json!({"no-more-growth": {"repeat": "changed", "than": "plain", "of": "heap"}});
    let repeated = |name: &str, step: i64| {
        let measures = [0, 1, 2].map(|half| Measure {
            heap: Some(half * step),
            ..Measure::default()
        });
        let act = json!({"repeat": {"name": name, "times": 20, "acts": []}});
        (act, Seen::Repeated { times: 20, measures })
    };
    let both = |plain, changed| {
        let (first, second) = (repeated("plain", plain), repeated("changed", changed));
        stage().act(first.0, first.1).act(second.0, second.1)
    };
    both(0, 0).holds(&that);
    both(4096, 4096).holds(&that);
    both(0, 81_920).fails(
        &that,
        "+163840 bytes of the C heap in 40 cycles, about as many in each half",
    );
    let (act, seen) = repeated("changed", 81_920);
    stage().act(act, seen).holds(&that);
}
