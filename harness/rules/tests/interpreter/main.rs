//! Calls of the interpreter's functions: data and code agree, and every wrong answer is told.
//!
//! Knows how an interpreter answers that does everything that is wanted. Must never know how a function is called.

#[path = "../support/data.rs"]
#[allow(dead_code, reason = "every test binary uses its own part of this")]
mod data;

use std::collections::BTreeSet;

use bufcheck_model::case::Side;
use bufcheck_model::interpreter::{Answer, Expected, Fact, Facts, Group, InterpreterCase, Value};
use bufcheck_model::observation::HowEnded;
use bufcheck_protocol::format::{LongDouble, Platform, Word};
use bufcheck_rules::interpreter::cases::files;
use bufcheck_rules::interpreter::{judge, oracle};
use bufcheck_rules::{Check, rule, rules};

fn groups() -> impl Iterator<Item = &'static Group> {
    data::interpreter().iter().flat_map(|file| &file.groups)
}

/// The answer of an interpreter that does what is wanted.
fn right(case: &InterpreterCase) -> Answer {
    let value = |fact: Fact, wanted: &Expected| match (fact, wanted) {
        (Fact::Raises, Expected::Is(Value::Text(name))) => {
            let name = if name == "*" { "MemoryError" } else { name.as_str() };
            Value::Texts(vec!["module.Own".into(), name.into(), "Exception".into()])
        }
        (_, Expected::Is(value)) => value.clone(),
        (_, Expected::Any { any }) => any.last().cloned().expect("some value is right"),
    };
    let facts = case
        .want
        .iter()
        .map(|(fact, wanted)| (*fact, value(*fact, wanted)));
    Answer::Seen(facts.chain([(Fact::Canaries, Value::Bool(true))]).collect())
}

fn answers(group: &Group) -> Vec<Answer> {
    group.cases.iter().map(right).collect()
}

/// The facts of an answer, with another value of one.
fn changed(answer: &Answer, fact: Fact, value: Value) -> Answer {
    let Answer::Seen(facts) = answer else {
        unreachable!("the call came back")
    };
    let mut facts: Facts = facts.clone();
    facts.insert(fact, value);
    Answer::Seen(facts)
}

fn broken(group: &Group, answers: &[Answer]) -> Option<String> {
    judge(group, answers, Platform::LP64_LE).hit.map(|hit| hit.rule)
}

#[test]
fn the_data_are_what_the_code_computes() {
    let written: Vec<_> = data::interpreter()
        .iter()
        .flat_map(|file| file.groups.clone())
        .collect();
    let mut computed = files();
    computed.sort_by_key(|(name, _)| *name);
    let computed: Vec<_> = computed.into_iter().flat_map(|(_, file)| file.groups).collect();
    for (written, computed) in written.iter().zip(&computed) {
        assert_eq!(written.id, computed.id);
        assert_eq!(written.cases.len(), computed.cases.len(), "{}", written.id);
        for (written, computed) in written.cases.iter().zip(&computed.cases) {
            assert_eq!(written, computed, "run `make interpreter-cases`");
        }
        assert_eq!(written, computed, "run `make interpreter-cases`");
    }
    assert_eq!(written.len(), computed.len(), "run `make interpreter-cases`");
}

#[test]
fn what_is_wanted_is_no_violation() {
    for group in groups() {
        let judged = judge(group, &answers(group), Platform::LP64_LE);
        assert_eq!(judged.hit, None, "{}", group.id);
        assert_eq!(judged.judged, group.cases.len());
    }
}

#[test]
fn every_fact_that_is_wanted_is_judged() {
    for group in groups() {
        for case in &group.cases {
            let alone = Group {
                id: group.id.clone(),
                about: group.about.clone(),
                rule: group.rule.clone(),
                basis: group.basis,
                python: None,
                cases: vec![case.clone()],
            };
            for fact in case.want.keys() {
                let wrong = changed(&right(case), *fact, Value::Text("something else".into()));
                assert_eq!(
                    broken(&alone, &[wrong]).as_ref(),
                    Some(&group.rule),
                    "{}, {fact:?}",
                    case.id
                );
            }
        }
    }
}

