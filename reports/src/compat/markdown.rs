//! The table as Markdown: a sign for each pair, a legend, and the reasons of what is wrong.
//!
//! Knows how text is escaped in a table. Must never know how a pair was tried.

use std::fmt::Write as _;

use bufcheck_model::compat::{Compat, Verdict};

use super::said::{content, unexpected};
use crate::words::visible;

/// Renders the table.
pub fn markdown(table: &Compat) -> String {
    let mut text = format!(
        "# {} exporters and {} consumers on {}\n\n",
        table.exporters.len(),
        table.consumers.len(),
        cell(&table.interpreter.id)
    );
    for verdict in Verdict::ALL {
        let _ = writeln!(
            text,
            "- `{}` {}: {}",
            verdict.sign(),
            verdict.words(),
            table.count(verdict)
        );
    }
    text.push_str("\n| | exporter | content |\n|---|---|---|\n");
    for (number, column) in table.exporters.iter().enumerate() {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            number + 1,
            cell(&column.id),
            cell(&content(column))
        );
    }
    text.push_str("\n| consumer |");
    for number in 1..=table.exporters.len() {
        let _ = write!(text, " {number} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(table.exporters.len()));
    text.push('\n');
    for row in &table.consumers {
        let _ = write!(text, "| {} |", cell(&row.id));
        for found in &row.cells {
            let _ = write!(text, " {} |", found.verdict.sign());
        }
        text.push('\n');
    }
    reasons(&mut text, table);
    text
}

fn reasons(text: &mut String, table: &Compat) {
    let bad: Vec<_> = table
        .cells()
        .filter(|(_, _, cell)| cell.verdict.is_bad())
        .collect();
    if !bad.is_empty() {
        text.push_str("\n## Wrong results, deaths\n\n| consumer | exporter | what |\n|---|---|---|\n");
        for (row, column, found) in bad {
            let told = format!("{}: {}", found.verdict.words(), found.reason);
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                cell(&row.id),
                cell(&column.id),
                cell(&told)
            );
        }
    }
    let surprises = unexpected(table);
    if !surprises.is_empty() {
        text.push_str(
            "\n## Another way than the data says\n\n| consumer | exporter | what | expected |\n|---|---|---|---|\n",
        );
        for parts in surprises {
            let parts: Vec<String> = parts.iter().map(|part| cell(part)).collect();
            let _ = writeln!(text, "| {} |", parts.join(" | "));
        }
    }
}

/// Text within a table: nothing of it is markup.
fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for sign in visible(text).chars() {
        match sign {
            '\n' => escaped.push(' '),
            '\\' | '|' | '*' | '_' | '[' | ']' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(sign);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            other => escaped.push(other),
        }
    }
    escaped
}
