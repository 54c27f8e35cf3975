//! Rules of the family `release` that show in a single request and its release.
//!
//! Knows what may have happened once `PyBuffer_Release` returned. Must never know scenarios over time.

use super::words::{exception, in_every_round};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Grant;
use bufcheck_model::observation::ObjRef;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "release.no-decref-of-obj",
        check: Check::Granted(no_decref_of_obj),
    },
    Rule {
        id: "release.never-fails",
        check: Check::Granted(never_fails),
    },
];

fn no_decref_of_obj(grant: &Grant<'_>) -> Option<Broken> {
    (dropped_twice(grant) && in_every_round(grant, dropped_twice)).then(|| {
        Broken::new(
            "the release dropped more than the view's own reference to `obj`",
            "one reference dropped, by PyBuffer_Release itself: the slot leaves `obj` alone",
        )
    })
}

fn dropped_twice(grant: &Grant<'_>) -> bool {
    let view = grant.view;
    if view.unreleased {
        return false;
    }
    match &view.obj {
        // A view that took no reference also ends below zero: that is another fault.
        ObjRef::Exporter => view
            .references
            .is_some_and(|references| references.during >= 1 && references.after < 0),
        // Only a root with a release slot of its own can drop more than PyBuffer_Release does.
        ObjRef::Other(owner) => {
            owner.releases
                && view
                    .obj_references
                    .is_some_and(|references| references.after < -1)
        }
        ObjRef::Null | ObjRef::Untouched | ObjRef::Stray(_) => false,
    }
}

fn never_fails(grant: &Grant<'_>) -> Option<Broken> {
    let raised = grant.view.raised_by_release.as_ref()?;
    Some(Broken::new(
        format!("after the release {} is set", exception(raised)),
        "no exception: a release cannot fail",
    ))
}
