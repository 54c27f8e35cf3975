//! What was seen of a consumer that was given somebody else's exporter.
//!
//! Knows the content of the exporter as measured, the call, and the same call with plain buffers of that content. Must
//! never know which of the two is to blame.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::seen::Ended;
use bufcheck_protocol::layout::{Layout, Order};
use bufcheck_protocol::request::Request;

/// One consumer and one exporter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Met {
    /// The exporter, as a position among those of the job.
    pub exporter: usize,
    /// The name of its type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub type_name: String,
    /// Why it was not made, or what became of the process before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmade: Option<String>,
    /// What it shows to who asks for everything; absent where it refuses or cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Measured>,
    /// What it says to the words that the consumer asked of spies: granted, or the refusal in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<(Request, Option<String>)>,
    /// The call with the exporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real: Option<Outcome>,
    /// The call with a memoryview of it, where the first gave another result than both twins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewed: Option<Outcome>,
    /// The call with a plain buffer of the same items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Outcome>,
    /// The call with a plain buffer of the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Outcome>,
    /// The call with the bytes in the order of Fortran memory, where the items lie so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Outcome>,
}

/// What an exporter shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The format.
    pub format: String,
    /// Bytes of an item.
    pub itemsize: usize,
    /// The extents, in items.
    pub shape: Vec<usize>,
    /// How the items lie.
    pub lie: Lie,
    /// The memory is not for writing.
    pub readonly: bool,
}

/// How items lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lie {
    /// Side by side, in C order.
    #[default]
    C,
    /// Side by side, in Fortran order alone.
    Fortran,
    /// Apart from each other, or in another direction.
    Apart,
    /// Behind pointers.
    Pointers,
}

impl Lie {
    /// How the items of a layout lie.
    pub fn of(layout: &Layout) -> Self {
        if layout.needs_indirection() {
            Self::Pointers
        } else if layout.is_contiguous(Order::C) {
            Self::C
        } else if layout.is_contiguous(Order::F) {
            Self::Fortran
        } else {
            Self::Apart
        }
    }
}

/// How a call ended, and what it left in the memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// A digest of the bytes of all items afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
}
