//! Sentences about one side of the table: an exporter and all consumers, or a consumer and all exporters.
//!
//! Knows how cells with one reason become one line. Must never know which format a sentence ends up in.

use std::collections::BTreeMap;

use bufcheck_model::compat::{Cell, Column, Compat, Verdict};
use bufcheck_model::spy::{Lie, Measured};

/// The cells of one exporter or consumer that came out alike, for one reason.
pub(super) struct Group<'a> {
    pub(super) verdict: Verdict,
    pub(super) reason: &'a str,
    /// The ids of the other side.
    pub(super) with: Vec<&'a str>,
}

/// Cells with the id of the other side, gathered; the best come first.
pub(super) fn groups<'a>(cells: impl Iterator<Item = (&'a str, &'a Cell)>) -> Vec<Group<'a>> {
    let mut all: BTreeMap<(Verdict, &str), Vec<&str>> = BTreeMap::new();
    for (id, cell) in cells {
        all.entry((cell.verdict, cell.reason.as_str()))
            .or_default()
            .push(id);
    }
    let group = |((verdict, reason), with)| Group {
        verdict,
        reason,
        with,
    };
    all.into_iter().map(group).collect()
}

/// "works with 31 consumers, refused by 12, wrong with 0".
pub(super) fn sums<'a>(cells: impl Iterator<Item = &'a Cell>, one: &str, many: &str) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for cell in cells {
        *counts.entry(cell.verdict).or_default() += 1;
    }
    let count = |verdict: Verdict| counts.get(&verdict).copied().unwrap_or(0);
    let refused = count(Verdict::ExporterRefuses) + count(Verdict::ConsumerRefuses);
    let works = count(Verdict::Works);
    let side = if works == 1 { one } else { many };
    let mut text = format!(
        "works with {works} {side}, refused with {refused}, wrong with {}",
        count(Verdict::Wrong)
    );
    for verdict in [
        Verdict::Otherwise,
        Verdict::Died,
        Verdict::Hung,
        Verdict::NotTried,
    ] {
        if count(verdict) > 0 {
            text += &format!(", {} with {}", verdict.words(), count(verdict));
        }
    }
    text
}

/// What an exporter shows, in words.
pub(super) fn content(column: &Column) -> String {
    match &column.content {
        Some(content) => measured(content),
        None if column.type_name.is_empty() => "it could not be made".into(),
        None => "it shows nothing".into(),
    }
}

fn measured(content: &Measured) -> String {
    let lie = match content.lie {
        Lie::C => "in C order",
        Lie::Fortran => "in Fortran order",
        Lie::Apart => "strided",
        Lie::Pointers => "behind pointers",
    };
    let access = if content.readonly { "read-only" } else { "writable" };
    format!("`{}` {:?}, {lie}, {access}", content.format, content.shape)
}

/// The cells that came out another way than the data says: consumer, exporter, what, and what was expected.
pub(super) fn unexpected(table: &Compat) -> Vec<[String; 4]> {
    let cells = table.cells().filter(|(_, _, cell)| cell.is_unexpected());
    let told = |(row, column, cell): (&bufcheck_model::compat::Row, &Column, &Cell)| {
        let expected = cell.expected.map_or("", Verdict::words);
        let found = if cell.reason.is_empty() {
            cell.verdict.words().to_owned()
        } else {
            format!("{}: {}", cell.verdict.words(), cell.reason)
        };
        [row.id.clone(), column.id.clone(), found, expected.to_owned()]
    };
    cells.map(told).collect()
}
