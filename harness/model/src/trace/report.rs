//! The report on a traced program.
//!
//! Knows processes, pairs and findings. Must never know how it looks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{Native, Place};
use crate::case::{Harm, Level, Side};

/// The version of the report's shape.
pub const TRACE_REPORT: u32 = 1;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceReport {
    /// Always `trace`.
    pub kind: Kind,
    /// [`TRACE_REPORT`].
    pub schema: u32,
    /// The version of bufcheck.
    pub tool: String,
    /// The command.
    pub command: Vec<String>,
    /// How it ended: its exit status, or 128 and the signal; absent where the trace was one of a running process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// The processes that were traced.
    pub processes: Vec<Process>,
    /// Who asked what of which type, the most frequent first.
    pub pairs: Vec<Pair>,
    /// What was found, by harm.
    pub findings: Vec<TraceFinding>,
    /// What could not be seen or judged, in sentences.
    pub limits: Vec<String>,
}

/// The kind of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A traced program.
    #[default]
    Trace,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The process that it was forked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<u32>,
    /// Version of its interpreter.
    pub python: String,
    /// Requests.
    pub requests: u64,
    /// Releases.
    pub releases: u64,
    /// Whether every release was seen, as far as the self-count and `bytearray` tell.
    pub complete: bool,
    /// Views still held when the interpreter ended; absent where it did not end in good order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
}

/// Who asked what of which type, over all processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The file name of the module that asked.
    pub module: String,
    /// The flags.
    pub flags: i32,
    /// The flags in words.
    pub request: String,
    /// Requests.
    pub requests: u64,
    /// Those that were granted.
    pub grants: u64,
    /// Those that were refused.
    pub refusals: u64,
    /// Releases of its views.
    pub releases: u64,
    /// What was found.
    pub verdict: Verdict,
}

/// What was found of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing.
    Clean,
    /// A rule of a level below `must` is broken.
    Remarked,
    /// A `must` is broken.
    Broken,
}

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceFinding {
    /// The rule.
    pub rule: String,
    /// How binding it is here.
    pub level: Level,
    /// What happens because of it, at worst.
    pub harm: Harm,
    /// Who breaks it.
    pub side: Side,
    /// The type that was asked.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The code that asked.
    pub asked_by: Native,
    /// Where that is the interpreter itself: the first module outside of it, when it was seen first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Native>,
    /// The code that did it, where that is another moment than the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Native>,
    /// The requests, in words.
    pub requests: Vec<String>,
    /// What was found.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
    /// Where the program was, when it showed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The process in which it showed first.
    pub pid: u32,
}
