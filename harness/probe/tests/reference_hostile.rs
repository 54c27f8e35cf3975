//! `cases/exporters/hostile.json`: every attack and every place is in it, and those that a test process
//! survives do what they say. The others are run by the tests of the worker supervision.

#![allow(unsafe_code, reason = "shared with tests that ask by the bare C API")]

mod reference_support;

use std::collections::HashSet;

use bufcheck_model::reference::{Hostile, HostileKind, Place};
use pyo3::prelude::*;
use reference_support::{ask, exporters, make, spec, with_python};
use rstest::rstest;

fn attacks() -> Vec<(String, Hostile)> {
    let file = exporters(include_str!("../../../cases/exporters/hostile.json"));
    let attack = |case: bufcheck_model::case::ExporterCase| {
        let reference = case.reference.expect("a reference");
        reference
            .check()
            .unwrap_or_else(|error| panic!("{}: {error}", case.id));
        (case.id, reference.hostile.expect("an attack"))
    };
    file.exporters.into_iter().map(attack).collect()
}

#[test]
fn every_attack_and_every_place_is_there() {
    let all = attacks();
    let kinds: HashSet<String> = all
        .iter()
        .map(|(_, attack)| format!("{:?}", attack.kind))
        .collect();
    assert_eq!(kinds.len(), 16, "{kinds:?}");
    for place in [Place::Getbuffer, Place::Release, Place::Make, Place::Drop] {
        assert!(all.iter().any(|(_, attack)| attack.at == place), "{place:?}");
    }
    let ids: HashSet<_> = all.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), all.len());
}

#[rstest]
#[case("system-exit", "SystemExit")]
#[case("keyboard-interrupt", "KeyboardInterrupt")]
#[case("memory-error", "MemoryError")]
fn exceptions_are_raised_where_the_attack_stands(#[case] kind: &str, #[case] raised: &str) {
    with_python(|py| {
        let hostile = |rest: &str| {
            spec(&format!(
                r#"{{"shape": [4], "hostile": {{"kind": "{kind}"{rest}}}}}"#
            ))
        };
        let asked = ask(&make(py, &hostile("")), 0);
        assert_eq!(
            (asked.code, asked.raised.as_deref(), asked.obj.as_str()),
            (-1, Some(raised), "null")
        );
        let released = ask(&make(py, &hostile(r#", "at": "release""#)), 0);
        assert_eq!(
            (released.code, released.raised_by_release.as_deref()),
            (0, Some(raised))
        );
        let made = bufcheck_probe::reference::make(py, &hostile(r#", "at": "make""#));
        let error = made.expect_err("it is raised while the object is made");
        assert_eq!(error.get_type(py).name().expect("a name").to_string(), raised);
        let later = make(py, &hostile(r#", "when": {"requests": ["0x018"], "only": 2}"#));
        let codes = [0x0, 0x18, 0x8, 0x18, 0x18].map(|flags| ask(&later, flags).code);
        assert_eq!(codes, [0, 0, 0, -1, 0]);
    });
}

#[test]
fn an_attack_that_returns_leaves_a_sound_answer() {
    let attack = HostileKind::Print;
    assert!(attacks().iter().any(|(_, found)| found.kind == attack));
    with_python(|py| {
        let seen = ask(
            &make(py, &spec(r#"{"shape": [4], "hostile": {"kind": "print"}}"#)),
            0,
        );
        assert_eq!((seen.code, seen.content), (0, Some(vec![1, 2, 3, 4])));
    });
}
