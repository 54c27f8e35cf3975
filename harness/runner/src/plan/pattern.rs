//! Selection by glob.
//!
//! Knows how a pattern is read and what it matches. Must never know what is named.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::plan::config::MakeError;
use crate::suggest;

/// A selection that cannot be met.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A glob that is none.
    #[error("`{glob}` is no pattern: {problem}")]
    Glob {
        /// The text.
        glob: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A pattern that selects nothing.
    #[error("no {what} matches `{glob}`{hint}")]
    Nothing {
        /// `subject`, `case`, `rule`.
        what: &'static str,
        /// The pattern.
        glob: String,
        /// The nearest valid name.
        hint: String,
    },
    /// A record about a rule that there is none of.
    #[error("`{file}`{line}: there is no rule `{rule}`{hint}", line = line.map_or_else(String::new, |line| format!(", line {line}")))]
    NoRule {
        /// The file of the record.
        file: String,
        /// Its line (1-based), where known.
        line: Option<usize>,
        /// The name.
        rule: String,
        /// The nearest valid one.
        hint: String,
    },
    /// A target that cannot be made.
    #[error(transparent)]
    Make(#[from] MakeError),
}

impl PlanError {
    /// Whether it only says that nothing was selected.
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }
}

/// Reads a glob; `*` matches any characters, `/` and `.` among them.
pub fn glob(text: &str) -> Result<GlobMatcher, PlanError> {
    // `{,-padded}` is how a record names two exporters at once.
    GlobBuilder::new(text)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| PlanError::Glob {
            glob: text.to_owned(),
            problem: error.kind().to_string(),
        })
}

/// The names that match any of the globs; all if there is no glob. A name matches itself literally, too:
/// ids may hold brackets.
pub(super) fn select<'a>(
    what: &'static str,
    globs: &[String],
    names: &[&'a str],
) -> Result<BTreeSet<&'a str>, PlanError> {
    if globs.is_empty() {
        return Ok(names.iter().copied().collect());
    }
    let mut chosen = BTreeSet::new();
    for text in globs {
        let matcher = glob(text)?;
        let matching = names
            .iter()
            .filter(|name| **name == text || matcher.is_match(name));
        let before = chosen.len();
        chosen.extend(matching);
        if chosen.len() == before && !names.iter().any(|name| *name == text || matcher.is_match(name)) {
            let hint = suggest::did_you_mean(text, names.iter().copied());
            return Err(PlanError::Nothing {
                what,
                glob: text.clone(),
                hint,
            });
        }
    }
    Ok(chosen)
}
