//! What a request demands.
//!
//! Knows the states of the fields and the outcome for each layout class. Must never compute either.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::{FieldStates, Outcome};
use bufcheck_protocol::request::{Flaw, Request, WellFormed};

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

/// The outcomes of one request for one layout class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// For memory that may be written.
    pub writable: Outcome,
    /// For memory that must not.
    pub readonly: Outcome,
}
