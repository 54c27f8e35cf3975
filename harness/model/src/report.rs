//! The report: what every renderer is given and what `--json` prints.
//!
//! Knows verdicts, standings, findings and totals. Must never know how a report looks, or what time it is.
//! This is a contract: `schema` rises when a reader of the JSON would have to change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Level, RuleData, Side};
use crate::example::Example;
use crate::not_asked::NotAsked;
use crate::selftest::Matrix;
use bufcheck_protocol::request::Request;

/// Version of this shape.
pub const SCHEMA: u32 = 1;

/// A whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What made it.
    pub tool: Tool,
    /// The interpreters the subjects ran in.
    pub interpreters: Vec<Interpreter>,
    /// The requests that every exporter was asked, in the order of [`Subject::answers`].
    pub requests: Vec<Request>,
    /// One entry for each subject and interpreter.
    pub subjects: Vec<Subject>,
    /// Every rule that was checked, and every rule a finding names.
    pub rules: Vec<RuleData>,
    /// Records of known deviations that no longer hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<Stale>,
    /// The sums.
    pub totals: Totals,
    /// How the suite fared in its own test, where that was asked for; one entry for each interpreter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selftest: Vec<Matrix>,
    /// The run was ended early: what is here is what was judged by then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Which part of the subjects this is, where a run was cut in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// A part of a run: of the subjects every so many-th.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Which part, the first is 1.
    pub part: usize,
    /// How many there are.
    pub of: usize,
}

/// The program that made a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `bufcheck`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// `cpython-3.11`.
    pub id: String,
    /// `3.11.7`.
    pub version: String,
    /// Its program.
    pub executable: String,
    /// `linux`, `darwin`, `win32`.
    pub system: String,
    /// `x86_64`.
    pub machine: String,
    /// What could not be checked there, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
}

/// What came of one subject on one interpreter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What the user typed or registered.
    pub id: String,
    /// What it is.
    pub kind: Side,
    /// The package it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The version of that package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The id of the interpreter.
    pub interpreter: String,
    /// Qualified name of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Where it is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Line>,
    /// What it amounts to.
    pub status: Status,
    /// Why it was not tested or could not be made, and how the process ended: one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reason: Vec<String>,
    /// What could not be made sure of: an end of the process that did not come again, a worker that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// What was declared and cannot be used, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<String>,
    /// What was planned and left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAsked>,
    /// Families of rules of which nothing could be judged: there was no answer, or no scenario, that they speak of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untested: Vec<String>,
    /// What was noticed and breaks nothing, but limits what could be judged: one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noticed: Vec<String>,
    /// What was violated; one entry a cause.
    pub findings: Vec<Finding>,
    /// How many requests were granted, refused or fatal.
    pub requests: Counts,
    /// One letter for each entry of [`Report::requests`]: `G` granted, `R` refused, `D` died, `H` hung,
    /// `V` varied between rounds, `-` not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answers: String,
    /// The camp shown in each contested rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub camps: BTreeMap<String, String>,
    /// What the exporter printed, cut to a bounded length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The file, from the root of its repository, or of the folder where the run was started.
    pub file: String,
    /// The line, the first is 1.
    pub line: usize,
}

/// What a subject amounts to. A deviation that is recorded is still a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// No `must` or `should` finding.
    Conforms,
    /// At least one.
    Deviates,
    /// The process ended.
    Died,
    /// The process did not come back.
    Hung,
    /// Every request was refused, and nobody declared that this is meant: only refusals could be judged. Of a consumer:
    /// it never asked.
    NothingGranted,
    /// No `must` or `should` finding, but not all of what was planned or declared could be tried.
    Incomplete,
    /// It could not be tested here, for a reason that is no fault of anybody.
    NotTested,
    /// It could not be made, or the harness failed.
    HarnessFault,
}

impl Status {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Deviates => "deviates",
            Self::Died => "died",
            Self::Hung => "hung",
            Self::NothingGranted => "nothing-granted",
            Self::Incomplete => "incomplete",
            Self::NotTested => "not-tested",
            Self::HarnessFault => "harness-fault",
        }
    }

    /// Whether there are answers that were judged.
    pub const fn is_tested(self) -> bool {
        match self {
            Self::Conforms
            | Self::Deviates
            | Self::Died
            | Self::Hung
            | Self::NothingGranted
            | Self::Incomplete => true,
            Self::NotTested | Self::HarnessFault => false,
        }
    }
}

impl Subject {
    /// Whether all that was planned and declared was tried, but for what a death itself forbids.
    pub fn is_complete(&self) -> bool {
        self.faults.is_empty()
            && self.unusable.is_empty()
            && self.not_asked.iter().all(|left| left.why.follows_from_a_death())
    }
}

/// A rule, violated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// Its level, or `should` for a declared camp departed from.
    pub level: Level,
    /// The requests on which it showed.
    pub requests: Vec<Request>,
    /// The case that showed it first.
    pub case: String,
    /// What was found.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
    /// Against the record.
    pub standing: Standing,
    /// The reason of the record, where it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The link of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The command that shows it again.
    pub repro: String,
    /// The program that shows it without this suite, for findings of `must` rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// An answer that shows it, field by field, and the memory that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
    /// Findings that follow from this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
}

/// A program that shows a finding without this suite, or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The program; empty where none can be made.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub script: String,
    /// The interpreters in which it was run, alone and fresh, and showed the fault: `CPython 3.11.7`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed_on: Vec<String>,
    /// Why there is none, or why it did not show the fault where it was run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why_not: String,
}

/// A finding folded into the one that causes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consequence {
    /// The rule.
    pub rule: String,
    /// Its level.
    pub level: Level,
    /// The requests on which it showed.
    pub requests: Vec<Request>,
    /// What was found.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
    /// Against the record.
    pub standing: Standing,
}

/// A finding against the record of known deviations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// In the record.
    AsRecorded,
    /// Not in the record, and seen in nothing but a race between threads: it is true, and may not be seen the next time.
    /// It decides no exit status.
    ByChance,
    /// Not in the record.
    New,
    /// In the record, but it showed no longer (only in a comparison of two reports).
    Fixed,
    /// In both, but not alike (only in a comparison of two reports).
    Changed,
}

impl Standing {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsRecorded => "as-recorded",
            Self::ByChance => "by-chance",
            Self::New => "new",
            Self::Fixed => "fixed",
            Self::Changed => "changed",
        }
    }
}

/// How the requests of a subject ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Granted in every round.
    pub granted: usize,
    /// Refused in every round, or now granted and now refused.
    pub refused: usize,
    /// The process died or hung.
    pub died: usize,
    /// Calls that were made, where functions of the interpreter are the subject.
    #[serde(default, skip_serializing_if = "is_none")]
    pub calls: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A record of a known deviation that should be deleted or renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// The file it stands in.
    pub file: String,
    /// Its line (1-based), where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The subject glob.
    pub subject: String,
    /// The rule glob.
    pub rule: String,
    /// The interpreter on which it did not show; absent if it expired or matches nothing at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

/// The sums of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Subjects by status.
    pub subjects: BTreeMap<String, usize>,
    /// Subjects with a `must` or `should` finding, each recorded.
    pub subjects_as_recorded: usize,
    /// Findings (with consequences) by level: new ones.
    pub new: BTreeMap<String, usize>,
    /// Findings (with consequences) by level: recorded ones.
    pub recorded: BTreeMap<String, usize>,
    /// Findings (with consequences) by level: those that only a race showed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_chance: BTreeMap<String, usize>,
    /// Answers judged: requests times rounds.
    pub judged: usize,
    /// Rules that were checked.
    pub rules: usize,
}
