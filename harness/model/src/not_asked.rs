//! What was planned for a subject and left out.
//!
//! Knows how it is counted and what kind of reason there was. Must never know what was seen of the rest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Requests or scenarios that were left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotAsked {
    /// What was left out.
    pub what: Kind,
    /// How many.
    pub count: usize,
    /// The kind of reason.
    pub why: Why,
    /// The reason, in words.
    pub reason: String,
}

/// What can be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Flags words.
    Requests,
    /// Scenarios, once for each mutator.
    Scenarios,
    /// Calls of a consumer.
    Calls,
}

impl Kind {
    /// The word for one of them.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Requests => "request",
            Self::Scenarios => "scenario",
            Self::Calls => "call",
        }
    }
}

/// Kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It holds what is known to end the process: nobody could ask it.
    Fatal,
    /// The subject had ended or stopped the process too often.
    GivenUp,
    /// The harness could not go on.
    Fault,
}

impl Why {
    /// Whether a record of the death covers it: what was given up could still be right or wrong.
    pub const fn follows_from_a_death(self) -> bool {
        matches!(self, Self::Fatal)
    }
}
