//! The self-test, tested: it passes, and it fails as soon as one rule is switched off.
//!
//! Knows the kill matrix. Must never judge: mutants and clean exporters are run and judged once, and a rule is
//! switched off by taking its findings away from the verdicts.

mod support;

use std::collections::BTreeSet;

use bufcheck_model::case::{Level, Side};
use bufcheck_model::report::Subject;
use bufcheck_model::selftest::{Fate, Matrix};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::selftest::matrix;
use bufcheck_runner::supervise::pool;
use support::settings;

fn judged(catalogue: &Catalogue, set: &Subjects<'_>) -> Vec<Subject> {
    let plan = Plan::new(catalogue.clone(), set, &Selection::default()).expect("a plan");
    let ran = pool::run(&plan, &settings(), &mut |_| {});
    assert!(ran.unusable.is_empty(), "{:?}", ran.unusable);
    ran.subjects
}

/// The verdicts as they were without a rule; what it had explained stands for itself then.
fn without(rule: &str, subjects: &[Subject]) -> Vec<Subject> {
    let mut subjects = subjects.to_vec();
    for subject in &mut subjects {
        for finding in &mut subject.findings {
            finding.consequences.retain(|folded| folded.rule != rule);
            if finding.rule == rule {
                finding.rule.clear();
                finding.level = Level::Info;
            }
        }
    }
    subjects
}

/// Whether the matrix says of this rule that something is missing.
fn names(matrix: &Matrix, rule: &str) -> bool {
    let missed = |fate| matches!(fate, Fate::KilledByAnother | Fate::Survived);
    matrix
        .mutants
        .iter()
        .any(|mutant| mutant.breaks == rule && missed(mutant.fate))
}

#[test]
fn passes_and_fails_without_any_one_rule() {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let mutants = judged(&catalogue, &Subjects::Mutants);
    let clean = judged(&catalogue, &Subjects::Clean);
    let whole = matrix("here", &mutants, &clean, &catalogue);
    let missed: Vec<_> = whole
        .mutants
        .iter()
        .filter(|mutant| !matches!(mutant.fate, Fate::KilledByOwnRule | Fate::NotTested))
        .collect();
    let accused: Vec<_> = whole.false_alarms().collect();
    assert!(whole.passes(), "{missed:#?} {accused:#?} {:?}", whole.unproven);
    assert!(whole.count(Fate::KilledByOwnRule) >= 175);
    assert!(whole.at_peace() >= 60);
    let of_interpreters: BTreeSet<&str> = catalogue
        .interpreter_mutants
        .iter()
        .map(|mutant| mutant.id.as_str())
        .collect();
    let killed = whole.mutants.iter().filter(|mutant| {
        mutant.fate == Fate::KilledByOwnRule && of_interpreters.contains(mutant.id.as_str())
    });
    let killed = killed.count();
    assert!(
        killed >= 75,
        "{killed} defects of the interpreter's functions are noticed"
    );

    // A rule whose mutants all need a later Python, or the module written in C, is not proven here.
    let tested = |rule: &str| {
        let mut of_rule = whole.mutants.iter().filter(|mutant| mutant.breaks == rule);
        of_rule.any(|mutant| mutant.fate != Fate::NotTested)
    };
    let mut switched_off = 0;
    for (rule, data) in catalogue.checked() {
        if data.side == Side::Consumer || data.level < Level::Should || !tested(rule.id) {
            continue;
        }
        let blind = matrix("here", &without(rule.id, &mutants), &clean, &catalogue);
        assert!(!blind.passes(), "nothing is missed without {}", rule.id);
        assert!(names(&blind, rule.id), "{} is not named", rule.id);
        switched_off += 1;
    }
    assert!(switched_off >= 140, "{switched_off} rules were switched off");
}

#[test]
fn the_readme_counts_what_there_is() {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let broken: BTreeSet<&str> = catalogue
        .mutants
        .iter()
        .map(|mutant| mutant.breaks.as_str())
        .collect();
    let readme = include_str!("../../../README.md");
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mutants, rules, clean) = (catalogue.mutants.len(), broken.len(), catalogue.clean.len());
    let figures = format!("{mutants} exporters, each made to break one of {rules} rules, and {clean} clean");
    assert!(readme.contains(&figures), "README.md should say: {figures}");
    let broken: BTreeSet<&str> = catalogue
        .consumer_mutants
        .iter()
        .map(|mutant| mutant.breaks.as_str())
        .collect();
    let figures = format!(
        "{} consumers, each made to break one of {} rules, and {} clean",
        catalogue.consumer_mutants.len(),
        broken.len(),
        catalogue.clean_consumers.len()
    );
    assert!(readme.contains(&figures), "README.md should say: {figures}");
    let broken: BTreeSet<&str> = catalogue
        .interpreter_mutants
        .iter()
        .map(|mutant| mutant.breaks.as_str())
        .collect();
    let figures = format!(
        "{} defects of the interpreter's functions, each made to break one of {} rules, and {} changes that are none",
        catalogue.interpreter_mutants.len(),
        broken.len(),
        catalogue.clean_interpreters.len()
    );
    assert!(readme.contains(&figures), "README.md should say: {figures}");
    let spies = format!("{} legal and unusual buffers", catalogue.spies.len());
    assert!(readme.contains(&spies), "README.md should say: {spies}");
    let files = catalogue.interpreter.iter();
    let calls = format!(
        "{} calls of its buffer functions",
        files.map(|(_, file)| file.count).sum::<usize>()
    );
    assert!(readme.contains(&calls), "README.md should say: {calls}");
}
