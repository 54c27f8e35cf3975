//! Placeholder: descriptions of the built-in exporters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A layout for the reference exporter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSpec {}

/// A NumPy array built in Rust.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RustNumpySpec {}
