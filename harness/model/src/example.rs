//! One answer that shows a finding, field by field, and the memory that it speaks of as rows of places.
//!
//! Knows fields, places and bytes. Must never know how they are drawn, nor why anything is right.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bufcheck_protocol::request::Request;

/// One answer that shows a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The request; absent where no single request shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The answer, then the fields of `Py_buffer` in the order of the struct.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Compared>,
    /// The memory; absent where a drawing would show nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Drawing>,
}

/// A part of an answer beside what the request demands of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// `answer`, or the C name of a field.
    pub name: String,
    /// What is demanded, in words; empty where nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wanted: String,
    /// What was found, in words.
    pub found: String,
    /// What was found is not what is demanded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrong: bool,
    /// It is wrong for another reason than the finding tells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
}

/// Memory, drawn: rows of places under each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drawing {
    /// What the drawing shows, in one sentence: its text alternative.
    pub said: String,
    /// The rows; places of one address stand under each other.
    pub rows: Vec<Row>,
}

/// One reading of the memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Whose reading it is.
    pub said: String,
    /// The places, lowest address first.
    pub places: Vec<Place>,
    /// Places behind the last that are not drawn.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: u64,
}

/// Bytes that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Bytes from `buf` to the first.
    pub at: i64,
    /// How many.
    pub bytes: u64,
    /// Their name, such as an index: `[0, 1]`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What they hold, in hexadecimal or as a value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub holds: String,
    /// What is to be said of them.
    #[serde(default, skip_serializing_if = "PlaceKind::is_item")]
    pub kind: PlaceKind,
}

/// What is to be said of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceKind {
    /// An item, where it belongs.
    #[default]
    Item,
    /// The memory of another item than the name says.
    Displaced,
    /// No item of the object lies here, between its items.
    Between,
    /// Outside the memory of the object's items.
    Outside,
    /// It no longer holds what it held when the view was granted.
    Changed,
}

impl PlaceKind {
    /// Whether nothing is to be said.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    const fn is_item(&self) -> bool {
        matches!(self, Self::Item)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}
