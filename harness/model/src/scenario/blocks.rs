//! What an allocator's books tell of the memory under a view.
//!
//! Knows blocks. Must never know how books are read, nor what a view may touch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observation::Allocator;

/// A block of an allocator, as its books tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Its address.
    pub start: u64,
    /// Bytes that may be used; C libraries round up what was asked for.
    pub len: u64,
    /// Whose books tell of it.
    pub of: Allocator,
    /// It was given back to the allocator.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub freed: bool,
}
