//! What a worker saw: the answers of an exporter, copied field by field, without opinion.
//!
//! Knows how a granted view, a refusal, memory contents and the death of a process are written down.
//! Must never know what any of it means: that is for the rules.
//!
//! An exporter gives few different answers to many requests, so a [`Sweep`] holds each distinct answer
//! once and, for every request, only its index. That keeps a recorded verdict at a few bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod death;
mod effect;
mod fields;
mod layout;

pub use death::{Allocator, Crash, Death, HowEnded, InFlight, NEAR_NULL, Phase};
pub use effect::{Effect, Touched};
pub use fields::{Field, FieldSet};
pub use layout::read_layout;

/// Everything seen while one list of requests was asked of one object, in several rounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// The flags words, in the order of the plan.
    pub requests: Vec<i32>,
    /// Every distinct answer, in order of first appearance.
    pub answers: Vec<Answer>,
    /// Every distinct content, in order of first appearance; views refer to them by index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<Content>,
    /// The rounds, in the order in which they were asked.
    pub rounds: Vec<Round>,
    /// What was seen to change though nothing was done to the object; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatile: Option<Volatile>,
    /// Words after which a class with `__buffer__` grants nothing any more, since it was not told that nobody holds
    /// the view it had returned: the interpreter asked that view in turn, and it refused. What follows such a word is
    /// asked of a fresh object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<i32>,
    /// What objects did beside answering; absent where they did nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

/// What changes though nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Volatile {
    /// The bytes of a view that is held, between two readings with nothing asked between: others write that memory.
    Held,
    /// The bytes from one view to the next that is asked alike: a snapshot for each view, or memories by turns. While
    /// it is held a view keeps its bytes.
    Views,
}

/// One pass over all requests with one fill pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// The byte that the whole struct was filled with before each request.
    pub poison: u8,
    /// For each entry of [`Sweep::requests`] (same position, whatever the order of asking): the index of
    /// its answer, or `None` where it was not asked.
    pub answers: Vec<Option<u32>>,
    /// The content of the widest granted view, read again when the round was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_after: Option<u32>,
    /// Change of the exporter's references over the round that is left once garbage is collected; absent where they do
    /// not move, and where they had not changed in the first place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<i64>,
}

/// What the exporter did with one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It returned a value other than -1.
    Granted(Box<View>),
    /// It returned -1.
    Refused(Refusal),
}

/// A granted view: the struct as it stood right after the exporter returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// What the slot returned, if not 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub returned: i32,
    /// The exception that was set although the request was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    /// Fields that still held the fill pattern (an untouched pointer is written as null below).
    #[serde(default, skip_serializing_if = "FieldSet::is_empty")]
    pub untouched: FieldSet,
    /// Address of the first element.
    pub buf: u64,
    /// The owner.
    pub obj: ObjRef,
    /// Length in bytes, as claimed.
    pub len: i64,
    /// Item size in bytes, as claimed.
    pub itemsize: i64,
    /// The raw int.
    pub readonly: i32,
    /// Number of axes, as claimed.
    pub ndim: i32,
    /// The format string.
    #[serde(default, skip_serializing_if = "Text::is_null")]
    pub format: Text,
    /// Extents in items.
    #[serde(default, skip_serializing_if = "Array::is_null")]
    pub shape: Array,
    /// Steps in bytes.
    #[serde(default, skip_serializing_if = "Array::is_null")]
    pub strides: Array,
    /// Offsets in bytes after an indirection.
    #[serde(default, skip_serializing_if = "Array::is_null")]
    pub suboffsets: Array,
    /// Fields, or arrays behind them, that had changed when they were read again just before the release.
    #[serde(default, skip_serializing_if = "FieldSet::is_empty")]
    pub changed: FieldSet,
    /// Bytes around the struct were overwritten.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overrun: bool,
    /// The view was not given back, because its `obj` could not be trusted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unreleased: bool,
    /// The exception that was set after the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_by_release: Option<Raised>,
    /// References of the exporter; absent for immortal objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<References>,
    /// References of `obj`, where it is another object than the exporter; absent for immortal objects.
    /// `during` is then unknown and 0: nobody saw the object before the grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obj_references: Option<References>,
    /// Index of the content read through this view; absent where nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<u32>,
}

/// Changes of a reference count, against the count before the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// While the view was held.
    pub during: i64,
    /// After the release; for an `obj` other than the exporter, against the count while the view was held.
    pub after: i64,
}

