//! When and how a run was started.
//!
//! Knows what somebody needs to run it again. Must never know what came of it.

use std::collections::BTreeMap;

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
    /// How long each subject took, in milliseconds; `INTERPRETER/SUBJECT`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub took: BTreeMap<String, u64>,
}

impl Ran {
    /// How long a subject took, where that is known.
    pub fn took(&self, interpreter: &str, subject: &str) -> Option<u64> {
        self.took.get(&Self::key(interpreter, subject)).copied()
    }

    /// Under what name [`Self::took`] knows a subject.
    pub fn key(interpreter: &str, subject: &str) -> String {
        format!("{interpreter}/{subject}")
    }
}
