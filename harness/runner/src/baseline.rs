//! The record of known deviations as text: entries come and go, everything else stays as its author wrote it.
//!
//! Knows where `[[known]]` stands in `bufcheck.toml` and in `pyproject.toml`, and which records a report asks
//! for. Must never run anything, nor touch a file.

use std::collections::{BTreeMap, BTreeSet};

use bufcheck_model::case::{Known, Level};
use bufcheck_model::report::{Report, Standing};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

/// A text that cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It is no TOML.
    #[error("failed to read it as TOML: {0}")]
    Toml(#[from] toml_edit::TomlError),
    /// The records are written in another way than `[[known]]`.
    #[error("`{0}` is no array of tables: write each record as `[[{0}]]`")]
    NoTables(&'static str),
}

/// Which of the two files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `bufcheck.toml`.
    Own,
    /// `pyproject.toml`: everything stands under `tool.bufcheck`.
    Project,
}

impl Kind {
    const fn header(self) -> &'static str {
        match self {
            Self::Own => "known",
            Self::Project => "tool.bufcheck.known",
        }
    }
}

/// What a report says about a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Deviations that are not recorded, in the order of the report.
    pub add: Vec<Known>,
    /// Lines (1-based) of the records that hold no longer.
    pub remove: BTreeSet<usize>,
}

impl Changes {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// The records that would make this report one *as recorded*: the new deviations of at least this level, and
/// without those of `file` that show on none of its interpreters, have expired or match nothing.
///
/// A deviation that shows on some of the interpreters only is recorded for each of them.
pub fn changes(report: &Report, level: Level, reason: &str, file: &str) -> Changes {
    let versions: BTreeMap<&str, String> = report
        .interpreters
        .iter()
        .map(|found| (found.id.as_str(), minor(&found.version)))
        .collect();
    let mut shown: Vec<((&str, &str), BTreeSet<&str>)> = Vec::new();
    for subject in &report.subjects {
        let folded = |standing, rule| (standing == Standing::New).then_some(rule);
        for finding in &subject.findings {
            let own = (finding.level >= level)
                .then_some(folded(finding.standing, finding.rule.as_str()))
                .flatten();
            let others = finding.consequences.iter().filter(|other| other.level >= level);
            let others = others.filter_map(|other| folded(other.standing, other.rule.as_str()));
            for rule in own.into_iter().chain(others) {
                let key = (subject.id.as_str(), rule);
                match shown.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, where_)) => {
                        where_.insert(&subject.interpreter);
                    }
                    None => shown.push((key, BTreeSet::from([subject.interpreter.as_str()]))),
                }
            }
        }
    }
    let mut add = Vec::new();
    for ((subject, rule), interpreters) in shown {
        let tested = report.subjects.iter().filter(|other| other.id == subject).count();
        let record = |python| Known {
            subject: subject.to_owned(),
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            python,
            ..Known::default()
        };
        if interpreters.len() == tested {
            add.push(record(None));
        } else {
            let ranges: BTreeSet<&String> = interpreters.iter().filter_map(|id| versions.get(id)).collect();
            add.extend(ranges.into_iter().map(|range| record(Some(range.clone()))));
        }
    }
    // A record that shows on one interpreter and not on another must be narrowed by hand, not deleted.
    let mut gone: BTreeMap<usize, usize> = BTreeMap::new();
    for stale in report.stale.iter().filter(|stale| stale.file == file) {
        let Some(line) = stale.line else { continue };
        *gone.entry(line).or_default() += stale.interpreter.as_ref().map_or(usize::MAX / 2, |_| 1);
    }
    let remove = gone
        .into_iter()
        .filter(|(_, times)| *times >= report.interpreters.len().max(1));
    Changes {
        add,
        remove: remove.map(|(line, _)| line).collect(),
    }
}

/// The range of versions like this one: `==3.11.*`.
fn minor(version: &str) -> String {
    let mut parts = version.split('.');
    format!(
        "=={}.{}.*",
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default()
    )
}

/// The text with these changes made; comments and order are kept.
pub fn edit(text: &str, kind: Kind, changes: &Changes) -> Result<String, EditError> {
    let mut document: DocumentMut = text.parse()?;
    let lines = record_lines(text, kind);
    let known = records(&mut document, kind)?;
    let mut number = 0;
    known.retain(|_| {
        number += 1;
        !lines
            .get(number - 1)
            .is_some_and(|line| changes.remove.contains(line))
    });
    for record in &changes.add {
        known.push(table(record));
    }
    if known.is_empty() {
        remove(&mut document, kind);
    }
    Ok(document.to_string())
}

/// The lines (1-based) on which records begin.
pub fn record_lines(text: &str, kind: Kind) -> Vec<usize> {
    let header = format!("[[{}]]", kind.header());
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim().starts_with(&header));
    lines.map(|(number, _)| number + 1).collect()
}

fn home(document: &mut DocumentMut, kind: Kind) -> &mut Table {
    let mut table = document.as_table_mut();
    if kind == Kind::Project {
        for key in ["tool", "bufcheck"] {
            let entry = table.entry(key).or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            if !entry.is_table() {
                // An inline table has no room for records: it becomes one with a header.
                let inline = std::mem::take(entry).into_table().unwrap_or_default();
                *entry = Item::Table(inline);
            }
            let Item::Table(next) = entry else {
                unreachable!("it was just made a table")
            };
            table = next;
        }
    }
    table
}

fn records(document: &mut DocumentMut, kind: Kind) -> Result<&mut ArrayOfTables, EditError> {
    let entry = home(document, kind).entry("known");
    let item = entry.or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut()
        .ok_or(EditError::NoTables(kind.header()))
}

fn remove(document: &mut DocumentMut, kind: Kind) {
    home(document, kind).remove("known");
}

fn table(known: &Known) -> Table {
    let mut table = Table::new();
    let fields = [
        ("subject", Some(&known.subject)),
        ("rule", Some(&known.rule)),
        ("reason", Some(&known.reason)),
        ("link", known.link.as_ref()),
        ("python", known.python.as_ref()),
        ("package", known.package.as_ref()),
        ("expires", known.expires.as_ref()),
    ];
    for (key, text) in fields {
        if let Some(text) = text {
            table.insert(key, value(text.as_str()));
        }
    }
    table
}
