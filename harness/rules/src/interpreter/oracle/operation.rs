//! What is wanted of the methods of a memoryview.
//!
//! Knows them by library/stdtypes.html#memoryview. Must never know how a memoryview is made.

use bufcheck_model::interpreter::{Fact, Operation, Value, View, Wants, hex};
use bufcheck_protocol::layout::Order;

use super::attributes::attributes;
use super::items::Items;
use super::view::order;

/// What is done with a memoryview of a view.
pub(super) fn operation(view: &View, items: &Items, what: &Operation, base: &str) -> Option<Wants> {
    let content = |bytes: &[u8]| {
        Wants::from([
            (Fact::Raises, Value::Null.into()),
            (Fact::Content, hex(bytes).into()),
        ])
    };
    let format = view.format.as_deref().unwrap_or("B");
    match what {
        Operation::Tobytes { order: None } | Operation::Hex => Some(content(&items.bytes(Order::C))),
        Operation::Tobytes { order: Some(letter) } => Some(content(&items.bytes(order(*letter)?))),
        Operation::Toreadonly => {
            let bytes = items.bytes(Order::C);
            Some(attributes(&items.layout, format, true, &bytes, base))
        }
        _ => None,
    }
}
