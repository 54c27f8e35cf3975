//! The table for the terminal: one side of it in sentences, or a sign for each pair.
//!
//! Knows how much fits. Must never print.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bufcheck_model::compat::{Cell, Compat, Verdict};

use super::said::{Group, content, groups, sums, unexpected};
use crate::words::visible;

/// Ids of one line that are named.
const NAMED: usize = 12;

/// Pairs that came out unexpectedly and are named.
const UNEXPECTED: usize = 10;

/// Renders the table.
pub fn terminal(table: &Compat) -> String {
    let mut text = format!(
        "bufcheck {}: {} exporters and {} consumers on {}\n",
        table.tool.version,
        table.exporters.len(),
        table.consumers.len(),
        table.interpreter.id
    );
    if let ([column], false) = (table.exporters.as_slice(), table.consumers.is_empty()) {
        let cells = || table.cells().map(|(row, _, cell)| (row.id.as_str(), cell));
        let head = format!("`{}` ({})", column.id, content(column));
        one_side(&mut text, &head, "consumer", "consumers", &cells);
    } else if let [row] = table.consumers.as_slice() {
        let cells = || table.cells().map(|(_, column, cell)| (column.id.as_str(), cell));
        let asks = if row.asks.is_empty() {
            "it asked spies for nothing".to_owned()
        } else {
            format!("it asks {}", row.asks.join(", "))
        };
        let head = format!("`{}` ({asks})", row.id);
        one_side(&mut text, &head, "exporter", "exporters", &cells);
    } else {
        matrix(&mut text, table);
    }
    left_out(&mut text, table);
    surprises(&mut text, table);
    text
}

/// Consumers that were not tried to the end, those with one reason in one line.
fn left_out(text: &mut String, table: &Compat) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &table.consumers {
        if let Some(reason) = &row.reason {
            reasons.entry(reason).or_default().push(&row.id);
        }
    }
    for (reason, ids) in reasons {
        let _ = writeln!(text, "\nnot tried to the end: {}", visible(&shortened(&ids)));
        let _ = writeln!(text, "    {}", visible(reason));
    }
}

/// The first ids, and how many more.
fn shortened(ids: &[&str]) -> String {
    let named = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn one_side<'a, I>(text: &mut String, head: &str, one: &str, many: &str, cells: &dyn Fn() -> I)
where
    I: Iterator<Item = (&'a str, &'a Cell)>,
{
    let sums = sums(cells().map(|(_, cell)| cell), one, many);
    let _ = writeln!(text, "\n{}: {sums}", visible(head));
    for group in groups(cells()) {
        line(text, &group);
    }
}

fn line(text: &mut String, group: &Group<'_>) {
    let reason = if group.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", visible(group.reason))
    };
    let _ = writeln!(
        text,
        "\n  {} ({}){reason}\n    {}",
        group.verdict.words(),
        group.with.len(),
        visible(&shortened(&group.with))
    );
}

fn matrix(text: &mut String, table: &Compat) {
    let width = table
        .consumers
        .iter()
        .map(|row| row.id.chars().count())
        .max()
        .unwrap_or(0);
    text.push('\n');
    for row in &table.consumers {
        let signs: String = row.cells.iter().map(|cell| cell.verdict.sign()).collect();
        let _ = writeln!(text, "{:width$}  {signs}", visible(&row.id));
    }
    text.push('\n');
    for verdict in Verdict::ALL {
        let count = table.count(verdict);
        if count > 0 {
            let _ = writeln!(text, "{}  {count:6} {}", verdict.sign(), verdict.words());
        }
    }
    for (row, column, cell) in table.cells().filter(|(_, _, cell)| cell.verdict.is_bad()) {
        let _ = writeln!(
            text,
            "\n`{}` given `{}`: {}\n    {}",
            visible(&row.id),
            visible(&column.id),
            cell.verdict.words(),
            visible(&cell.reason)
        );
    }
}

fn surprises(text: &mut String, table: &Compat) {
    let all = unexpected(table);
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n{} came out another way than spies and single requests say:",
        if all.len() == 1 {
            "One pair".to_owned()
        } else {
            format!("{} pairs", all.len())
        }
    );
    for [consumer, exporter, found, expected] in all.iter().take(UNEXPECTED) {
        let _ = writeln!(
            text,
            "  `{}` given `{}`: {}; expected: {expected}",
            visible(consumer),
            visible(exporter),
            visible(found)
        );
    }
    if all.len() > UNEXPECTED {
        let _ = writeln!(
            text,
            "  and {} more: `--json` has them all",
            all.len() - UNEXPECTED
        );
    }
}
