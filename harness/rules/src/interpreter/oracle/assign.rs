//! What is wanted of assignments to a memoryview.
//!
//! Knows library/stdtypes.html#memoryview: one item, or a slice of one axis. Must never know how a memoryview is made.

use bufcheck_model::interpreter::{Fact, Item, Object, Value, View, Wants, hex};
use bufcheck_model::reference::Slice;
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::layout::Order;

use super::copy::exporter;
use super::index::{Place, cut, place};
use super::items::Items;
use super::value::write;

/// `view[key] = value`: the item is written, or nothing is.
pub(super) fn item(view: &View, items: &Items, item: &Item, platform: Platform) -> Option<Wants> {
    if view.readonly != 0 {
        return Some(refused(view, items, "TypeError"));
    }
    let format = view.format.as_deref().unwrap_or("B");
    let nth = match place(items, &item.key) {
        Place::At(nth) => nth,
        Place::Outside => return Some(refused(view, items, "IndexError")),
        Place::OtherAxes => return Some(refused(view, items, "*")),
    };
    let Some(bytes) = write(format, &item.value, platform) else {
        return Some(refused(view, items, "*"));
    };
    let at = items.places(Order::C).get(nth)?.clone();
    let mut memory = items.memory.clone();
    memory.get_mut(at)?.copy_from_slice(&bytes);
    Some(done(view, &memory))
}

/// `view[start:stop:step] = object`: formats and shapes must be equal, else `ValueError`.
pub(super) fn slice(view: &View, items: &Items, by: Slice, object: &Object) -> Option<Wants> {
    let (from, _) = exporter(object)?;
    if view.readonly != 0 {
        return Some(refused(view, items, "TypeError"));
    }
    if view.ndim() != 1 {
        return None;
    }
    let to = cut(view, by)?;
    if to.format != from.format || to.itemsize != from.itemsize || to.shape != from.shape {
        return Some(refused(view, items, "ValueError"));
    }
    let left = Items::of(&to)?;
    if left.overlap() {
        return None;
    }
    let bytes = Items::of(from)?.bytes(Order::C);
    Some(done(view, &left.written(Order::C, &bytes)))
}

fn refused(view: &View, items: &Items, name: &str) -> Wants {
    let mut wants = done(view, &items.memory);
    wants.insert(Fact::Raises, name.into());
    wants
}

fn done(view: &View, memory: &[u8]) -> Wants {
    Wants::from([
        (Fact::Raises, Value::Null.into()),
        (Fact::Memory, hex(&view.without_pointers(memory, memory).0).into()),
        (Fact::PointersKept, true.into()),
    ])
}
