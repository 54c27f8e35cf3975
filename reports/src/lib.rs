//! From a report to text: one module a format, each a function of [`Report`](bufcheck_model::report::Report).
//!
//! Knows how results look to people and to other programs. Must never know the time, files, processes,
//! Python, or how a rule is checked: what a rule says comes with the report, so that a report that was
//! written long ago can be rendered again.
//!
//! Everything in a report is untrusted: names, formats and messages come from the exporters under test. Each
//! format escapes for itself, at the place where text is put into it.

#![forbid(unsafe_code)]

pub mod badge;
pub mod compat;
pub mod diff;
pub mod html;
pub mod json;
pub mod junit;
pub mod lines;
pub mod markdown;
pub mod sarif;
pub mod tap;
pub mod terminal;
pub mod trace;
pub mod untried;

mod group;
mod printed;
mod untrusted;
mod verdict;
mod weight;
mod words;

pub use untrusted::Untrusted;

/// Text from outside for a terminal, line by line, as [`Untrusted`] shows it.
pub fn plain(text: &str) -> String {
    Untrusted::lines(text).to_string()
}
