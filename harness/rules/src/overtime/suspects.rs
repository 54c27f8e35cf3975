//! What should be seen twice.
//!
//! Knows which expectations something else than the object could break: what is measured of the whole process, and
//! bytes of two moments, between which others may have written. Must never know the thresholds.

use bufcheck_model::scenario::{Played, ScenarioCase, That};

use super::background::Background;
use super::judge::violations;

/// Whether the trace breaks an expectation that something else could break, so that it should be played once more in a
/// fresh process before it is believed.
pub fn suspects(case: &ScenarioCase, played: &Played, background: &Background) -> bool {
    violations(case, played, background)
        .into_iter()
        .any(|(expectation, _)| is_suspect(&expectation.that))
}

fn is_suspect(that: &That) -> bool {
    matches!(
        that,
        That::NoGrowth { .. }
            | That::Steady { .. }
            | That::OneMemory { .. }
            | That::NoMoreGrowth { .. }
            | That::Follows { .. }
            | That::SameContent { .. }
            | That::AllSameContent { .. }
            | That::SameAtGrant { .. }
            | That::Equal { .. }
            | That::ShowsWrite { .. }
            | That::LockedOrValid { .. }
            | That::UntouchedIfRaised { .. }
    )
}
