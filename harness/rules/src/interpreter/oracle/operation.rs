//! What is wanted of the methods of a memoryview.
//!
//! Knows them by library/stdtypes.html#memoryview. Must never know how a memoryview is made.

use bufcheck_model::interpreter::{Fact, Operation, Value, View, Wants, hex};
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::layout::Order;

use super::attributes::attributes;
use super::items::Items;
use super::view::order;
use super::{assign, cast, compare, index};

/// What is done with a memoryview of a view.
pub(super) fn operation(
    view: &View,
    items: &Items,
    what: &Operation,
    base: &str,
    platform: Platform,
) -> Option<Wants> {
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
        Operation::Tolist => index::tolist(items, format, platform),
        Operation::Index(key) => index::index(items, format, key, platform),
        Operation::Slice(by) => {
            if view.ndim() == 0 {
                return Some(index::raises("*"));
            }
            let cut = index::cut(view, *by)?;
            let left = Items::of(&cut)?;
            let bytes = left.bytes(Order::C);
            Some(attributes(&left.layout, format, view.readonly != 0, &bytes, base))
        }
        Operation::Assign(item) => assign::item(view, items, item, platform),
        Operation::AssignSlice { cut, object } => assign::slice(view, items, *cut, object),
        Operation::Equals(object) => compare::equals(view, items, object, platform),
        Operation::Hash => compare::hash(view),
        Operation::Cast { format, shape } => {
            cast::cast((view, items), (format, shape.as_deref()), base, platform)
        }
        Operation::Attributes => None,
    }
}
