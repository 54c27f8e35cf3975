//! The rules that deaths break: the interpreter outlives every request, and its heap stays as it was.
//!
//! Knows which deaths are one finding. Must never know how a process is watched.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::death::{DAMAGED, SURVIVES, doing, ended, how_often, rule};
use crate::exporter::evidence::Evidence;
use bufcheck_model::observation::{InFlight, Touched};
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: SURVIVES,
        check: Check::Whole(survives),
    },
    Rule {
        id: DAMAGED,
        check: Check::Whole(heap_intact),
    },
    Rule {
        id: "process.leaves-children",
        check: Check::Whole(leaves_children),
    },
];

fn survives(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    deaths(
        evidence,
        SURVIVES,
        "an answer or an exception, and the process goes on",
    )
}

fn heap_intact(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    deaths(evidence, DAMAGED, HEAP)
}

/// What is wanted of the heap.
pub(crate) const HEAP: &str = "nothing written beside blocks that are in use, and each block freed once";

/// Not when in the life of the object it was started: the processes are counted when all is over.
fn leaves_children(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let effects = evidence.sweep.effects.iter();
    let left = effects.filter(|effect| effect.what == Touched::Process);
    let told = left.map(|effect| {
        let command = effect.told.as_deref().unwrap_or("a process");
        let found = format!("`{command}` was started, and lives on when everything else has ended");
        (Vec::new(), Broken::new(found, "no process"))
    });
    told.collect()
}

/// The deaths that break this rule.
fn deaths(evidence: &Evidence<'_>, broken: &str, wanted: &str) -> Vec<(Vec<Request>, Broken)> {
    let of_rule = evidence.deaths.iter().filter(|death| rule(death.how) == broken);
    let told = of_rule.map(|death| {
        // The requests stand beside the words: the same end on several of them is one finding.
        let phase = InFlight {
            request: None,
            ..death.during
        };
        let found = format!(
            "the process {} {}{}",
            ended(death.how),
            doing(phase),
            how_often(death.once_in)
        );
        (
            death.during.request.into_iter().collect(),
            Broken::new(found, wanted),
        )
    });
    told.collect()
}
