//! Subjects that are ready to be made, and records that are ready to be compared.
//!
//! Knows how each is named to people. Must never know how one was selected.

use bufcheck_model::bend::Bend;
use bufcheck_model::case::{ConsumerCase, ExporterCase, Known, Make};
use bufcheck_model::interpreter::Group;

/// Bytes of content that are read through one view.
pub const CONTENT_BUDGET: usize = 4096;

/// A subject, ready to be made.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What it is declared as.
    pub case: ExporterCase,
    /// What it is declared as, if it is a consumer; `case` then holds its id and where it exists.
    pub consumer: Option<ConsumerCase>,
    /// The calls, if the interpreter itself is the subject; `case` then holds the id and where they are made.
    pub interpreter: Option<Group>,
    /// What is changed in the table of the interpreter's functions before them.
    pub bend: Option<Bend>,
    /// The package it comes from.
    pub package: Option<String>,
    /// How to make it.
    pub make: Make,
    /// How to make another of its type, with other items.
    pub sibling: Option<Make>,
    /// The text after `bufcheck` that runs it again.
    pub repro: String,
}

/// A record of a known deviation, and where it stands.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The file.
    pub file: String,
    /// The line (1-based), where known.
    pub line: Option<usize>,
    /// The record.
    pub known: Known,
}

/// A word for a POSIX shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
