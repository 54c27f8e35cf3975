//! What is expected of releases, reference counts and lives.
//!
//! Knows traces, made by hand. Must never play a scenario.

use crate::support::stage::{Stage, bytes, set, stage};
use crate::{DATA, silent, value_error};
use bufcheck_model::observation::{Field, ObjRef};
use bufcheck_model::scenario::{Release, Seen};
use rstest::rstest;
use serde_json::json;

#[test]
fn a_release_is_clean() {
    let that = json!({"released-cleanly": {"view": "a"}});
    let no_unraisable = json!({"no-unraisable": {"view": "a"}});
    let reports = json!({"reports": {"view": "a"}});
    let internal = json!({"internal-kept": {"view": "a"}});
    let pending = json!({"pending-kept": {"view": "a"}});

    let clean = stage().released("a", Release::default());
    clean.holds(&that);
    clean.holds(&no_unraisable);
    clean.holds(&internal);
    clean.holds(&pending);
    clean.fails(&reports, "no report");
    stage().holds(&reports);

    let raising = stage().released(
        "a",
        Release {
            raised: Some(value_error()),
            pending_kept: Some(false),
            changed: set(&[Field::Internal]),
            ..Release::default()
        },
    );
    raising.fails(&that, "the release left ValueError (closed)");
    raising.fails(&reports, "ValueError (closed)");
    raising.fails(&internal, "`internal` changed while the view was held");
    raising.fails(
        &pending,
        "an exception was set before the release; after it ValueError (closed) is set",
    );

    let reporting = stage().released(
        "a",
        Release {
            unraisable: Some(silent("OSError")),
            pending_kept: Some(true),
            changed: set(&[Field::Buf]),
            ..Release::default()
        },
    );
    reporting.fails(&that, "the release reported OSError");
    reporting.fails(&no_unraisable, "the release raised OSError");
    reporting.holds(&reports);
    reporting.holds(&internal);
    reporting.holds(&pending);

    let kept = Release {
        obj_kept: true,
        pending_kept: Some(false),
        ..Release::default()
    };
    stage()
        .released("a", kept.clone())
        .fails(&that, "`obj` is not NULL after the release");
    stage().released("a", kept.clone()).fails(
        &pending,
        "an exception was set before the release; after it nothing is set",
    );
    stage().released("b", kept).holds(&that);
}

#[rstest]
#[case::balanced([3, 3, 3], None)]
#[case::stored_at_first_use([3, 4, 4], None)]
#[case::stored_late([3, 3, 4], None)]
#[case::come_and_gone([3, 4, 3], None)]
#[case::leak([3, 5, 6], Some("the reference count changed by +2, and by +1 when that was repeated"))]
#[case::owed([3, 2, 1], Some("the reference count changed by -1, and by -1 when that was repeated"))]
fn counts_change_with_every_cycle_or_hardly_matter(#[case] counts: [i64; 3], #[case] found: Option<&str>) {
    let that = json!({"balanced": {"counts": ["p", "q", "r"]}});
    let [p, q, r] = counts.map(Some);
    let stage = stage().counted("p", p).counted("q", q).counted("r", r);
    assert_eq!(stage.found(&that).as_deref(), found);
}

#[rstest]
#[case::balanced([3, 3, 3, 3, 3], None)]
#[case::any_way_leaks([3, 4, 5, 6, 7], None)]
#[case::stored_at_first_use([3, 3, 4, 4, 4], None)]
#[case::plain_leaks_alone([3, 4, 4, 5, 5],
    Some("the reference count changed by -1 more than in the plain way, and by -1 when that was repeated"))]
#[case::leaks_more([3, 4, 6, 7, 10],
    Some("the reference count changed by +1 more than in the plain way, and by +2 when that was repeated"))]
fn another_way_is_compared_with_the_plain_one(#[case] counts: [i64; 5], #[case] found: Option<&str>) {
    let names = ["p", "q", "r", "s", "t"];
    let that = json!({"balanced-as-plain": {"counts": names}});
    let counted = names.iter().zip(counts);
    let stage = counted.fold(stage(), |stage, (name, count)| stage.counted(name, Some(count)));
    assert_eq!(stage.found(&that).as_deref(), found);
}

#[test]
fn garbage_is_no_leak() {
    let that = json!({"balanced": {"counts": ["p", "q", "r"]}});
    let recounted = |kept| {
        let count = |stage: Stage, name: &str, kept| {
            let seen = Seen::Recounted {
                at_once: kept + 5,
                kept,
            };
            stage.act(json!({"count": {"name": name}}), seen)
        };
        let [one, other] = kept;
        count(count(stage().counted("p", Some(3)), "q", one), "r", other)
    };
    recounted([3, 3]).holds(&that);
    recounted([4, 5]).fails(
        &that,
        "the reference count changed by +1, and by +1 when that was repeated",
    );
    let immortal = stage()
        .counted("p", None)
        .counted("q", Some(3))
        .counted("r", Some(4));
    immortal.holds(&that);
}

#[test]
fn lives_agree() {
    let alive = json!({"alive": {"object": "x", "view": "a"}});
    let owned = |owner: fn() -> ObjRef, found| {
        stage()
            .granted_as("a", bytes(&DATA), |view| view.obj = owner())
            .looked("x", found)
    };
    owned(|| ObjRef::Exporter, Some(true)).holds(&alive);
    owned(|| ObjRef::Exporter, None).holds(&alive);
    owned(|| ObjRef::Null, Some(false)).holds(&alive);
    owned(|| ObjRef::Exporter, Some(false))
        .fails(&alive, "the object was finalised while its memory was exported");

    let gone = json!({"gone": {"object": "x", "like": "y"}});
    let found = |other, own| stage().looked("y", other).looked("x", own);
    found(Some(false), Some(false)).holds(&gone);
    found(Some(true), Some(true)).holds(&gone);
    found(None, Some(true)).holds(&gone);
    found(Some(false), Some(true)).fails(&gone, "the object is still there though nothing refers to it");
}
