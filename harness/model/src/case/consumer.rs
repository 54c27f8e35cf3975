//! Consumers: functions that are given a buffer.
//!
//! Knows what may be declared about one. Must never call one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known::Known;

/// A file of `cases/consumers/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerFile {
    /// What the file holds.
    pub about: String,
    /// The package all its consumers come from, if they come from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The consumers.
    pub consumers: Vec<ConsumerCase>,
    /// Their known deviations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
}

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
    /// Whether it writes into the buffer. Who declares `false` and writes breaks a rule, and so does who declares
    /// `true` and never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<bool>,
    /// The formats that it takes: these it must not refuse, and any other it must refuse or read right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// A Python expression for the right result, in the namespace of the call: of `items` (nested by axis), `data` (the
    /// bytes of the items in C order), `shape` and `format`. Where it raises, nothing is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle: Option<String>,
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
