//! Code that keeps a rule, cut out of examples that are built and checked.
//!
//! Knows bindings and the rules that some lines keep. Must never know how a line was found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file of `cases/code/`: one binding. `tools/code` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeFile {
    /// As in [`super::Fixes`]: `C`, `PyO3`.
    pub binding: String,
    /// What its examples show.
    pub pieces: Vec<Piece>,
}

/// Some lines of an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The rules that they keep.
    pub rules: Vec<String>,
    /// The file that they stand in, from the root of the repository.
    pub file: String,
    /// The lines; `...` where more follows in the block.
    pub lines: Vec<String>,
}

/// Lines that keep a rule, in one binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The binding.
    pub binding: String,
    /// The example that they stand in.
    pub file: String,
    /// The lines.
    pub lines: Vec<String>,
}
