//! What came of a subject while it was asked and played.
//!
//! Knows the parts, and how what was left out is counted. Must never judge.

use bufcheck_model::not_asked::{Kind, NotAsked, Why};
use bufcheck_model::observation::Death;
use bufcheck_model::wire::JobOutcome;

/// What came of a subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The last reply, for the requests that can be survived.
    pub outcome: Option<JobOutcome>,
    /// How the process ended.
    pub deaths: Vec<Death>,
    /// What the harness itself stumbled over, and what it saw once and could not make sure of.
    pub faults: Vec<String>,
    /// Mutators that cannot be used, with the reason.
    pub unusable: Vec<String>,
    /// What was planned and left out.
    pub not_asked: Vec<NotAsked>,
}

impl Observed {
    /// Counts what was left out.
    pub(crate) fn leave_out(&mut self, what: Kind, count: usize, why: Why, reason: &str) {
        let same = |left: &&mut NotAsked| left.what == what && left.why == why && left.reason == reason;
        if count == 0 {
        } else if let Some(left) = self.not_asked.iter_mut().find(same) {
            left.count += count;
        } else {
            let reason = reason.to_owned();
            self.not_asked.push(NotAsked {
                what,
                count,
                why,
                reason,
            });
        }
    }
}
