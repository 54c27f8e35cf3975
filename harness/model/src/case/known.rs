//! Known deviations of subjects of any kind.
//!
//! Knows what a record says. Must never know which finding it fits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A known deviation: as recorded, until it stops showing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Glob over subject ids.
    pub subject: String,
    /// Glob over rule ids.
    pub rule: String,
    /// Why it is tolerated.
    pub reason: String,
    /// Where it is discussed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Python versions it applies to (PEP 440).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Versions of the exporter's package it applies to (PEP 440).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Last day it is tolerated, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}
