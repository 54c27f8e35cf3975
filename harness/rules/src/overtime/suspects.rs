//! What should be measured twice.
//!
//! Knows which expectations are about growth. Must never know the thresholds.

use bufcheck_model::scenario::{Act, Played, ScenarioCase, That};

use super::judge::violations;

/// Whether the trace breaks an expectation about growth, so that it should be measured once more in a fresh
/// process before it is believed.
pub fn suspects(case: &ScenarioCase, played: &Played) -> bool {
    let measured = |rule: &str| {
        case.acts.iter().flat_map(Act::flat).any(|act| {
            matches!(act, Act::Expect(expectation)
                if expectation.rule == rule && matches!(expectation.that, That::NoGrowth { .. }))
        })
    };
    violations(case, played)
        .into_iter()
        .any(|(rule, _)| measured(rule))
}