#[test]
fn a_death_breaks_the_rule_and_is_told_with_its_case() {
    for group in groups() {
        let mut wrong = answers(group);
        wrong[0] = Answer::Died(HowEnded::Signal(11));
        let judged = judge(group, &wrong, Platform::LP64_LE);
        let hit = judged.hit.expect("a death is a violation");
        assert_eq!(hit.case.as_deref(), Some(group.cases[0].id.as_str()));
        assert!(hit.broken.found.contains("signal 11"), "{}", hit.broken.found);
        assert_eq!((judged.died, judged.broken), (1, 1));
    }
}

#[test]
fn writing_beside_the_memory_is_a_violation_of_any_rule() {
    for group in groups() {
        let mut wrong = answers(group);
        wrong[0] = changed(&wrong[0], Fact::Canaries, Value::Bool(false));
        assert_eq!(broken(group, &wrong).as_ref(), Some(&group.rule), "{}", group.id);
    }
}

#[test]
fn what_is_not_there_is_not_judged() {
    let group = groups().next().expect("a group");
    let absent = vec![Answer::Absent("PyBuffer_Something".into()); group.cases.len()];
    let judged = judge(group, &absent, Platform::LP64_LE);
    assert_eq!((judged.hit, judged.judged), (None, 0));
    assert_eq!(judged.absent, ["PyBuffer_Something"]);
    let unmade = vec![Answer::NotMade("no such module".into()); group.cases.len()];
    let judged = judge(group, &unmade, Platform::LP64_LE);
    assert_eq!(
        (judged.hit, judged.judged, judged.unmade),
        (None, 0, group.cases.len())
    );
}

#[test]
fn sizes_are_those_of_the_platform() {
    let narrow = Platform {
        long: Word::Four,
        pointer: Word::Four,
        align8: Word::Eight,
        long_double: LongDouble::Quad,
        ..Platform::LP64_LE
    };
    let group = groups()
        .find(|group| group.id.ends_with("sizefromformat/sizes"))
        .expect("the group");
    let case = group
        .cases
        .iter()
        .find(|case| case.id.ends_with("/l"))
        .expect("the case");
    let size = |platform| oracle::want(&case.ask, platform).expect("a size")[&Fact::Returns].clone();
    assert_eq!(size(Platform::LP64_LE), 8.into());
    assert_eq!(size(narrow), 4.into());
    let narrow_answers: Vec<Answer> = group
        .cases
        .iter()
        .map(|case| {
            right(&InterpreterCase {
                want: oracle::want(&case.ask, narrow).expect("a size"),
                ..case.clone()
            })
        })
        .collect();
    assert_eq!(judge(group, &narrow_answers, narrow).hit, None);
    assert!(judge(group, &narrow_answers, Platform::LP64_LE).hit.is_some());
}

#[test]
fn groups_and_rules_name_each_other() {
    let named: BTreeSet<&str> = groups().map(|group| group.rule.as_str()).collect();
    for id in &named {
        assert!(rule(id).is_some(), "no check of `{id}`");
        let data = data::rules().iter().find(|rule| rule.id == *id).expect("a text");
        assert_eq!(data.side, Side::Interpreter, "{id}");
    }
    for rule in rules().filter(|rule| matches!(rule.check, Check::Interpreter)) {
        assert!(named.contains(rule.id), "no calls for `{}`", rule.id);
    }
}

#[test]
fn counts_are_what_they_say() {
    for file in data::interpreter() {
        let count: usize = file.groups.iter().map(|group| group.cases.len()).sum();
        assert_eq!(file.count, count, "{}", file.about);
        for group in &file.groups {
            assert!(!group.cases.is_empty(), "{}", group.id);
        }
    }
}
