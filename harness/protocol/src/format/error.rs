//! What can be wrong with a format string, and where.
//!
//! Knows the faults and how each is told: what was wanted at which byte, and what stood there. Must never
//! know the parser's or the layout's state.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest string that is parsed, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;
/// The deepest nesting of `T{}`, `&` and `X{}` together.
pub const MAX_DEPTH: usize = 64;
/// The most axes of one sub-array, `NumPy`'s own limit.
pub const MAX_AXES: usize = 64;
/// The largest count and the largest size, in bytes: what `Py_ssize_t` holds on a 64-bit machine.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// One way in which a string is no usable format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A character that is no format code.
    UnknownCode,
    /// An order mark, a shape, a count or a `&` with nothing behind it.
    MissingCode,
    /// Whitespace between a count and its code.
    SpaceAfterCount,
    /// A count or an axis beyond `Py_ssize_t`.
    CountTooLarge,
    /// A sub-array shape that is not a list of numbers in parentheses.
    BadShape,
    /// A sub-array of more than 64 axes.
    TooManyAxes,
    /// `T` without a brace.
    BadStruct,
    /// `Z` without `f`, `d` or `g`.
    BadComplex,
    /// `X` without braces, or with something other than `arguments->result` in them.
    BadFunction,
    /// A brace that is never closed.
    UnclosedBrace,
    /// A closing brace that was never opened.
    UnopenedBrace,
    /// A field name without its closing colon.
    UnclosedName,
    /// A field name with no item before it.
    StrayName,
    /// A NUL character, which ends every C string.
    NulCharacter,
    /// A string longer than is read.
    TooLong,
    /// Nesting deeper than is followed.
    TooDeep,
    /// A code without a standard size behind `=`, `<`, `>` or `!`.
    NoStandardSize,
    /// A size beyond `Py_ssize_t`.
    SizeOverflow,
}

impl Fault {
    const fn wanted(self) -> &'static str {
        match self {
            Fault::UnknownCode => "a format code",
            Fault::MissingCode => "a format code behind the order mark, shape, count or `&`",
            Fault::SpaceAfterCount => "the format code directly behind its count",
            Fault::CountTooLarge => "a count of at most 9223372036854775807",
            Fault::BadShape => "a sub-array shape such as `(2,3)`",
            Fault::TooManyAxes => "a sub-array of at most 64 axes",
            Fault::BadStruct => "`{` behind `T`",
            Fault::BadComplex => "`f`, `d` or `g` behind `Z`",
            Fault::BadFunction => "`X{}` or `X{arguments->result}`",
            Fault::UnclosedBrace => "a closing `}`",
            Fault::UnopenedBrace => "no `}` without its `{`",
            Fault::UnclosedName => "a field name between two colons",
            Fault::StrayName => "an item before its field name",
            Fault::NulCharacter => "text without a NUL character",
            Fault::TooLong => "at most 1048576 bytes",
            Fault::TooDeep => "nesting of at most 64 levels",
            Fault::NoStandardSize => "a code with a standard size under `=`, `<`, `>` or `!`",
            Fault::SizeOverflow => "a size of at most 9223372036854775807 bytes",
        }
    }
}

/// Why a string is no format, or has no layout on a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FormatError {
    /// What is wrong.
    pub fault: Fault,
    /// Where: bytes from the start of the string.
    pub at: usize,
    /// What stood there, cut to a few characters; nothing at the end of the string.
    pub found: String,
}

impl FormatError {
    /// An error about the byte `at` of `text`.
    pub(super) fn new(fault: Fault, text: &str, at: usize) -> FormatError {
        let found = text.get(at..).unwrap_or_default().chars().take(16).collect();
        FormatError { fault, at, found }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: wanted {}, found ", self.at, self.fault.wanted())?;
        if self.found.is_empty() {
            write!(f, "the end")
        } else {
            write!(f, "`{}`", self.found.escape_debug())
        }
    }
}
