//! What a description of an exporter cannot be.
//!
//! Knows the bounds and the words. Must never look at a description.

use bufcheck_protocol::layout::LayoutError;

/// The most bytes of memory or content that are made: 64 MiB.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// Why a description makes no exporter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Shape, strides, suboffsets and itemsize do not go together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A number is beyond what a view can say.
    #[error("`{key}` {value} leaves 63 bits")]
    Number {
        /// The key.
        key: &'static str,
        /// Its value.
        value: u64,
    },
    /// The memory or the content would be too large to make.
    #[error("{bytes} bytes of memory or content, at most {MAX_BYTES} are made")]
    TooLarge {
        /// Bytes it would take.
        bytes: u64,
    },
    /// The layout leaves the block.
    #[error(
        "the layout needs {low} bytes before and {high} behind the first item: offset {offset}, block {block}"
    )]
    OutsideBlock {
        /// Bytes needed before the first item.
        low: u64,
        /// Bytes needed from the first item on.
        high: u64,
        /// Bytes given before it.
        offset: u64,
        /// Bytes of the block.
        block: u64,
    },
    /// `bytes` holds something else than hexadecimal digits.
    #[error("`bytes` holds `{character}` at {at}, not a hexadecimal digit")]
    Hex {
        /// Position in the text.
        at: usize,
        /// What stands there.
        character: char,
    },
    /// `bytes` ends within a byte.
    #[error("`bytes` holds {digits} digits, an odd number")]
    HexOdd {
        /// How many there are.
        digits: usize,
    },
    /// `bytes` has another length than the content.
    #[error("`bytes` declares {found} bytes, the layout has {wanted}")]
    BytesLength {
        /// Bytes declared.
        found: usize,
        /// `count * itemsize`.
        wanted: u64,
    },
    /// Items share memory and are declared to differ.
    #[error("items that share memory are declared to hold different bytes")]
    Overlap,
    /// Two keys that do not go together.
    #[error("`{key}` needs {needs}")]
    Needs {
        /// The key.
        key: &'static str,
        /// What it needs, in words.
        needs: &'static str,
    },
}
