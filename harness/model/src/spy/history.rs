//! Calls of a consumer that were drawn at random, and what was seen of them.
//!
//! Knows the shape of what is written down. Must never know how a call is drawn, nor what it shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::case::Spy;
use super::consumed::Consumed;

/// The shortest sequence of calls, made one after the other in one process, that breaks a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// `scenarios/fuzz/...`.
    pub id: String,
    /// The rule that is broken.
    pub rule: String,
    /// The spies that it is given.
    pub spies: Vec<Spy>,
    /// Plain buffers of the same content first, which were given in a process of their own; then the calls.
    pub calls: Vec<Call>,
    /// What was seen of each.
    pub seen: Consumed,
}

impl History {
    /// The calls without the plain buffers.
    pub fn played(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.twin.is_none())
    }

    /// The spy of a call.
    pub fn spy(&self, call: &Call) -> Option<&Spy> {
        self.spies.get(call.spy)
    }
}
