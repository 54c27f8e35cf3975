//! Consumers: functions that are given a buffer.
//!
//! Knows what may be declared about one. Must never call one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One consumer: how to call it and what its author declares about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerCase {
    /// Its id in reports; default: the text of `call`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// `module:callable`, or `module:expression` in which the name `buf` stands for the buffer.
    pub call: String,
    /// Python statements run in the expression's namespace before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// The Python versions it exists on (PEP 440): elsewhere it is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Modules that must be importable: else it is skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// What it works on: its bytes in C order, whatever the items are, or the items. Only who declares it can be told
    /// that a result is wrong for items of several bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_on: Option<ActsOn>,
    /// Whether it writes into the buffer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<bool>,
}

/// What a consumer works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActsOn {
    /// The bytes of all items in C order.
    Bytes,
    /// The items.
    Items,
}
