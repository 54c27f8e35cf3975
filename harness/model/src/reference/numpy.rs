//! Descriptions of `NumPy` arrays that are built in Rust.
//!
//! Knows element types, order, owner and slicing as data. Must never know `NumPy`: only that an array of
//! this description must hold these values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::behaviour::MemoryOrder;
use super::is_default;

/// A `NumPy` array built from Rust values, so that truth and array come from one place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RustNumpySpec {
    /// The element type.
    pub dtype: DType,
    /// Items along each axis, before slicing.
    pub shape: Vec<u64>,
    /// The values in C index order, before slicing, not nested; complex numbers as `[re, im]`.
    pub elements: Vec<Json>,
    /// The order in which the array is laid out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: MemoryOrder,
    /// Who owns the memory.
    #[serde(default, skip_serializing_if = "is_default")]
    pub owner: NumpyOwner,
    /// A slice for each of the first axes; the others stay whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    /// Reverse the axes after slicing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub transpose: bool,
    /// Clear the array's WRITEABLE flag.
    #[serde(default, skip_serializing_if = "is_default")]
    pub readonly: bool,
}

/// Element types of Rust that `NumPy` knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are those of the Rust types")]
pub enum DType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    #[default]
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    /// Two `f32`.
    Complex64,
    /// Two `f64`.
    Complex128,
}

/// Who owns the memory of an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NumpyOwner {
    /// `NumPy` allocated it and the values were copied in.
    #[default]
    Numpy,
    /// A Rust vector, handed over without a copy; the array's `base` keeps it alive.
    Rust,
    /// A Rust object that lends its memory to any number of arrays.
    Borrowed,
}

/// Python's `start:stop:step`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// First index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// First index that is not part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<i64>,
    /// Step, not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
}
