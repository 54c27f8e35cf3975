//! One call of a consumer with one spy.
//!
//! Knows which dress the spy wears, where its memory ends, and what becomes of it before the call. Must never know what
//! the call is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::case::Refusal;

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
    /// What is refused in this call, besides what the protocol demands and what the spy always refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuses: Option<Refusal>,
    /// Items by which the content is [`moved`] before the call.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moved: usize,
}

/// Other content of the same kind: each item gives way to the one so many places behind it, the last ones to the last.
/// A sum and an order both tell it from what was there before, and no item is one that was not there.
pub fn moved(items: &[u8], itemsize: usize, by: usize) -> Vec<u8> {
    if by == 0 || itemsize == 0 {
        return items.to_vec();
    }
    let items: Vec<&[u8]> = items.chunks(itemsize).collect();
    let last = items.len().saturating_sub(1);
    let place = |at: usize| at.saturating_add(by).min(last);
    (0..items.len())
        .flat_map(|at| items[place(at)])
        .copied()
        .collect()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
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
    /// The spy, of a type that also has a length, and gives its items one by one.
    Sequence,
    /// The spy, of a type without a slot for releases, as `y#` wants it: nobody hears of them.
    NoRelease,
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

    /// Whether the spy hears of releases.
    pub const fn hears_releases(self) -> bool {
        !matches!(self, Self::NoRelease)
    }

    /// In words that follow "given".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spy => "a spy",
            Self::Sequence => "an object with a length and items",
            Self::NoRelease => "an object of a type without a slot for releases",
            Self::Memoryview => "a memoryview",
        }
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

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn items_move_up_and_the_last_one_stays() {
        assert_eq!(moved(&[1, 0, 2, 0, 3, 0], 2, 1), [2, 0, 3, 0, 3, 0]);
        assert_eq!(moved(&[1, 2, 3], 1, 9), [3, 3, 3]);
        assert_eq!(moved(&[1, 2, 3], 1, 0), [1, 2, 3]);
        assert!(moved(&[], 4, 1).is_empty());
    }
}
