//! The fields of `Py_buffer`, and sets of them.
//!
//! Knows their names and their order in the struct. Must never know what one holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A set of `Py_buffer` fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FieldSet(pub u16);

/// The fields of `Py_buffer`, in the order of the struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Address of the first element.
    Buf,
    /// The owner.
    Obj,
    /// Length in bytes.
    Len,
    /// Size of an item in bytes.
    Itemsize,
    /// Truthy when the memory must not be written.
    Readonly,
    /// Number of axes.
    Ndim,
    /// Struct-style description of an item.
    Format,
    /// Extents, in items.
    Shape,
    /// Steps, in bytes.
    Strides,
    /// Offsets after an indirection, in bytes.
    Suboffsets,
    /// The exporter's own.
    Internal,
}

impl Field {
    /// All fields, in the order of the struct.
    pub const ALL: [Self; 11] = [
        Self::Buf,
        Self::Obj,
        Self::Len,
        Self::Itemsize,
        Self::Readonly,
        Self::Ndim,
        Self::Format,
        Self::Shape,
        Self::Strides,
        Self::Suboffsets,
        Self::Internal,
    ];

    /// The C name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buf => "buf",
            Self::Obj => "obj",
            Self::Len => "len",
            Self::Itemsize => "itemsize",
            Self::Readonly => "readonly",
            Self::Ndim => "ndim",
            Self::Format => "format",
            Self::Shape => "shape",
            Self::Strides => "strides",
            Self::Suboffsets => "suboffsets",
            Self::Internal => "internal",
        }
    }
}

impl FieldSet {
    /// The set without any field.
    pub const EMPTY: Self = Self(0);

    /// Adds a field.
    pub fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u16;
    }

    /// Takes a field away.
    pub fn remove(&mut self, field: Field) {
        self.0 &= !(1 << field as u16);
    }

    /// Whether the field is in the set.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u16) != 0
    }

    /// Whether the set is empty.
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's skip_serializing_if passes a reference"
    )]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// The fields that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members, in the order of the struct.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contains(*field))
    }
}
