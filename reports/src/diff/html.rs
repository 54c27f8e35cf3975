//! A comparison as one HTML page.
//!
//! Knows the template. Must never put text into it unescaped: the template escapes every value.

use bufcheck_model::report::Comparison;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{rows, sums};
use crate::html::fill;

/// Renders a comparison.
///
/// # Panics
///
/// Never: the template is part of the program, and tested.
pub fn html(comparison: &Comparison) -> String {
    let rows: Vec<Value> = rows(comparison)
        .into_iter()
        .map(|row| Value::from(Serde(row)))
        .collect();
    let page = context! {
        style => include_str!("../html/page.css"),
        sums => sums(comparison),
        rows => rows,
    };
    fill(include_str!("page.html"), page)
}
