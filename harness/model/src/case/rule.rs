//! What is said about a rule.
//!
//! Knows levels, sources, remedies and camps. Must never know how a rule is checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Code;

/// A file of `cases/rules/`: one family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// The first part of every id in the file.
    pub family: String,
    /// What the family is about.
    pub about: String,
    /// The rules.
    pub rules: Vec<RuleData>,
}

/// What is said about a rule; its check stands in the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleData {
    /// `family.kebab-case`, for ever.
    pub id: String,
    /// Ids of rules that judged the same fact and are gone: records may still name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The violation in about six words, as a heading.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// How binding it is.
    pub level: Level,
    /// What happens because of a violation, at worst.
    #[serde(default)]
    pub harm: Harm,
    /// What weighs more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Raised>,
    /// Whom it binds.
    pub side: Side,
    /// One sentence that can be violated.
    pub statement: String,
    /// Where it is written.
    pub source: Vec<Source>,
    /// The requests it speaks about, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// What goes wrong, for whom, when it is broken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// A few functions and libraries in which it shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumers: Vec<String>,
    /// How to mend it, by binding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fixes>,
    /// Lines that keep it, by binding: those of `cases/code`; in a report only where a finding names the rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Code>,
    /// The readings of a contested rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub camps: Vec<Camp>,
    /// Rules whose violation on the same request makes this one fire as a consequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caused_by: Vec<String>,
    /// Links to real bugs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// Why the suite does not check it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unobserved: Option<String>,
}

/// Violations of a rule that weigh more than the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Their level.
    pub level: Level,
    /// Which they are: what follows "where".
    pub when: String,
}

/// How binding a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing to judge: shown, never counted.
    Info,
    /// Text and implementations disagree: the camps are named, nobody fails.
    Contested,
    /// Breaking it hurts somebody, but no text forbids it outright.
    Should,
    /// Breaking it breaks the protocol.
    Must,
}

impl Level {
    /// The lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Contested => "contested",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

/// What happens, at worst, to code that keeps the protocol itself; the lightest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Harm {
    /// A field says what was not asked, or something beside the buffer is disturbed.
    #[default]
    Describes,
    /// Code that could work cannot, or is told by the wrong exception.
    Refuses,
    /// Memory, references or locks are never given back.
    Leaks,
    /// The right memory is taken for other items, or what is written is lost.
    WrongData,
    /// The process ends, or stands still.
    Crashes,
    /// Memory that is somebody else's is read or written.
    Corrupts,
}

impl Harm {
    /// The name in the data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Describes => "describes",
            Self::Refuses => "refuses",
            Self::Leaks => "leaks",
            Self::WrongData => "wrong-data",
            Self::Crashes => "crashes",
            Self::Corrupts => "corrupts",
        }
    }
}

/// Whom a rule binds, and what a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The object that gives buffers.
    Exporter,
    /// The code that takes them.
    Consumer,
    /// The interpreter's own C API.
    Interpreter,
}

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A page of the CPython documentation (`c-api/buffer`), a PEP, a source file or an issue.
    pub document: String,
    /// The anchor, section or function in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// The Python version from which it holds.
    pub since: String,
}

/// How to mend a violation, one sentence a binding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixes {
    /// C and C++ with the bare C API.
    pub c: String,
    /// Cython.
    pub cython: String,
    /// pybind11.
    pub pybind11: String,
    /// nanobind.
    pub nanobind: String,
    /// PyO3.
    pub pyo3: String,
    /// Zig; only consumers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zig: Option<String>,
    /// A class with `__buffer__`, or a function that takes a memoryview.
    pub python: String,
}

/// One reading of a contested rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Camp {
    /// Short kebab-case name.
    pub name: String,
    /// Who reads it so.
    pub who: Vec<String>,
    /// What they do.
    pub answer: String,
}
