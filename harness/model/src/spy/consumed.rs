//! Everything that was seen of one consumer.
//!
//! Knows its calls with spies and its meetings with real exporters. Must never know what either shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Dress;
use super::met::Met;
use super::seen::Spied;

/// Everything seen of one consumer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consumed {
    /// One entry a call, as far as they were made.
    pub calls: Vec<Spied>,
    /// What it was handed.
    #[serde(default, skip_serializing_if = "Dress::is_spy")]
    pub dress: Dress,
    /// Why the rest was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<String>,
    /// What came of real exporters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<Met>,
}

impl Consumed {
    /// Whether any spy was asked for anything.
    pub fn asked_anything(&self) -> bool {
        self.calls.iter().any(|spied| !spied.events.is_empty())
    }
}
