//! Fixtures of the family `release`: what shows in a single release.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{only, raised, told};
use crate::{any, c1d, fires, other};
use bufcheck_model::observation::References;

#[test]
fn a_release_drops_one_reference() {
    let twice = c1d().granted(only(0x8), |view| {
        view.references = Some(References { during: 1, after: -1 });
    });
    fires("release.no-decref-of-obj", &twice, &[0x8]);
    let of_root = c1d().granted(only(0x8), |view| {
        view.obj = other("bytearray", true);
        view.obj_references = Some(References { during: 0, after: -2 });
    });
    fires("release.no-decref-of-obj", &of_root, &[0x8]);
    let well = c1d().granted(any, |view| {
        view.obj = other("bytearray", true);
        view.references = Some(References { during: 0, after: 0 });
        view.obj_references = Some(References { during: 0, after: -1 });
    });
    assert!(well.hits().is_empty(), "{}", told(&well.hits()));
}

#[test]
fn releases_do_not_fail() {
    let subject = c1d().granted(only(0x8), |view| {
        view.raised_by_release = Some(raised("ValueError", false));
    });
    fires("release.never-fails", &subject, &[0x8]);
}
