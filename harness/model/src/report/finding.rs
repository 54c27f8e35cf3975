//! A finding, and what it is told with.
//!
//! Knows rules by their ids. Must never know how one is judged, nor how a finding looks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bufcheck_protocol::request::Request;
use bufcheck_protocol::said;

use crate::case::Level;
use crate::example::Example;
use crate::observation::Crash;

/// A rule, violated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `subject/rule/place`: the same in every report in which it shows.
    #[serde(default)]
    pub id: String,
    /// The rule.
    pub rule: String,
    /// What is wrong with this very subject, in a sentence.
    #[serde(default)]
    pub headline: String,
    /// Its level, or `should` for a declared camp departed from.
    pub level: Level,
    /// The requests on which it showed.
    pub requests: Vec<Request>,
    /// The same in words: what they share, where that tells them from all others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub requests_said: String,
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
    /// What was done, where it shows over time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What the process noted when it crashed; addresses are of that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub death: Option<Crash>,
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

impl Finding {
    /// Works out what follows from the rest; `title` is that of its rule, `asked` is everything that was asked.
    pub(super) fn complete(&mut self, subject: &str, title: &str, asked: &[Request]) {
        let place = if self.case.is_empty() {
            "object"
        } else {
            &self.case
        };
        self.id = format!("{subject}/{}/{place}", self.rule);
        let title = if title.is_empty() { &self.rule } else { title };
        self.headline = format!("`{subject}`: {title}: {}", self.found);
        self.requests_said = if self.requests.is_empty() {
            String::new()
        } else {
            said::requests(&self.requests, asked)
        };
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What, in words.
    pub said: String,
    /// It ended the process, or after it what must hold did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fatal: bool,
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
