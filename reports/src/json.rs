//! The report as JSON, the format that other programs rely on.
//!
//! Knows how a report is written and read back, and what a damaged one looks like. Must never know where the
//! text came from or goes.

use std::collections::BTreeSet;

use bufcheck_model::report::{Report, SCHEMA};
use serde::Deserialize;

/// The longest text that is read, in bytes.
pub const LIMIT: usize = 256 * 1024 * 1024;

/// The schemas that are read.
const READ: std::ops::RangeInclusive<u64> = 1..=SCHEMA as u64;

/// The letters of [`Subject::answers`](bufcheck_model::report::Subject::answers).
const LETTERS: &str = "GRDHV-";

/// Why a text is no report of ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Longer than [`LIMIT`].
    #[error("the report is {found} bytes long; at most {LIMIT} are read")]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// Not JSON at all, or not an object.
    #[error("this is no JSON object: {0}")]
    NoJson(#[source] serde_json::Error),
    /// An object without a schema number.
    #[error("`schema` is missing: want a report that `bufcheck --json` wrote, with `\"schema\": {SCHEMA}`")]
    NoSchema,
    /// A report of another version.
    #[error("the report has schema {found}, this bufcheck reads schema 1 and {SCHEMA}")]
    OtherSchema {
        /// The number in the report.
        found: serde_json::Number,
    },
    /// A key or value that the schema does not allow.
    #[error("at `{path}`: {problem}")]
    Shape {
        /// The path to the culprit: `subjects[3].findings[0].level`.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Writes a report: indented, keys always in the same order, a line end behind the last line.
///
/// # Panics
///
/// Never: a report holds nothing that JSON cannot say.
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("a report is lists, texts and numbers");
    text.push('\n');
    text
}

/// The report with those rules only that it names: in a finding, a consequence or a camp.
pub fn with_used_rules(report: &Report) -> Report {
    let findings = || report.subjects.iter().flat_map(|subject| &subject.findings);
    let folded = findings().flat_map(|finding| &finding.consequences);
    let camps = report.subjects.iter().flat_map(|subject| subject.camps.keys());
    let used: BTreeSet<String> = findings()
        .map(|finding| &finding.rule)
        .chain(folded.map(|folded| &folded.rule))
        .chain(camps)
        .cloned()
        .collect();
    let mut report = report.clone();
    report.rules.retain(|rule| used.contains(&rule.id));
    report
}

/// Reads what [`render`] wrote.
///
/// # Errors
///
/// [`ParseError`] says what was found, where, and what is wanted.
pub fn parse(text: &str) -> Result<Report, ParseError> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<serde_json::Number>,
    }
    if text.len() > LIMIT {
        return Err(ParseError::TooLong { found: text.len() });
    }
    // The number is looked at first: an unknown key of a later schema is not what the reader should hear of.
    let head: Head = serde_json::from_str(text).map_err(ParseError::NoJson)?;
    let found = head.schema.ok_or(ParseError::NoSchema)?;
    if !found.as_u64().is_some_and(|found| READ.contains(&found)) {
        return Err(ParseError::OtherSchema { found });
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut report: Report =
        serde_path_to_error::deserialize(&mut reader).map_err(|error| ParseError::Shape {
            path: error.path().to_string(),
            problem: error.inner().to_string(),
        })?;
    consistent(&report)?;
    if report.schema < SCHEMA {
        report.schema = SCHEMA;
        report.complete();
    }
    Ok(report)
}

/// Checks what the renderers rely on and the schema cannot say.
fn consistent(report: &Report) -> Result<(), ParseError> {
    for (index, subject) in report.subjects.iter().enumerate() {
        let wrong = |key: &str, problem: String| {
            Err(ParseError::Shape {
                path: format!("subjects[{index}].{key}"),
                problem,
            })
        };
        if !report
            .interpreters
            .iter()
            .any(|known| known.id == subject.interpreter)
        {
            return wrong(
                "interpreter",
                format!("`{}` is not in `interpreters`", subject.interpreter),
            );
        }
        if let Some(letter) = subject.answers.chars().find(|&letter| !LETTERS.contains(letter)) {
            return wrong(
                "answers",
                format!("`{letter}` is no answer: want letters of `{LETTERS}`"),
            );
        }
        if !subject.answers.is_empty() && subject.answers.len() != report.requests.len() {
            return wrong(
                "answers",
                format!(
                    "{} letters for {} requests",
                    subject.answers.len(),
                    report.requests.len()
                ),
            );
        }
    }
    Ok(())
}
