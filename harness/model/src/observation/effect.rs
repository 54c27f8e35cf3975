//! What an object did beside answering: to the output and to the process that others share.
//!
//! Knows what can be touched and how it is written down. Must never know what is right.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Phase;

/// Something that an object did beside answering, each time that a fresh one was made, asked and dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// What was touched.
    pub what: Touched,
    /// What the object was doing.
    pub phase: Phase,
    /// The flags words of the requests with which it happened, in the order of asking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<i32>,
    /// The first line that was written, or what became of the thing; absent where it is another each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
}

/// What an object can touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Touched {
    /// Bytes arrived on the descriptor of standard output.
    Output,
    /// Bytes arrived on the descriptor of standard error.
    Error,
    /// The working directory is another one.
    Directory,
    /// A category of the locale, by its name, has another value.
    Locale(String),
    /// A signal, by its number, is dealt with in another way.
    Handler(i32),
    /// The mask for the modes of new files is another one.
    Mask,
    /// There are more open descriptors than before; they were opened after the object was made, and outlive it.
    Left,
    /// A descriptor of the standard streams is closed, or leads elsewhere.
    Stream(i32),
    /// A process that was started lives on when the one that started it has ended.
    Process,
}
