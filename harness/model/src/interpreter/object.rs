//! The objects that functions are given.
//!
//! Knows exporters by what they grant, and others by an expression. Must never make one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::View;

/// An argument that is a Python object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Object {
    /// An exporter of the suite's own, which writes down what it is asked.
    Exporter {
        /// What it hands out.
        view: View,
        /// What it grants.
        #[serde(default, skip_serializing_if = "Mode::is_strict")]
        mode: Mode,
        /// Its type has no release slot.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_release: bool,
    },
    /// Whatever an expression of Python gives.
    Python {
        /// Statements to run first.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        setup: String,
        /// The expression.
        expression: String,
    },
}

/// What an exporter grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// What its memory meets, and nothing but the fields asked for.
    #[default]
    Strict,
    /// Everything, with all fields, whatever is asked.
    Full,
    /// Nothing: `BufferError`.
    Refuse,
    /// Nothing: `ValueError`.
    RefuseValue,
    /// What `Strict` grants, read-only where nobody asks to write.
    WritableWhenAsked,
    /// What `Strict` grants, of another object: the request is handed on to it.
    Redirect,
}

impl Mode {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    const fn is_strict(&self) -> bool {
        matches!(self, Self::Strict)
    }
}
