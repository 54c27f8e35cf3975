//! Which exporter works with which consumer: the contract of `bufcheck compat --json`.
//!
//! Knows what came of each pair, and what was expected of it. Must never know how a pair is tried, nor how a table looks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Interpreter, Tool};
use crate::spy::Measured;

/// The version of the shape.
pub const SCHEMA: u32 = 1;

/// Everything that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compat {
    /// The version of this shape.
    pub schema: u32,
    /// The program.
    pub tool: Tool,
    /// The interpreter that it ran in.
    pub interpreter: Interpreter,
    /// The exporters, as columns.
    pub exporters: Vec<Column>,
    /// The consumers, as rows.
    pub consumers: Vec<Row>,
}

/// An exporter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its id.
    pub id: String,
    /// The name of its type, where it was made.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub type_name: String,
    /// What it shows, where it shows anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Measured>,
}

/// A consumer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// How it is called.
    pub call: String,
    /// What it asked spies for, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<String>,
    /// One cell an exporter, in their order; none where it was not tried.
    pub cells: Vec<Cell>,
    /// Why it was not tried, or not to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What came of one pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// What.
    pub verdict: Verdict,
    /// Why, in words; empty where it works.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What follows from the requests that spies recorded and from the answers of the exporter to them; absent where no
    /// spy is like the exporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Verdict>,
}

impl Cell {
    /// Whether something else came of it than the data says.
    pub fn is_unexpected(&self) -> bool {
        self.verdict.is_tried() && self.expected.is_some_and(|expected| expected != self.verdict)
    }
}

/// What comes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The result is that of a plain buffer with the same content.
    Works,
    /// The result is another, and that of a memoryview of the exporter is right: it is taken for what else it is.
    Otherwise,
    /// The exporter refuses what the consumer asks.
    ExporterRefuses,
    /// The consumer raises, though its requests are granted.
    ConsumerRefuses,
    /// The result is another than that of a plain buffer with the same content.
    Wrong,
    /// The process ended.
    Died,
    /// The call did not come back.
    Hung,
    /// It was not tried.
    NotTried,
}

impl Verdict {
    /// All, the best first.
    pub const ALL: [Self; 8] = [
        Self::Works,
        Self::Otherwise,
        Self::ExporterRefuses,
        Self::ConsumerRefuses,
        Self::Wrong,
        Self::Died,
        Self::Hung,
        Self::NotTried,
    ];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Otherwise => "taken for something else",
            Self::ExporterRefuses => "refused by the exporter",
            Self::ConsumerRefuses => "refused by the consumer",
            Self::Wrong => "wrong result",
            Self::Died => "ended the process",
            Self::Hung => "did not come back",
            Self::NotTried => "not tried",
        }
    }

    /// One sign for a table.
    pub const fn sign(self) -> char {
        match self {
            Self::Works => '+',
            Self::Otherwise => '~',
            Self::ExporterRefuses => 'e',
            Self::ConsumerRefuses => 'c',
            Self::Wrong => 'W',
            Self::Died => 'D',
            Self::Hung => 'H',
            Self::NotTried => '.',
        }
    }

    /// Whether somebody is harmed by it.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Wrong | Self::Died | Self::Hung)
    }

    /// Whether there was a call.
    pub const fn is_tried(self) -> bool {
        !matches!(self, Self::NotTried)
    }
}

impl Compat {
    /// How many cells came out so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cells()
            .filter(|(_, _, cell)| cell.verdict == verdict)
            .count()
    }

    /// Every cell with its consumer and its exporter.
    pub fn cells(&self) -> impl Iterator<Item = (&Row, &Column, &Cell)> {
        self.consumers.iter().flat_map(move |row| {
            let cells = row.cells.iter().zip(&self.exporters);
            cells.map(move |(cell, column)| (row, column, cell))
        })
    }
}
