//! Calls of the interpreter in a plan: what a selection leaves of them, and the rules that go with it.

use bufcheck_model::bend::Bend;
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

/// What is wrong with mutants of the interpreter in a folder of cases, once the embedded ones are changed so.
fn problem_with(change: impl Fn(&mut serde_json::Value)) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in [
        (
            "rules/contig.json",
            include_str!("../../../cases/rules/contig.json"),
        ),
        (
            "rules/suboffsets.json",
            include_str!("../../../cases/rules/suboffsets.json"),
        ),
        (
            "interpreter/file.json",
            include_str!("../../../cases/interpreter/iscontiguous.json"),
        ),
    ] {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    let mut mutants = serde_json::json!({
        "about": "One.",
        "mutants": [],
        "interpreters": [{
            "breaks": "contig.c-definition",
            "about": "Takes A for C.",
            "id": "mutants/interpreter/contiguous-any-is-c",
            "bend": "contiguous-any-is-c",
            "calls": "interpreter/iscontiguous/definition",
        }],
    });
    change(&mut mutants["interpreters"][0]);
    std::fs::create_dir(folder.path().join("mutants")).expect("a folder");
    std::fs::write(folder.path().join("mutants/file.json"), mutants.to_string()).expect("a file");
    Catalogue::from_dir(folder.path())
        .err()
        .map(|error| error.to_string())
}

#[test]
fn a_defect_is_shown_by_calls_that_are_silent_without_it() {
    let told = |key: &'static str, value: &'static str| problem_with(|mutant| mutant[key] = value.into());
    let problem = told("calls", "interpreter/iscontiguous/no-such").expect("there are no such calls");
    assert!(problem.contains("there are no calls"), "{problem}");
    let problem = told("calls", "interpreter/iscontiguous/other-letters").expect("they show another rule");
    assert!(problem.contains("not `contig.c-definition`"), "{problem}");
    let problem = problem_with(|mutant| {
        mutant["breaks"] = "contig.isc-order-argument".into();
        mutant["calls"] = "interpreter/iscontiguous/without-shape".into();
    });
    let problem = problem.expect("deviations are known");
    assert!(problem.contains("known without it"), "{problem}");
}

#[test]
fn every_change_of_the_table_is_a_mutant_or_clean_and_bears_its_name() {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let mutants = catalogue
        .interpreter_mutants
        .iter()
        .map(|mutant| (mutant.bend, &mutant.id));
    let clean = catalogue.clean_interpreters.iter();
    let clean = clean.filter_map(|case| Some((case.bend?, &case.id)));
    let named: Vec<_> = mutants.chain(clean).collect();
    for (bend, id) in &named {
        let name = bend.name();
        assert_eq!(id.rsplit('/').next(), Some(name.as_str()));
    }
    for bend in Bend::ALL {
        let times = named.iter().filter(|(named, _)| named == bend).count();
        assert_eq!(times, 1, "{bend:?}");
    }
}

#[test]
fn a_clean_interpreter_is_asked_what_is_silent_or_what_it_names() {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let plan = Plan::new(catalogue, &Subjects::Clean, &Selection::default()).expect("a plan");
    let asked = |id: &str| plan.subjects.iter().find(|subject| subject.case.id == id);
    assert!(asked("clean/interpreter/as-it-is/iscontiguous/definition").is_some());
    assert!(asked("clean/interpreter/as-it-is/iscontiguous/without-shape").is_none());
    let bent = asked("clean/interpreter/refuses-more/iscontiguous/without-shape").expect("it is named");
    assert_eq!(bent.bend, Some(Bend::RefusesMore));
}
