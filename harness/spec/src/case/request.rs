//! What a request demands.
//!
//! Knows the states of the fields and the outcome for each layout class. Must never compute either.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layout::LayoutClass;
use crate::request::{Flaw, Request, WellFormed};

/// A file of `cases/requests/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestFile {
    /// What the file holds.
    pub about: String,
    /// How many cases; checked.
    pub count: usize,
    /// The cases.
    pub cases: Vec<RequestCase>,
}

/// One request and what the protocol demands of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestCase {
    /// [`Request::case_id`].
    pub id: String,
    /// The flags word.
    pub request: Request,
    /// Every macro that equals the word, without `PyBUF_`.
    pub names: Vec<String>,
    /// Whether a consumer may ask this.
    pub well_formed: WellFormed,
    /// Why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<Flaw>,
    /// The state of the fields when the request is granted.
    pub granted: FieldStates,
    /// The outcome for each layout class: read-only and writable memory.
    pub outcomes: BTreeMap<LayoutClass, Outcomes>,
}

/// What a granted request demands of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldStates {
    /// The format field.
    pub format: Presence,
    /// The shape field (for one axis or more).
    pub shape: Presence,
    /// The strides field (for one axis or more).
    pub strides: Presence,
    /// The suboffsets field.
    pub suboffsets: Presence,
    /// The order in which the memory must be contiguous.
    pub contiguity: Contiguity,
    /// The readonly field.
    pub readonly: ReadonlyState,
}

/// Whether a pointer is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It must be NULL.
    Null,
    /// It must not be NULL.
    Present,
    /// It is not NULL exactly when the memory needs it.
    IfNeeded,
    /// The text does not settle it.
    Unsettled,
}

/// The order in which memory must be contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Contiguity {
    /// No demand.
    None,
    /// Last index fastest.
    C,
    /// First index fastest.
    F,
    /// Either.
    Any,
    /// Both at once.
    CAndF,
}

/// What the readonly field must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadonlyState {
    /// 0.
    Zero,
    /// 0 or 1, the same for every consumer.
    Either,
}

/// The outcomes of one request for one layout class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// For memory that may be written.
    pub writable: Outcome,
    /// For memory that must not.
    pub readonly: Outcome,
}

/// What the protocol lets an exporter do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The native memory meets it: it should be granted.
    Grant,
    /// It must be refused.
    Refuse,
    /// The native memory does not meet it: refuse, or serve a faithful copy that does.
    RefuseOrFaithfulCopy,
    /// Malformed: either verdict, only safety is judged.
    Either,
    /// The interpreter's own affair (0x100 is `PyBUF_READ`).
    Interpreter,
}
