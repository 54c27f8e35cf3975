//! The rules that deaths break: the interpreter outlives every request, and its heap stays as it was.
//!
//! Knows which deaths are one finding. Must never know how a process is watched.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::death::{DAMAGED, SURVIVES, doing, ended, how_often, rule};
use crate::exporter::evidence::Evidence;
use bufcheck_model::observation::InFlight;
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
