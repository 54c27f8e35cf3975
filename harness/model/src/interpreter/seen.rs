//! What a worker saw of the functions that it called.
//!
//! Knows the shape of answers. Must never know which were wanted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::observation::HowEnded;

/// One answer for each call, as far as the worker came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interpreted {
    /// The answers, in the order of the calls.
    pub answers: Vec<Answer>,
    /// Why not all calls were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<String>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It came back.
    Seen(Facts),
    /// It ended the process.
    Died(HowEnded),
    /// The interpreter has no such function.
    Absent(String),
    /// An argument could not be made.
    NotMade(String),
}
