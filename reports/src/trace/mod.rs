//! The report on a traced program: for a terminal, as JSON, and as one HTML file.
//!
//! Knows pairs and findings as text. Must never judge.

mod html;
mod said;
mod terminal;

use bufcheck_model::trace::TraceReport;

pub use html::html;
pub use terminal::terminal;

/// As JSON.
pub fn json(report: &TraceReport) -> String {
    serde_json::to_string_pretty(report).map_or_else(|_| String::new(), |text| text + "\n")
}
