//! Calls of the interpreter in a plan: what a selection leaves of them, and the rules that go with it.

use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};

fn plan(selection: &Selection) -> Plan {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    Plan::new(catalogue, &Subjects::Corpus, selection).expect("a plan")
}

fn rules(plan: &Plan) -> Vec<&str> {
    plan.rules.iter().map(|rule| rule.id).collect()
}

#[test]
fn chosen_calls_are_all_that_is_left_and_their_rule_is_judged() {
    let selection = Selection {
        cases: vec!["interpreter/iscontiguous/definition/2x3-*".into()],
        ..Selection::default()
    };
    let plan = plan(&selection);
    let [subject] = &plan.subjects[..] else {
        panic!("one group: {:?}", plan.subjects.len())
    };
    let group = subject.interpreter.as_ref().expect("calls");
    assert_eq!(group.id, "interpreter/iscontiguous/definition");
    assert!(group.cases.iter().all(|case| case.id.contains("/2x3-")));
    assert!(rules(&plan).contains(&"contig.c-definition"));
}

#[test]
fn a_chosen_request_leaves_the_exporters() {
    let selection = Selection {
        cases: vec!["requests/0x01c-*".into()],
        ..Selection::default()
    };
    let plan = plan(&selection);
    assert!(!plan.subjects.is_empty());
    assert!(plan.subjects.iter().all(|subject| subject.interpreter.is_none()));
}

#[test]
fn without_its_rule_no_group_is_called() {
    let selection = Selection {
        rules: vec!["format.*".into()],
        ..Selection::default()
    };
    assert!(
        plan(&selection)
            .subjects
            .iter()
            .all(|subject| subject.interpreter.is_none())
    );
    let selection = Selection {
        rules: vec!["capi.sizefromformat".into()],
        ..Selection::default()
    };
    let plan = plan(&selection);
    let called = plan
        .subjects
        .iter()
        .filter_map(|subject| subject.interpreter.as_ref());
    let called: Vec<&str> = called.map(|group| group.id.as_str()).collect();
    assert_eq!(
        called,
        [
            "interpreter/sizefromformat/sizes",
            "interpreter/sizefromformat/rejected"
        ]
    );
}

#[test]
fn the_whole_corpus_has_every_group_once() {
    let plan = plan(&Selection::default());
    let called = plan
        .subjects
        .iter()
        .filter(|subject| subject.interpreter.is_some())
        .count();
    let groups = plan
        .catalogue
        .interpreter
        .iter()
        .map(|(_, file)| file.groups.len());
    assert_eq!(called, groups.sum::<usize>());
}
