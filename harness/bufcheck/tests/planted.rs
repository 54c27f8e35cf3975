//! The faults in time that extension modules have most often, each found and named whenever the suite is run.
//!
//! Knows a mutant for each fault. Must never depend on luck: every run has workers of its own.

mod support;

use bufcheck_model::report::{Status, Subject};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::pool;
use support::settings;

const RUNS: usize = 3;

/// The fault, a mutant that has it, the rule that must be named.
const PLANTED: [(&str, &str, &str); 12] = [
    (
        "free on first release, of the arrays",
        "mutants/c/arrays-freed-early",
        "release.order-independent",
    ),
    (
        "free on first release, of the lock",
        "mutants/export/first-release-unlocks",
        "export.lock-held-until-last-release",
    ),
    (
        "release by address",
        "mutants/release/by-address",
        "release.copy-of-view-accepted",
    ),
    (
        "release by address, in C",
        "mutants/c/by-address",
        "release.copy-of-view-accepted",
    ),
    ("no lock", "mutants/export/no-lock", "export.locks-resize"),
    ("no lock, in C", "mutants/c/unlocked", "export.locks-resize"),
    (
        "double decref",
        "mutants/c/release-decref",
        "release.no-decref-of-obj",
    ),
    ("leak per refusal", "mutants/leak/refusal", "leak.on-refusal"),
    (
        "shared shape storage",
        "mutants/export/second-view-moves-shape",
        "export.multiple-views-independent",
    ),
    (
        "shared shape storage, in C",
        "mutants/c/shape-of-type",
        "export.multiple-views-independent",
    ),
    (
        "stale pointer after resize",
        "mutants/memory/stale-after-resize",
        "memory.valid-until-release",
    ),
    (
        "close while exported",
        "mutants/export/no-lock-close",
        "export.locks-resize",
    ),
];

fn names(subject: &Subject, rule: &str) -> bool {
    subject
        .findings
        .iter()
        .any(|finding| finding.rule == rule || finding.consequences.iter().any(|folded| folded.rule == rule))
}

#[test]
fn each_planted_fault_is_named_in_three_runs_of_three() {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let mut plan = Plan::new(catalogue, &Subjects::Mutants, &Selection::default()).expect("a plan");
    plan.subjects
        .retain(|subject| PLANTED.iter().any(|(_, id, _)| *id == subject.case.id));
    assert_eq!(plan.subjects.len(), PLANTED.len());
    for run in 1..=RUNS {
        let ran = pool::run(&plan, &settings(), &mut |_| {});
        for (fault, id, rule) in PLANTED {
            let subject = ran.subjects.iter().find(|subject| subject.id == id);
            let subject = subject.expect("every subject is judged");
            if subject.status == Status::NotTested {
                // The module in C is there if `make defects` built it.
                println!("skipped: {id}: {}", subject.reason.join("; "));
                continue;
            }
            assert!(
                names(subject, rule),
                "run {run}: {fault} ({id}) is not named by {rule}: {:?} {:?}",
                subject.findings,
                subject.reason
            );
        }
    }
}
