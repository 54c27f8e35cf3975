//! What is wanted of functions that carry bytes.
//!
//! Knows which item goes where in which order. Must never know who exports.

use bufcheck_model::interpreter::{BLANK, Fact, Mode, Object, Value, View, Wants, carried, hex};
use bufcheck_protocol::layout::Order;

use super::items::Items;
use super::view::order;

/// `PyBuffer_ToContiguous`: all items in the order asked, or -1 where `len` is not that of the view
/// (c-api/buffer.html#c.PyBuffer_ToContiguous). With `A` the physical bytes of contiguous memory, else C order.
pub(super) fn to_contiguous(view: &View, len: i64, letter: char) -> Option<Wants> {
    let order = order(letter)?;
    if len != view.len() {
        // An output that is too short for the view must not be written to: only the refusal is defined.
        let untouched = vec![BLANK; usize::try_from(len).unwrap_or(0)];
        return Some(Wants::from([
            (Fact::Returns, (-1).into()),
            (Fact::Raises, "*".into()),
            (Fact::Output, hex(&untouched).into()),
        ]));
    }
    Some(Wants::from([
        (Fact::Returns, 0.into()),
        (Fact::Raises, Value::Null.into()),
        (Fact::Output, hex(&Items::of(view)?.bytes(order)).into()),
    ]))
}

/// `PyBuffer_FromContiguous`: the bytes go into the items in the order asked, as far as `len` and the view reach
/// (c-api/buffer.html#c.PyBuffer_FromContiguous).
pub(super) fn from_contiguous(view: &View, len: i64, letter: char) -> Option<Wants> {
    let order = order(letter)?;
    let items = Items::of(view)?;
    if items.overlap() || view.readonly != 0 || len < 0 {
        return None;
    }
    // From 3.15 on the text names A; on other memory nothing says which order it is.
    if order == Order::Any && !items.layout.is_contiguous(Order::Any) {
        return None;
    }
    let bytes = usize::try_from(len.min(view.len())).ok()?;
    let memory = items.written(order, &carried(bytes));
    Some(Wants::from([
        (Fact::Returns, 0.into()),
        (Fact::Raises, Value::Null.into()),
        (
            Fact::Memory,
            hex(&view.without_pointers(&memory, &memory).0).into(),
        ),
        (Fact::PointersKept, true.into()),
    ]))
}

/// `PyObject_CopyData` between views of one shape and one itemsize: every item goes to the same index, and both views
/// are given back (c-api/buffer.html#c.PyObject_CopyData).
pub(super) fn copy_data(destination: &Object, source: &Object) -> Option<Wants> {
    let (Some((to, to_mode)), Some((from, from_mode))) = (exporter(destination), exporter(source)) else {
        return None;
    };
    // The destination is asked first, and for writable memory.
    let locked = (to.readonly != 0).then_some("BufferError");
    if let Some(raises) = refusal(to_mode).or(locked).or(refusal(from_mode)) {
        let memory = Items::of(to)?.memory;
        return Some(Wants::from([
            (Fact::Returns, (-1).into()),
            (Fact::Raises, raises.into()),
            (Fact::Held, 0.into()),
            (Fact::Memory, hex(&to.without_pointers(&memory, &memory).0).into()),
        ]));
    }
    if to.shape != from.shape || to.itemsize != from.itemsize {
        return None;
    }
    let (to_items, from_items) = (Items::of(to)?, Items::of(from)?);
    if to_items.overlap() {
        return None;
    }
    let memory = to_items.written(Order::C, &from_items.bytes(Order::C));
    Some(Wants::from([
        (Fact::Returns, 0.into()),
        (Fact::Raises, Value::Null.into()),
        (Fact::Memory, hex(&to.without_pointers(&memory, &memory).0).into()),
        (Fact::PointersKept, true.into()),
        (Fact::Held, 0.into()),
    ]))
}

/// What a mode raises that refuses every request.
pub(super) fn refusal(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Refuse => Some("BufferError"),
        Mode::RefuseValue => Some("ValueError"),
        Mode::Strict | Mode::Full | Mode::WritableWhenAsked | Mode::Redirect => None,
    }
}

/// The view of an exporter of our own.
pub(super) fn exporter(object: &Object) -> Option<(&View, Mode)> {
    match object {
        Object::Exporter { view, mode, .. } => Some((view, *mode)),
        Object::Python { .. } => None,
    }
}
