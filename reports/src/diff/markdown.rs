//! A comparison as Markdown, for a comment on a change.
//!
//! Knows tables. Must never let text become markup: everything from outside stands in code or is escaped.

use std::fmt::Write as _;

use bufcheck_model::report::Comparison;

use super::{rows, sums};
use crate::markdown::{code, escape};

/// Most rows: a comment that is longer is not read, and services cut it.
const ROWS: usize = 200;

/// Renders a comparison.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("**{}**\n", sums(comparison));
    let rows = rows(comparison);
    if rows.is_empty() {
        return text;
    }
    text.push_str("\n| | subject | on | rule | before | after |\n|---|---|---|---|---|---|\n");
    for row in rows.iter().take(ROWS) {
        let rule = if row.rule.is_empty() {
            String::new()
        } else {
            format!("{} {}", row.level, code(row.rule))
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {rule} | {} | {} |",
            row.what,
            code(row.subject),
            escape(row.interpreter),
            escape(row.before),
            escape(row.after)
        );
    }
    if rows.len() > ROWS {
        let _ = writeln!(text, "\n{} more stand in the JSON.", rows.len() - ROWS);
    }
    text
}
