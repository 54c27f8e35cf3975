//! Rules of the family `side`: what an object does beside answering.
//!
//! Knows which effects are the object's own. Must never know how they were seen.
//!
//! What happens while an object is made is no finding: the code that makes it is the user's as much as the exporter's.

use std::fmt::Write as _;

use bufcheck_model::observation::{Effect, InFlight, Phase, Touched};
use bufcheck_protocol::request::Request;

use crate::broken::Broken;
use crate::check::{Check, Found, Rule};
use crate::death::{doing, signal_name};
use crate::exporter::evidence::Evidence;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "side.standard-output",
        check: Check::Whole(standard_output),
    },
    Rule {
        id: "side.process-state",
        check: Check::Whole(process_state),
    },
];

fn standard_output(evidence: &Evidence<'_>) -> Vec<Found> {
    let wanted = "nothing: an exception or a warning says it";
    found(evidence, wanted, |effect| {
        let stream = match effect.what {
            Touched::Output => "standard output",
            Touched::Error => "standard error",
            _ => return None,
        };
        let mut found = format!("something is written to {stream}");
        if let Some(told) = effect.told.as_deref().filter(|told| !told.is_empty()) {
            // Writing to a string cannot fail.
            let _ = write!(found, ", `{told}`");
        }
        Some(found)
    })
}

fn process_state(evidence: &Evidence<'_>) -> Vec<Found> {
    let wanted = "the process as it was";
    found(evidence, wanted, |effect| {
        let found = match &effect.what {
            Touched::Output | Touched::Error | Touched::Process => return None,
            Touched::Directory => "the working directory is another one".into(),
            Touched::Locale(category) => format!("`{category}` of the locale is another one"),
            Touched::Handler(number) => match signal_name(*number) {
                Some(name) => format!("signal {number} ({name}) is handled otherwise"),
                None => format!("signal {number} is handled otherwise"),
            },
            Touched::Mask => "the mask for the modes of new files is another one".into(),
            Touched::Left => "a descriptor stays open, one more for each object".into(),
            Touched::Stream(number) => format!("descriptor {number} is closed or leads elsewhere"),
        };
        Some(match &effect.told {
            Some(told) => format!("{found}, now `{told}`"),
            None => found,
        })
    })
}

fn found(evidence: &Evidence<'_>, wanted: &str, told: impl Fn(&Effect) -> Option<String>) -> Vec<Found> {
    let own = evidence
        .sweep
        .effects
        .iter()
        .filter(|effect| effect.phase != Phase::Make);
    own.filter_map(|effect| {
        let found = told(effect)?;
        let during = InFlight {
            phase: effect.phase,
            request: None,
        };
        let found = format!("{found} {}", doing(during));
        Some((blamed(effect, evidence), Broken::new(found, wanted)))
    })
    .collect()
}

/// The requests with which it happened; none where it was just the first that was asked.
fn blamed(effect: &Effect, evidence: &Evidence<'_>) -> Vec<Request> {
    match effect.requests.as_slice() {
        [only] if evidence.sweep.requests.first() == Some(only) => Vec::new(),
        requests => requests.iter().copied().map(Request::new).collect(),
    }
}
