//! Which exporter works with which consumer, in words and as tables.
//!
//! Knows the shape of the table. Must never know how a pair was tried.

mod html;
mod markdown;
mod said;
mod terminal;

pub use html::html;
pub use markdown::markdown;
pub use terminal::terminal;

use bufcheck_model::compat::Compat;

/// As JSON, in the published schema.
///
/// # Panics
///
/// Never: every key is a string.
pub fn json(table: &Compat) -> String {
    let mut text = serde_json::to_string_pretty(table).expect("every key is a string");
    text.push('\n');
    text
}
