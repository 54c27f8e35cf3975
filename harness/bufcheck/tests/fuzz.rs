//! Random histories, tested: planted faults are found whatever the seed, what is clean is left in peace, and what
//! was found breaks the same rule when it is played as a case.
//!
//! Knows which fault each mutant has. Must never depend on one seed: every claim is made for three.

mod support;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Status, Subject};
use bufcheck_model::scenario::ScenarioCase;
use bufcheck_runner::fuzz::{Fuzzed, Game, fuzz, narrow};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::pool;
use support::settings;

const SEEDS: [u64; 3] = [1, 2, 3];

fn plan(set: &Subjects<'_>, wanted: impl Fn(&str) -> bool) -> Plan {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let mut plan = Plan::new(catalogue, set, &Selection::default()).expect("a plan");
    plan.subjects.retain(|subject| wanted(&subject.case.id));
    plan
}

fn played(mut plan: Plan, seed: u64, steps: usize) -> Vec<(Subject, Fuzzed)> {
    narrow(&mut plan);
    let (ran, fuzzed) = fuzz(&plan, Game { seed, steps }, &settings(), &mut |_| {});
    assert!(ran.unusable.is_empty(), "{:?}", ran.unusable);
    ran.subjects.into_iter().zip(fuzzed).collect()
}

fn broken(subject: &Subject, least: Level) -> Vec<&str> {
    let findings = subject.findings.iter();
    findings
        .flat_map(|finding| {
            let folded = finding.consequences.iter();
            std::iter::once((finding.level, finding.rule.as_str()))
                .chain(folded.map(|folded| (folded.level, folded.rule.as_str())))
        })
        .filter(|(level, _)| *level >= least)
        .map(|(_, rule)| rule)
        .collect()
}

/// Mutants whose fault shows over time, and the rule that must be found broken.
const PLANTED: [(&str, &str); 13] = [
    ("mutants/export/no-lock", "export.locks-resize"),
    ("mutants/export/no-lock-close", "export.locks-resize"),
    ("mutants/export/first-release-unlocks", "export.locks-resize"),
    ("mutants/export/changes-first", "export.lock-before-mutation"),
    (
        "mutants/export/second-view-moves-shape",
        "export.multiple-views-independent",
    ),
    (
        "mutants/export/second-view-value-error",
        "export.multiple-simultaneous",
    ),
    ("mutants/lifetime/no-owner", "lifetime.view-outlives-names"),
    ("mutants/release/by-address", "release.restores-resizability"),
    ("mutants/release/never-unlocks", "release.restores-resizability"),
    ("mutants/release/spoils-arrays", "release.order-independent"),
    (
        "mutants/release/clears-exception",
        "release.preserves-pending-exception",
    ),
    ("mutants/release/raises", "release.never-fails"),
    ("mutants/leak/refusal", "obj.refcount-balanced"),
];

#[test]
fn planted_faults_are_found_with_any_seed() {
    for seed in SEEDS {
        let plan = plan(&Subjects::Mutants, |id| {
            PLANTED.iter().any(|(known, _)| *known == id)
        });
        assert_eq!(plan.subjects.len(), PLANTED.len());
        for (subject, fuzzed) in played(plan, seed, 2000) {
            let rule = PLANTED
                .iter()
                .find(|(id, _)| *id == subject.id)
                .map_or("", |(_, rule)| rule);
            let found = broken(&subject, Level::Info);
            // Who writes through a view of memory that was freed may damage the heap before anything else shows.
            if rule == "lifetime.view-outlives-names" && found.contains(&"memory.heap-intact") {
                continue;
            }
            assert!(
                found.contains(&rule),
                "seed {seed}: {} breaks {found:?}, not {rule}; {:?}",
                subject.id,
                subject.reason
            );
            let shortest = fuzzed.found.iter().find(|found| found.rule == rule);
            let acts = shortest.map_or(0, |found| found.case.acts.len());
            assert!((1..=16).contains(&acts), "seed {seed}: {shortest:?}");
        }
    }
}

#[test]
fn what_is_clean_is_left_in_peace() {
    for seed in SEEDS {
        for (subject, fuzzed) in played(plan(&Subjects::Clean, |_| true), seed, 300) {
            let ran = fuzzed.histories > 0 || subject.status == Status::NotTested;
            assert!(ran, "seed {seed}: {}: {:?}", subject.id, subject.reason);
            let found = broken(&subject, Level::Should);
            assert!(
                found.is_empty(),
                "seed {seed}: {} breaks {found:?}: {:?}",
                subject.id,
                fuzzed.found
            );
        }
    }
}

#[test]
fn what_was_found_is_a_case_like_any_other() {
    let id = "mutants/export/no-lock";
    let found = played(plan(&Subjects::Mutants, |known| known == id), 5, 2000);
    let case: ScenarioCase = found[0].1.found[0].case.clone();
    let text = serde_json::to_string(&case).expect("plain data");
    let read: ScenarioCase = serde_json::from_str(&text).expect("the schema of scenarios");
    assert_eq!(read, case);
    let mut again = plan(&Subjects::Mutants, |known| known == id);
    again.scenarios = vec![read.clone()];
    again.catalogue.scenarios = vec![read];
    let ran = pool::run(&again, &settings(), &mut |_| {});
    assert_eq!(ran.subjects[0].status, Status::Deviates);
    assert!(broken(&ran.subjects[0], Level::Must).contains(&"export.locks-resize"));
}

#[test]
fn the_same_seed_finds_the_same() {
    let once = || {
        let played = played(
            plan(&Subjects::Mutants, |id| id == "mutants/release/raises"),
            11,
            1000,
        );
        played[0].1.found.clone()
    };
    assert_eq!(once(), once());
}
