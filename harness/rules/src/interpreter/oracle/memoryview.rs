//! What is wanted of a memoryview, however it is made.
//!
//! Knows its attributes out of the view behind it. Must never know its methods: see `operation`.

use bufcheck_model::interpreter::{Fact, Make, Mode, Object, Operation, Permission, View, Wants};
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::layout::{Layout, Order};

use super::attributes::attributes;
use super::copy::{exporter, refusal};
use super::items::Items;
use super::operation::operation;
use super::view::order;

/// The four ways to make a memoryview (c-api/memoryview.html), and what is done with it.
pub(super) fn memoryview(of: &Make, what: &Operation, platform: Platform) -> Option<Wants> {
    match of {
        Make::Object(object) => from_object(object, what, platform),
        Make::Memory { size, permission } => {
            let view = View {
                size: *size,
                itemsize: 1,
                format: Some("B".into()),
                shape: Some(vec![i64::try_from(*size).ok()?]),
                readonly: i32::from(*permission == Permission::Read),
                ..View::default()
            };
            of_view(&view, "null", what, platform)
        }
        Make::Buffer(view) => of_view(view, "null", what, platform),
        Make::Granted(object) => granted(object, what, platform),
        Make::Contiguous {
            object,
            permission,
            order,
        } => contiguous(object, *permission, *order, what),
    }
}

/// `FULL_RO` is asked once; what refuses it raises its own exception.
fn from_object(object: &Object, what: &Operation, platform: Platform) -> Option<Wants> {
    let (view, mode) = exporter(object)?;
    if let Some(raises) = refusal(mode) {
        return Some(Wants::from([
            (Fact::Raises, raises.into()),
            (Fact::Log, "get 0x11c refused".into()),
            (Fact::Held, 0.into()),
        ]));
    }
    if mode == Mode::WritableWhenAsked {
        // Whether it is read-only is contested: see the cases about that.
        return None;
    }
    let base = if mode == Mode::Redirect {
        "root"
    } else {
        "exporter"
    };
    let mut wants = of_view(view, base, what, platform)?;
    wants.insert(Fact::Held, 0.into());
    if *what == Operation::Attributes && mode != Mode::Redirect {
        wants.insert(Fact::Log, "get 0x11c granted; release".into());
    }
    if let Object::Exporter { no_release: true, .. } = object {
        wants.remove(&Fact::Held);
        wants.remove(&Fact::Log);
    }
    Some(wants)
}

/// What was granted stays the caller's: the memoryview of the struct owns nothing.
fn granted(object: &Object, what: &Operation, platform: Platform) -> Option<Wants> {
    let (view, mode) = exporter(object)?;
    if mode != Mode::Strict {
        return None;
    }
    let mut wants = of_view(view, "null", what, platform)?;
    wants.insert(Fact::Held, 0.into());
    wants.insert(Fact::Log, "get 0x11c granted; release".into());
    wants.insert(Fact::References, 1.into());
    wants.insert(Fact::ReferencesAfter, 0.into());
    Some(wants)
}

/// A memoryview of this view.
fn of_view(view: &View, base: &str, what: &Operation, platform: Platform) -> Option<Wants> {
    let items = Items::of(view)?;
    let format = view.format.as_deref().unwrap_or("B");
    if *what != Operation::Attributes {
        return operation(view, &items, what, base, platform);
    }
    let bytes = items.bytes(Order::C);
    Some(attributes(
        &items.layout,
        format,
        view.readonly != 0,
        &bytes,
        base,
    ))
}

/// The original memory where it is contiguous in that order, else a copy in a new bytes object; a copy cannot be
/// written through (c-api/memoryview.html#c.PyMemoryView_GetContiguous).
fn contiguous(object: &Object, permission: Permission, letter: char, what: &Operation) -> Option<Wants> {
    let (view, mode) = exporter(object)?;
    let order = order(letter).filter(|order| *order != Order::Any)?;
    if mode != Mode::Strict || *what != Operation::Attributes {
        return None;
    }
    let items = Items::of(view)?;
    let refused = Wants::from([(Fact::Raises, "BufferError".into()), (Fact::Held, 0.into())]);
    if permission == Permission::Write && view.readonly != 0 {
        return Some(refused);
    }
    let format = view.format.as_deref().unwrap_or("B");
    if items.layout.is_contiguous(order) {
        let bytes = items.bytes(Order::C);
        let mut wants = attributes(&items.layout, format, view.readonly != 0, &bytes, "exporter");
        wants.insert(Fact::Held, 0.into());
        return Some(wants);
    }
    if permission == Permission::Write {
        return Some(refused);
    }
    let shape: Vec<i64> = view.shape.clone().unwrap_or_default();
    let strides = match order {
        Order::F => Layout::strides_f(view.itemsize, &shape),
        Order::C | Order::Any => Layout::strides_c(view.itemsize, &shape),
    };
    let copy = Layout::new(view.itemsize, &shape, Some(&strides.ok()?), None).ok()?;
    let mut wants = attributes(&copy, format, true, &items.bytes(Order::C), "bytes");
    wants.insert(Fact::Held, 0.into());
    wants.insert(Fact::Log, "get 0x11c granted; release".into());
    Some(wants)
}
