//! The report: what every renderer is given and what `--json` prints.
//!
//! Knows verdicts, standings, findings and totals. Must never know how a report looks, or what time it is.
//! This is a contract: `schema` rises when a reader of the JSON would have to change.

mod comparison;
mod finding;
mod ran;
mod subject;

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::RuleData;
use crate::selftest::Matrix;
use bufcheck_protocol::request::Request;

pub use comparison::{Absence, Comparison, Difference};
pub use finding::{Consequence, Finding, Proof, Standing, Step};
pub use ran::Ran;
pub use subject::{Counts, Line, Status, Subject};

/// Version of this shape. The first is still read: what it lacks is worked out ([`Report::complete`]).
pub const SCHEMA: u32 = 2;

/// A whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What made it.
    pub tool: Tool,
    /// The run that it is about, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Ran>,
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
    /// What has changed since an earlier report, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Comparison>,
    /// The run was ended early: what is here is what was judged by then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Which part of the subjects this is, where a run was cut in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

impl Report {
    /// Works out what every finding is told with and follows from the rest: its id, its headline, its requests in words.
    pub fn complete(&mut self) {
        let rules: HashMap<&str, &str> = self
            .rules
            .iter()
            .map(|rule| (rule.id.as_str(), rule.title.as_str()))
            .collect();
        for subject in &mut self.subjects {
            for finding in &mut subject.findings {
                let title = rules.get(finding.rule.as_str()).copied().unwrap_or_default();
                finding.complete(&subject.id, title, &self.requests);
            }
        }
    }
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
