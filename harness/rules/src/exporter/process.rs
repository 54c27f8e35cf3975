//! Rules of the family `process`: the interpreter outlives every request.
//!
//! Knows how the end of a process reads. Must never know how one is watched.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::death::death_in_words;
use crate::exporter::evidence::Evidence;
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[Rule {
    id: "process.survives",
    check: Check::Whole(survives),
}];

fn survives(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    evidence
        .deaths
        .iter()
        .map(|death| {
            let found = death_in_words(death);
            let wanted = "an answer or an exception, and the process goes on";
            (
                death.during.request.into_iter().collect(),
                Broken::new(found, wanted),
            )
        })
        .collect()
}