/// A refusal: -1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The exception; absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    /// What the `obj` field held afterwards.
    pub obj: ObjRef,
    /// Change of the exporter's reference count once the exception was cleared; absent for immortal objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<i64>,
    /// Bytes around the struct were overwritten.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overrun: bool,
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Name of its type: `BufferError`, `mymodule.Closed`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether `except BufferError` catches it.
    pub is_buffer_error: bool,
    /// `str()` of it, cut to a bounded length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What the `obj` field refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjRef {
    /// NULL.
    Null,
    /// The fill pattern: never written.
    Untouched,
    /// The object that was asked.
    Exporter,
    /// Another object.
    Other(Owner),
    /// An address where no object can be: unmapped, misaligned, or without a plausible type.
    Stray(u64),
}

/// An object in `obj` that is not the one that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its address, to tell owners apart.
    pub address: u64,
    /// Its type fills `bf_getbuffer`.
    pub exports: bool,
    /// Its type fills `bf_releasebuffer`.
    pub releases: bool,
}

/// The `format` pointer and what stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Text {
    /// NULL (or never written).
    #[default]
    Null,
    /// The pointer cannot be read.
    Unreadable(u64),
    /// No NUL within the bound; the bytes that were there, escaped as in [`Text::Bytes`].
    Unterminated(String),
    /// A NUL-terminated string of ASCII characters.
    Ascii(String),
    /// A NUL-terminated string with other bytes, each escaped as `\xNN`.
    Bytes(String),
}

impl Text {
    /// Whether the pointer was NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The string, if it is one.
    pub fn ascii(&self) -> Option<&str> {
        match self {
            Self::Ascii(text) => Some(text),
            Self::Null | Self::Unreadable(_) | Self::Unterminated(_) | Self::Bytes(_) => None,
        }
    }
}

/// A `shape`, `strides` or `suboffsets` pointer and the `ndim` numbers that stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Array {
    /// NULL (or never written).
    #[default]
    Null,
    /// The pointer cannot be read for `ndim` numbers.
    Unreadable(u64),
    /// Not NULL, but `ndim` is outside 1..=64, so nothing was read.
    Unread(u64),
    /// The numbers stand inside the `Py_buffer` itself (as `PyBuffer_FillInfo` arranges it).
    InView(Vec<i64>),
    /// The numbers stand on the stack below the frame that asked: memory of a function that has returned.
    OnStack(Vec<i64>),
    /// The numbers stand anywhere else.
    Elsewhere(Vec<i64>),
}

impl Array {
    /// Whether the pointer was NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The numbers, if they could be read.
    pub fn values(&self) -> Option<&[i64]> {
        match self {
            Self::InView(values) | Self::OnStack(values) | Self::Elsewhere(values) => Some(values),
            Self::Null | Self::Unreadable(_) | Self::Unread(_) => None,
        }
    }
}

/// The bytes of a view, in C index order of its items, as far as the budget went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The bytes, in base64.
    #[serde(with = "crate::bytes::base64_bytes")]
    #[schemars(with = "String")]
    pub bytes: Vec<u8>,
    /// Whether these are all bytes of the view, not just as many as the budget allows.
    pub complete: bool,
    /// The first element that could not be read: of those of which the bytes were wanted, or else of those that were
    /// only touched, one a page and the ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Unreadable>,
    /// For memory claimed writable: whether its pages can be written; absent where this was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<bool>,
    /// The first place that cannot be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unwritable: Option<Unreadable>,
}

/// An element that could not be read, or not be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unreadable {
    /// Its index, one number an axis (empty for a scalar or where the index is not known).
    pub index: Vec<u64>,
    /// Its address.
    pub address: u64,
    /// Bytes from `buf` to where it cannot be read or written; absent behind pointers, and for what was read in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
}

/// What the worker learned about the object itself, before asking.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Qualified name of its type: `numpy.ndarray`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Version of the top-level package of that type (its `__version__`), if it shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_version: Option<String>,
    /// The type fills `bf_getbuffer`.
    pub exports: bool,
    /// The type fills `bf_releasebuffer`.
    pub releases: bool,
    /// The buffer comes from a Python-level `__buffer__` (PEP 688).
    #[serde(default, skip_serializing_if = "is_false")]
    pub python_level: bool,
    /// Reference counts of this object do not move.
    #[serde(default, skip_serializing_if = "is_false")]
    pub immortal: bool,
    /// The type supports weak references.
    #[serde(default, skip_serializing_if = "is_false")]
    pub weakref: bool,
    /// The type takes part in garbage collection.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gc: bool,
    /// What `memoryview(object)` makes of it; absent where it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memoryview: Option<MemoryviewReading>,
}

/// How CPython's own consumer reads the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryviewReading {
    /// `tobytes()`, cut to the content budget, in base64.
    Bytes {
        /// The bytes in C order.
        #[serde(with = "crate::bytes::base64_bytes")]
        #[schemars(with = "String")]
        bytes: Vec<u8>,
        /// Whether these are all.
        complete: bool,
    },
    /// It could not be read: the exception.
    Raised(Raised),
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_zero(number: &i32) -> bool {
    *number == 0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
