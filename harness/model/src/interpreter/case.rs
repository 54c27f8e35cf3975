//! Cases of the interpreter's functions, in `cases/interpreter/`.
//!
//! Knows every key that stands there. Must never know how a want is judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::facts::Wants;
use crate::case::Known;

/// A file of `cases/interpreter/`: one function, or one family of operations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterpreterFile {
    /// What the file holds.
    pub about: String,
    /// How many cases there are.
    pub count: usize,
    /// The cases, by promise.
    pub groups: Vec<Group>,
    /// Known deviations of interpreters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
}

/// Cases that show one promise: a subject of its own, so that a recorded deviation hides nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// `interpreter/FUNCTION/PROMISE`, for ever.
    pub id: String,
    /// What is asked, in words.
    pub about: String,
    /// The rule that a wrong answer breaks.
    pub rule: String,
    /// What the wants rest on.
    pub basis: Basis,
    /// The Python versions that it is asked of (PEP 440): elsewhere it is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The cases.
    pub cases: Vec<InterpreterCase>,
}

/// One call and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterpreterCase {
    /// The id of the group, and a name.
    pub id: String,
    /// The call.
    pub ask: Ask,
    /// What is wanted, where a pointer has eight bytes and the least significant byte comes first.
    pub want: Wants,
}

/// What a want rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The documentation says so.
    Documented,
    /// It follows from what the documentation says.
    Inferred,
    /// Nothing says so, and every implementation that was asked does it.
    DeFacto,
}
