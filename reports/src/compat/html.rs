//! The table as one HTML file, with the reason of each cell in words.
//!
//! Knows the page. Must never put text into it unescaped: the template escapes every value.

use bufcheck_model::compat::{Compat, Verdict};
use minijinja::{AutoEscape, Environment, Value, context};

use super::said::{content, sums, unexpected};
use crate::words::visible;

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
                id => visible(&column.id),
                content => visible(&content(column)),
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
                        exporter => visible(&column.id),
                        words => cell.verdict.words(),
                        reason => visible(&cell.reason),
                        expected => expected.map(Verdict::words),
                    }
                })
                .collect();
            context! {
                id => visible(&row.id),
                call => visible(&row.call),
                asks => row.asks.join(", "),
                sums => sums(row.cells.iter(), "exporter", "exporters"),
                reason => row.reason.as_deref().map(visible),
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
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .render_str(include_str!("page.html"), page)
        .expect("the template is sound")
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
