//! What is wanted of comparisons and hashes.
//!
//! Knows library/stdtypes.html#memoryview.__eq__ and the text about hashes. Must never know how a memoryview is made.

use bufcheck_model::interpreter::{Mode, Object, View, Wants};
use bufcheck_protocol::format::{Format, Platform};

use super::copy::exporter;
use super::index::{gives, raises};
use super::items::Items;
use super::value::{equal, read};

/// `view == object`: equal shapes, and equal values of all items by the struct module's reading of both formats.
pub(super) fn equals(view: &View, items: &Items, object: &Object, platform: Platform) -> Option<Wants> {
    let (other, mode) = exporter(object)?;
    if !matches!(mode, Mode::Strict | Mode::Full) {
        return None;
    }
    let others = Items::of(other)?;
    if items.layout.shape() != others.layout.shape() {
        // Which shapes without items are equivalent is not said.
        let either = items.layout.is_empty() && others.layout.is_empty();
        return (!either).then(|| gives("False"));
    }
    let formats = [view, other].map(|view| view.format.as_deref().unwrap_or("B"));
    let known =
        |format: &&str| Format::parse(format).is_ok_and(|format| format.struct_module_accepts(&platform));
    if !formats.iter().all(known) {
        return Some(gives("False"));
    }
    let count = usize::try_from(items.layout.count()).ok()?;
    let mut all = true;
    for nth in 0..count {
        let one = read(formats[0], items.item(nth)?, platform)?;
        let two = read(formats[1], others.item(nth)?, platform)?;
        all &= equal(&one, &two);
    }
    Some(gives(if all { "True" } else { "False" }))
}

/// `hash(view)`: that of the bytes, of one axis of bytes that nobody may write; else there is none.
pub(super) fn hash(view: &View) -> Option<Wants> {
    let format = view.format.as_deref().unwrap_or("B");
    if view.readonly == 0 {
        return Some(raises("ValueError"));
    }
    if !matches!(format, "B" | "b" | "c") {
        // Nothing says whether `@B` is the same format.
        return (!format.starts_with('@')).then(|| raises("ValueError"));
    }
    (view.ndim() == 1).then(|| gives(true))
}
