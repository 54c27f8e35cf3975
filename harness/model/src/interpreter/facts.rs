//! What is seen of a call, fact by fact, and what is wanted of it.
//!
//! Knows the names of facts and the values they have. Must never know which call shows which.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was seen.
pub type Facts = BTreeMap<Fact, Value>;

/// What is wanted; a fact that is not named may be anything.
pub type Wants = BTreeMap<Fact, Expected>;

/// One thing that a call shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// What the function returned.
    Returns,
    /// The type of the exception that is set, its bases behind it; null if there is none. Wanted: one of these types, or
    /// `*` for any.
    Raises,
    /// The pointer that came back: bytes from the start of the memory.
    Offset,
    /// The memory of the view afterwards, pointers in it read as zero.
    Memory,
    /// Whether the pointers in that memory are what they were.
    PointersKept,
    /// Whether the bytes around all memory are what they were.
    Canaries,
    /// What was written to the output.
    Output,
    /// `buf`: bytes from the start of the memory.
    Buf,
    /// `obj`: `null`, `exporter`, `root` (what the exporter handed the request on to), `untouched`, `other`.
    Obj,
    /// `len`.
    Len,
    /// `itemsize`.
    Itemsize,
    /// `readonly`.
    Readonly,
    /// `ndim`.
    Ndim,
    /// `format`.
    Format,
    /// `shape`.
    Shape,
    /// `strides`.
    Strides,
    /// `suboffsets`.
    Suboffsets,
    /// `internal`: `null`, or `set`.
    Internal,
    /// What the exporter was asked, in order.
    Log,
    /// References to the exporter that the call took.
    References,
    /// References to the exporter that are left when everything was given back.
    ReferencesAfter,
    /// The exception that was pending during the release, or what is in its place.
    Pending,
    /// Requests that were granted and not given back when everything was over.
    Held,
    /// `obj` after the release.
    ObjAfter,
    /// Whether every other field is after the release what it was before.
    FieldsAfter,
    /// The bytes of all items, in C order.
    Content,
    /// `nbytes`.
    Nbytes,
    /// `c_contiguous`.
    CContiguous,
    /// `f_contiguous`.
    FContiguous,
    /// `contiguous`.
    Contiguous,
    /// What is behind the memoryview: `null`, `exporter`, `root`, `bytes`, `other`.
    Base,
    /// A result, as `repr` writes it.
    Value,
    /// What an object of Python wrote down itself: its attribute `seen`, as `repr` writes it.
    Noted,
}

impl Fact {
    /// Its name in the data.
    pub fn name(self) -> String {
        let json = serde_json::to_value(self).ok();
        let name = json.as_ref().and_then(|name| name.as_str());
        name.unwrap_or_default().to_owned()
    }
}

/// The value of a fact. Bytes are text of hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// NULL, or nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// An array of numbers.
    Numbers(Vec<i64>),
    /// Several texts.
    Texts(Vec<String>),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<i64>> for Value {
    fn from(value: Vec<i64>) -> Self {
        Self::Numbers(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(true) => f.write_str("yes"),
            Self::Bool(false) => f.write_str("no"),
            Self::Int(value) => value.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Numbers(numbers) => write!(f, "{numbers:?}"),
            Self::Texts(texts) => texts.first().map_or("", String::as_str).fmt(f),
        }
    }
}

/// What a fact is wanted to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Expected {
    /// One of these.
    Any {
        /// Equally right values.
        any: Vec<Value>,
    },
    /// This.
    Is(Value),
}

impl<T: Into<Value>> From<T> for Expected {
    fn from(value: T) -> Self {
        Self::Is(value.into())
    }
}

impl Expected {
    /// Whether a value is as wanted.
    pub fn admits(&self, fact: Fact, seen: &Value) -> bool {
        match self {
            Self::Is(wanted) => is(fact, wanted, seen),
            Self::Any { any } => any.iter().any(|wanted| is(fact, wanted, seen)),
        }
    }
}

fn is(fact: Fact, wanted: &Value, seen: &Value) -> bool {
    match (fact, wanted, seen) {
        (Fact::Raises, Value::Text(wanted), Value::Texts(bases)) => wanted == "*" || bases.contains(wanted),
        // An empty array has no kind in JSON.
        (_, Value::Numbers(wanted), Value::Texts(seen)) => wanted.is_empty() && seen.is_empty(),
        (_, Value::Texts(wanted), Value::Numbers(seen)) => wanted.is_empty() && seen.is_empty(),
        _ => wanted == seen,
    }
}

impl Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => value.fmt(f),
            Self::Any { any } => {
                for (number, value) in any.iter().enumerate() {
                    if number > 0 {
                        f.write_str(" or ")?;
                    }
                    value.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}
