//! The files of `cases/scenarios/` hold together: with each other, with the rules, with themselves.
//!
//! Knows what an author may get wrong. Must never know how a scenario is played.

use std::collections::BTreeSet;

use crate::support::data;
use bufcheck_model::scenario::{Act, Asked, ScenarioCase, That};
use bufcheck_rules::{Check, rule, rules};
use serde_json::Value as Json;

fn cases() -> Vec<ScenarioCase> {
    data::scenarios()
        .into_iter()
        .flat_map(|file| file.scenarios)
        .collect()
}

#[test]
fn ids_are_unique_paths() {
    let cases = cases();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len());
    for id in ids {
        assert!(
            id.starts_with("scenarios/") && id.matches('/').count() == 2,
            "{id}"
        );
    }
    assert!(cases.len() >= 60, "{} scenarios", cases.len());
}

#[test]
fn every_scenario_can_catch_a_rule_that_is_checked() {
    for case in cases() {
        assert!(case.catches().next().is_some(), "{} expects nothing", case.id);
        for name in case.catches() {
            assert!(rule(name).is_some(), "{}: no rule `{name}` is checked", case.id);
        }
    }
}

#[test]
fn every_rule_that_scenarios_check_has_one() {
    let cases = cases();
    let caught: BTreeSet<&str> = cases.iter().flat_map(ScenarioCase::catches).collect();
    for rule in rules().filter(|rule| matches!(rule.check, Check::Scenario)) {
        assert!(caught.contains(rule.id), "no scenario for `{}`", rule.id);
    }
    assert!(caught.len() >= 45, "{} rules", caught.len());
}

/// An exporter that leaks with each granted view, and with no refusal, was accused of the latter (panda3d).
#[test]
fn what_refusals_lose_is_measured_with_nothing_but_refusals() {
    let mut measured = 0;
    for case in cases() {
        let loses = |act: &&Act| matches!(act, Act::Expect(it) if it.rule == "leak.on-refusal");
        for act in case.acts.iter().filter(loses) {
            let Act::Expect(expectation) = act else { continue };
            let That::NoGrowth { repeat, .. } = &expectation.that else {
                continue;
            };
            for act in &case.acts {
                if matches!(act, Act::Repeat { name, .. } if name == repeat) {
                    measured += 1;
                    assert!(
                        act.asked().iter().all(|asked| **asked == Asked::Refused),
                        "{}: `{repeat}` asks what may be granted",
                        case.id
                    );
                }
            }
        }
    }
    assert!(measured >= 8, "{measured} measurements");
}

#[test]
fn every_known_type_has_a_table_of_its_own() {
    let tables: Vec<_> = data::scenarios()
        .into_iter()
        .flat_map(|file| file.mutators)
        .collect();
    let types: BTreeSet<&str> = tables.iter().map(|table| table.type_name.as_str()).collect();
    assert_eq!(types.len(), tables.len());
    assert!(tables.iter().all(|table| !table.calls.is_empty()));
}

/// A name that is misspelt in an expectation would make it hold for ever.
#[test]
fn expectations_speak_of_what_was_done_before() {
    for case in cases() {
        let mut done: BTreeSet<String> = BTreeSet::new();
        for act in case.acts.iter().flat_map(Act::flat) {
            match act {
                Act::Expect(expectation) => {
                    for name in names(&expectation.that) {
                        assert!(done.contains(&name), "{}: nothing is called `{name}`", case.id);
                    }
                }
                Act::Ask { view: name, .. }
                | Act::Hold { views: name, .. }
                | Act::Mutate { name, .. }
                | Act::Outgrow { name, .. }
                | Act::Call { name, .. }
                | Act::Count { name, .. }
                | Act::Repeat { name, .. }
                | Act::Threads { name, .. }
                | Act::Alive { object: name } => {
                    done.insert(name.clone());
                }
                _ => {}
            }
        }
    }
}

/// Every text in a predicate but those that are no names.
fn names(that: &That) -> Vec<String> {
    let json = serde_json::to_value(that).expect("a predicate is JSON");
    let fields = json
        .as_object()
        .and_then(|that| that.values().next())
        .and_then(|fields| fields.as_object());
    let mut names: Vec<String> = fields
        .into_iter()
        .flatten()
        .filter(|(key, _)| !["type", "types", "of", "fields"].contains(&key.as_str()))
        .flat_map(|(_, value)| match value {
            Json::Array(values) => values.clone(),
            value => vec![value.clone()],
        })
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    if matches!(that, That::Alive { .. } | That::Gone { .. }) {
        names.push("x".to_owned());
    }
    names
}
