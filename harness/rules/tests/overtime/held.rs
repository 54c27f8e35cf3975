//! Fixtures of `overtime`: views that are held side by side.
//!
//! Knows scenarios played by hand. Must never need Python.

use crate::support::stage::{Stage, set, stage};
use crate::value_error;
use bufcheck_model::observation::{Field, FieldSet, Volatile};
use bufcheck_model::scenario::Seen;
use serde_json::json;

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
    broken.fails(&released, "a release left ValueError (closed)");
    broken.fails(&same, "view 5 showed other bytes while other views came and went");
    broken.clone().volatile(Volatile::Held).holds(&same);

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
