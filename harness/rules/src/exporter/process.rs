//! Rules of the family `process`: the interpreter outlives every request.
//!
//! Knows which deaths are one finding. Must never know how a process is watched.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::death::{doing, ended, how_often};
use crate::exporter::evidence::Evidence;
use bufcheck_model::observation::InFlight;
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[Rule {
    id: "process.survives",
    check: Check::Whole(survives),
}];

fn survives(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let told = evidence.deaths.iter().map(|death| {
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
        let wanted = "an answer or an exception, and the process goes on";
        (
            death.during.request.into_iter().collect(),
            Broken::new(found, wanted),
        )
    });
    told.collect()
}
