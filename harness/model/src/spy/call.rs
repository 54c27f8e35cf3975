//! One call of a consumer with one spy.
//!
//! Knows which dress the spy wears and where its memory ends. Must never know what the call is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The spy, as a position among those of the job.
    pub spy: usize,
    /// What it says of `readonly`.
    pub readonly: i32,
    /// Where its memory touches memory that cannot be reached.
    #[serde(default, skip_serializing_if = "Flush::is_end")]
    pub flush: Flush,
    /// The plain buffer that is given instead of it, to know the right answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<Twin>,
}

/// Where the memory of a spy touches memory that cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Flush {
    /// Behind its last byte.
    #[default]
    End,
    /// Before its first.
    Start,
}

impl Flush {
    /// As for most calls.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    const fn is_end(&self) -> bool {
        matches!(self, Self::End)
    }
}

/// What a consumer is really handed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dress {
    /// The spy itself.
    #[default]
    Spy,
    /// A memoryview of it: the requests are then those of memoryview, but memory, results and releases are the
    /// consumer's.
    Memoryview,
}

impl Dress {
    /// As for most consumers.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(crate) const fn is_spy(&self) -> bool {
        matches!(self, Self::Spy)
    }
}

/// A plain buffer that says the same as a spy, in open memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// The same bytes in C order, in one dimension of `B`.
    Bytes,
    /// The same format, shape and item bytes, C-contiguous.
    Layout,
    /// The same shape and values in a native format, C-contiguous.
    Values,
}
