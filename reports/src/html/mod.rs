//! The report as one HTML file: opens from disk without a network and reads with scripts off.
//!
//! Knows the page and its parts. Must never put text into it unescaped: the template escapes every value; the
//! only markup made here is `<code>` around what stands between backticks, itself escaped, and the data island, which is
//! JSON without a letter that could end it.

mod anchor;
mod cards;
mod drawing;
mod finding;
mod island;
mod kills;
mod model;
mod rules;
mod table;

use std::fmt::Write as _;

use bufcheck_model::report::Report;
use bufcheck_model::selftest::Matrix;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context, escape_formatter};

use crate::verdict::spans;
use crate::words::visible;

const NAME: &str = "page.html";

/// What both pages show of a kill matrix.
const KILLS: &str = "kills.html";

/// Renders the page.
///
/// # Panics
///
/// Never: the template is part of the program and tested with every kind of report.
pub fn render(report: &Report) -> String {
    let page = context! {
        style => include_str!("page.css"),
        script => tight(include_str!("page.js")),
        selftest => kill_matrices(&report.selftest),
        selftest_passes => report.selftest.iter().all(Matrix::passes),
        ..Value::from(Serde(model::page(report)))
    };
    fill(include_str!("page.html"), page)
}

/// Renders the kill matrices of a self-test, one for each interpreter.
///
/// # Panics
///
/// Never, as [`render`].
pub fn selftest(matrices: &[Matrix]) -> String {
    let page = context! {
        style => include_str!("page.css"),
        matrices => kill_matrices(matrices),
        passes => matrices.iter().all(Matrix::passes),
    };
    fill(include_str!("selftest.html"), page)
}

/// A script without its indents and its comments, each of which has a line of its own.
fn tight(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    lines.join("\n")
}

fn kill_matrices(matrices: &[Matrix]) -> Vec<Value> {
    let pages = matrices.iter().map(kills::page);
    pages.map(Serde).map(Value::from).collect()
}

/// Fills a template; every value in it is escaped.
pub(crate) fn fill(template: &'static str, page: Value) -> String {
    let mut environment = Environment::new();
    environment.add_filter("prose", prose);
    environment.add_filter("inner", |text: &str| {
        Value::from_safe_string(inner(&visible(text)))
    });
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => Ok(out.write_str(&escaped(&visible(text)))?),
        _ => escape_formatter(out, state, value),
    });
    // The ending of the name turns escaping on; line ends of tags are dropped to keep the file small.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.expect("the usual delimiters do not clash"));
    for (name, template) in [(KILLS, include_str!("kills.html")), (NAME, template)] {
        environment
            .add_template(name, template)
            .expect("the template is well-formed");
    }
    let template = environment
        .get_template(NAME)
        .expect("the template was just added");
    template.render(page).expect("the template fits the model")
}

/// Text that is no markup, in an element or between quotes. (The engine's own escape writes five letters for each `/`,
/// of which addresses and scripts are full.)
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#x27;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Text that is no markup in an element, and never stands between quotes: of a program half the letters that need an
/// escape are quotes.
fn inner(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Text with what stands between backticks as code, in an element.
fn prose(text: &str) -> Value {
    let mut safe = String::with_capacity(text.len());
    for (code, part) in spans(&visible(text)) {
        let part = inner(part);
        let _ = if code {
            write!(safe, "<code>{part}</code>")
        } else {
            write!(safe, "{part}")
        };
    }
    Value::from_safe_string(safe)
}
