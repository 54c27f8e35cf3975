//! The checks and what is said about them name the same rules.
//!
//! Knows `rules()` and `cases/rules/`. Must never know what a rule checks.

mod support;

use std::collections::BTreeSet;

use bufcheck_model::case::Level;
use bufcheck_rules::{Check, rule, rules};
use support::data;

#[test]
fn every_check_is_described_and_every_observable_rule_is_checked() {
    let checked: BTreeSet<&str> = rules().map(|rule| rule.id).collect();
    let observable = data::rules().iter().filter(|rule| rule.unobserved.is_none());
    let described: BTreeSet<&str> = observable.map(|rule| rule.id.as_str()).collect();
    let undescribed: Vec<_> = checked.difference(&described).collect();
    let unchecked: Vec<_> = described.difference(&checked).collect();
    assert!(
        undescribed.is_empty() && unchecked.is_empty(),
        "checked but not described as observable: {undescribed:?}; described but not checked: {unchecked:?}"
    );
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<&str> = rules().map(|rule| rule.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// A rule of which nobody said what it does to people would stand last in every report.
#[test]
fn every_rule_has_a_title_of_its_own_and_says_what_harm_is_done() {
    let mut titles = BTreeSet::new();
    for rule in data::rules() {
        assert!((1..=56).contains(&rule.title.chars().count()), "{}", rule.id);
        assert!(
            titles.insert(&rule.title),
            "two rules are called `{}`",
            rule.title
        );
        assert!(rule.consumers.len() <= 3, "{}", rule.id);
    }
    for file in data::rules_as_written() {
        for rule in file["rules"].as_array().into_iter().flatten() {
            assert!(rule["harm"].is_string(), "no harm is stated for {}", rule["id"]);
        }
    }
}

/// Whoever writes a consumer is told what to change, in whatever they write it.
#[test]
fn every_rule_that_spies_show_broken_says_how_it_is_mended_in_each_binding() {
    let consumers = rules().filter(|rule| matches!(rule.check, Check::Consumer));
    for rule in consumers {
        let data = data::rules()
            .iter()
            .find(|data| data.id == rule.id)
            .expect("described");
        let fix = data
            .fix
            .as_ref()
            .unwrap_or_else(|| panic!("no fix for {}", rule.id));
        let zig = fix.zig.as_deref().unwrap_or_default();
        for text in [
            &*fix.c,
            &fix.cython,
            &fix.pybind11,
            &fix.nanobind,
            &fix.pyo3,
            zig,
            &fix.python,
        ] {
            assert!(text.len() > 20 && text.ends_with('.'), "{}: {text:?}", rule.id);
        }
        assert!(
            !fix.c.starts_with("Nothing to do"),
            "{}: it is broken by hand in C",
            rule.id
        );
    }
}

#[test]
fn every_relation_names_a_rule_that_relations_check() {
    for case in data::relations() {
        let rule = rule(&case.rule).unwrap_or_else(|| panic!("{}: no rule `{}`", case.id, case.rule));
        assert!(
            matches!(rule.check, Check::Relation),
            "{}: `{}` is checked otherwise",
            case.id,
            case.rule
        );
    }
}

#[test]
fn every_rule_that_relations_check_has_one() {
    let relations = data::relations();
    for rule in rules().filter(|rule| matches!(rule.check, Check::Relation)) {
        assert!(
            relations.iter().any(|case| case.rule == rule.id),
            "no relation for `{}`",
            rule.id
        );
    }
}

#[test]
fn relation_ids_are_unique() {
    let relations = data::relations();
    let ids: BTreeSet<&str> = relations.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), relations.len());
}

#[test]
fn camps_are_checked_for_contested_answerslone() {
    for described in data::rules() {
        let Some(rule) = rule(&described.id) else {
            continue;
        };
        if matches!(rule.check, Check::Camp(_)) {
            assert_eq!(described.level, Level::Contested, "{}", rule.id);
        }
    }
}
