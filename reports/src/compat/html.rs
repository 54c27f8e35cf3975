//! The table as one HTML file, with the reason of each cell in words.
//!
//! Knows the page. Must never put text into it unescaped: the template escapes every value.

use bufcheck_model::compat::{Compat, Verdict};
use minijinja::{Value, context};

use super::said::{content, sums, unexpected};
use crate::html::fill;

/// Renders the page.
///
/// # Panics
///
/// Never: the template is part of the program and tested.
pub fn html(table: &Compat) -> String {
    let columns: Vec<Value> = table
        .exporters
        .iter()
        .enumerate()
        .map(|(number, column)| {
            let cells = table.consumers.iter().filter_map(|row| row.cells.get(number));
            context! {
                id => column.id.as_str(),
                content => content(column),
                sums => sums(cells, "consumer", "consumers"),
            }
        })
        .collect();
    let rows: Vec<Value> = table
        .consumers
        .iter()
        .map(|row| {
            let cells: Vec<Value> = row
                .cells
                .iter()
                .zip(&table.exporters)
                .map(|(cell, column)| {
                    let expected = cell.expected.filter(|_| cell.is_unexpected());
                    context! {
                        kind => kind(cell.verdict),
                        sign => cell.verdict.sign().to_string(),
                        exporter => column.id.as_str(),
                        words => cell.verdict.words(),
                        reason => cell.reason.as_str(),
                        expected => expected.map(Verdict::words),
                    }
                })
                .collect();
            context! {
                id => row.id.as_str(),
                call => row.call.as_str(),
                asks => row.asks.join(", "),
                sums => sums(row.cells.iter(), "exporter", "exporters"),
                reason => row.reason.as_deref(),
                cells => cells,
            }
        })
        .collect();
    let legend: Vec<Value> = Verdict::ALL
        .into_iter()
        .map(|verdict| {
            context! {
                kind => kind(verdict),
                sign => verdict.sign().to_string(),
                words => verdict.words(),
                count => table.count(verdict),
            }
        })
        .collect();
    let page = context! {
        interpreter => table.interpreter.id.clone(),
        version => table.tool.version.clone(),
        columns => columns,
        rows => rows,
        legend => legend,
        unexpected => unexpected(table).len(),
    };
    fill(include_str!("page.html"), page)
}

/// The class of a cell.
const fn kind(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::Otherwise => "otherwise",
        Verdict::ExporterRefuses | Verdict::ConsumerRefuses => "refused",
        Verdict::Wrong | Verdict::Died | Verdict::Hung => "bad",
        Verdict::NotTried => "untried",
    }
}
