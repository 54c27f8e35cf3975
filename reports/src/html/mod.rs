//! The report as one HTML file: opens from disk without a network and reads with scripts off.
//!
//! Knows the page and its parts. Must never put text into it unescaped: the template escapes every value; the
//! only markup made here is the cells of the matrix, which are chosen from a fixed list.

mod cells;
mod model;
mod rules;

use bufcheck_spec::report::Report;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

const NAME: &str = "page.html";

/// Renders the page.
///
/// # Panics
///
/// Never: the template is part of the program and tested with every kind of report.
pub fn render(report: &Report) -> String {
    let mut environment = Environment::new();
    // The ending of the name turns escaping on; line ends of tags are dropped to keep the file small.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.expect("the usual delimiters do not clash"));
    environment
        .add_template(NAME, include_str!("page.html"))
        .expect("the template is well-formed");
    let template = environment
        .get_template(NAME)
        .expect("the template was just added");
    let page = context! {
        style => include_str!("page.css"),
        script => include_str!("page.js"),
        ..Value::from(Serde(model::page(report)))
    };
    template.render(page).expect("the template fits the model")
}
