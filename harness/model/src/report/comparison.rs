//! What two reports do not have in common.
//!
//! Knows deviations and subjects of two moments. Must never know how they are compared, nor how that looks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Standing;
use super::subject::Status;
use crate::case::Level;

/// What became of a deviation between two reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The subject.
    pub subject: String,
    /// The id of the interpreter.
    pub interpreter: String,
    /// The rule.
    pub rule: String,
    /// Its level; that of the later report, where it shows there.
    pub level: Level,
    /// `new`, `fixed` or `changed`; `as-recorded` where a subject appeared with a deviation that a record knows.
    pub standing: Standing,
    /// What was found before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What was found after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What became of a subject that is not what it was: it came, went, or amounts to something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// The subject.
    pub subject: String,
    /// The id of the interpreter.
    pub interpreter: String,
    /// Its status before, if it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Status>,
    /// Its status after, if it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Status>,
}

/// A comparison of two reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Deviations that are not alike, subject by subject in the order of the later report.
    pub differences: Vec<Difference>,
    /// Subjects that were tested in one of the two only, or have another status.
    pub absences: Vec<Absence>,
}

impl Comparison {
    /// Whether a deviation of at least this level is new, or the process of a subject ends that did not.
    pub fn is_worse(&self, level: Level) -> bool {
        let ended = |status: Option<Status>| matches!(status, Some(Status::Died | Status::Hung));
        let told = |absent: &Absence| {
            let here = |found: &&Difference| {
                (&found.subject, &found.interpreter) == (&absent.subject, &absent.interpreter)
            };
            self.differences.iter().any(|found| here(&found))
        };
        let new = |found: &Difference| found.standing == Standing::New && found.level >= level;
        self.differences.iter().any(new)
            // A death that a finding tells has the level of that finding, and its record.
            || self
                .absences
                .iter()
                .any(|absent| ended(absent.after) && !ended(absent.before) && !told(absent))
    }
}
