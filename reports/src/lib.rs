//! From a report to text: one module a format, each a function of [`Report`](bufcheck_model::report::Report).
//!
//! Knows how results look to people and to other programs. Must never know the time, files, processes,
//! Python, or how a rule is checked: what a rule says comes with the report, so that a report that was
//! written long ago can be rendered again.
//!
//! Everything in a report is untrusted: names, formats and messages come from the exporters under test. Each
//! format escapes for itself, at the place where text is put into it.

#![forbid(unsafe_code)]

pub mod compat;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod terminal;
pub mod untried;

mod group;
mod said;
mod verdict;
mod weight;
mod words;

/// Text from outside for a terminal, line by line: what would move the cursor or turn the direction of writing is shown
/// by its number.
pub fn plain(text: &str) -> String {
    words::visible(text)
}
