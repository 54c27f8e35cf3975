//! When and how a run was started.
//!
//! Knows what somebody needs to run it again. Must never know what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A run, as it was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    /// When it began, in UTC: `2027-06-30T12:00:00Z`.
    pub started: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The words of the command, without the folder of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The configuration that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// The folder of cases that was used instead of the built-in ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<String>,
    /// How many workers there were at a time.
    pub jobs: usize,
}
