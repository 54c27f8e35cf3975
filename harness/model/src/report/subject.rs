//! What came of a subject.
//!
//! Knows statuses and counts. Must never know a rule, nor how a report looks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use crate::case::Side;
use crate::not_asked::NotAsked;

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
