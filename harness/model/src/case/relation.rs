//! What two answers must share.
//!
//! Knows pairs and shared things by name. Must never compare.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observation::Field;
use bufcheck_protocol::request::Request;

/// A file of `cases/relations/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationFile {
    /// What the file holds.
    pub about: String,
    /// The cases.
    pub cases: Vec<RelationCase>,
}

/// What two answers of one exporter must share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationCase {
    /// `relations/...`.
    pub id: String,
    /// The rule that a difference violates.
    pub rule: String,
    /// What is compared and why, in one sentence.
    pub about: String,
    /// Which answers are compared.
    pub pairs: Pairs,
    /// Only requests that hold all these bits (for `by`: the smaller request of the pair).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Request>,
    /// Only requests that hold none of these bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Request>,
    /// Malformed requests take part as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malformed: bool,
    /// What both granted views must have in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<Shared>,
    /// Where the first is granted, the second must be granted too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub granted_too: bool,
}

/// Which answers a relation compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pairs {
    /// Each request with the first one, within the selection.
    All,
    /// The same request, asked again in a later round.
    Repeats,
    /// A request and the same with these bits added.
    By(Request),
    /// A malformed request and what mask tests make of it: half macros dropped.
    Masked,
}

/// A thing that two answers can share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shared {
    /// The address.
    Buf,
    /// The owner.
    Obj,
    /// The length.
    Len,
    /// The item size.
    Itemsize,
    /// Whether it is zero.
    Readonly,
    /// The number of axes.
    Ndim,
    /// The string.
    Format,
    /// The extents.
    Shape,
    /// The steps; those of axes with at most one item do not count.
    Strides,
    /// The offsets.
    Suboffsets,
    /// Granted or refused.
    Verdict,
    /// Logical bytes.
    Content,
    /// The type of the exception.
    Exception,
}

impl Shared {
    /// The field it stands for, if it is one.
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::Buf => Some(Field::Buf),
            Self::Obj => Some(Field::Obj),
            Self::Len => Some(Field::Len),
            Self::Itemsize => Some(Field::Itemsize),
            Self::Readonly => Some(Field::Readonly),
            Self::Ndim => Some(Field::Ndim),
            Self::Format => Some(Field::Format),
            Self::Shape => Some(Field::Shape),
            Self::Strides => Some(Field::Strides),
            Self::Suboffsets => Some(Field::Suboffsets),
            Self::Verdict | Self::Content | Self::Exception => None,
        }
    }
}
