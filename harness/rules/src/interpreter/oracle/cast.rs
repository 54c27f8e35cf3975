//! What is wanted of `cast`.
//!
//! Knows library/stdtypes.html#memoryview.cast. Must never know how a memoryview is made.

use bufcheck_model::interpreter::{View, Wants};
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::layout::{Layout, Order};

use super::attributes::attributes;
use super::index::raises;
use super::items::Items;
use super::value::{letter, size};

/// The same bytes under another format or shape: from one axis to C order or back, one of both formats being of bytes.
pub(super) fn cast(
    (view, items): (&View, &Items),
    (format, shape): (&str, Option<&[i64]>),
    base: &str,
    platform: Platform,
) -> Option<Wants> {
    let old = view.format.as_deref().unwrap_or("B");
    let layout = &items.layout;
    if old.starts_with('@') || shape.is_some_and(|shape| shape.contains(&0)) {
        // Whether `@B` is a byte format, and what an extent of 0 does, stands nowhere.
        return None;
    }
    let itemsize = match size(format, platform) {
        Some(itemsize) if !matches!(letter(format), Some('s' | 'p')) => itemsize,
        // Of these two the text says that they are native formats, and implementations that they are not.
        Some(_) => return None,
        None => return Some(raises("*")),
    };
    let bytes = i64::try_from(layout.size()).ok()?;
    let several = |axes: usize| axes != 1;
    let new = match shape {
        Some(shape) => shape.to_vec(),
        None => vec![bytes / itemsize],
    };
    let length = new
        .iter()
        .try_fold(itemsize, |product, extent| product.checked_mul(*extent));
    let allowed = layout.is_contiguous(Order::C)
        && (is_bytes(old) || is_bytes(format))
        && !(several(layout.ndim()) && several(new.len()))
        && new.iter().all(|extent| *extent > 0 || bytes == 0)
        && length == Some(bytes);
    if !allowed {
        return Some(raises("*"));
    }
    if bytes == 0 && layout.strides() != [view.itemsize] {
        // A view without items is contiguous whatever its steps are; what comes of a cast stands nowhere.
        return None;
    }
    let strides = Layout::strides_c(itemsize, &new).ok()?;
    let cast = Layout::new(itemsize, &new, Some(&strides), None).ok()?;
    let content = items.bytes(Order::C);
    Some(attributes(&cast, format, view.readonly != 0, &content, base))
}

/// Whether a format is one of those that the text calls byte formats.
fn is_bytes(format: &str) -> bool {
    matches!(format, "B" | "b" | "c")
}
