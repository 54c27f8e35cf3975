//! What is wanted of parsing an argument.
//!
//! Knows the codes for buffers (c-api/arg.html#strings-and-buffers). Must never know objects that are no exporters of
//! our own.

use bufcheck_model::interpreter::{Fact, Mode, Object, Value, Wants, hex};
use bufcheck_protocol::layout::Order;
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::Request;

use super::copy::exporter;
use super::items::Items;

/// `PyArg_Parse` with one code: `*` asks for a view, the others borrow memory of types without a release slot.
pub(super) fn parse(code: &str, object: &Object) -> Option<Wants> {
    let (view, mode) = exporter(object)?;
    let Object::Exporter { no_release, .. } = object else {
        return None;
    };
    let flags = match code {
        "y*" | "s*" | "z*" => 0,
        "w*" => 1,
        "y#" | "s#" | "z#" if *no_release => 0,
        // Whoever wants to be told when its memory is no longer used cannot lend it; `s` and `z` take no bytes at all.
        "y#" | "s#" | "z#" | "s" | "z" => return Some(refused("")),
        _ => return None,
    };
    let request = Request::new(flags);
    let meets = native_meets(request, view.layout().ok()?.class());
    let writable = view.readonly == 0 || !request.wants_writable();
    let granted = match mode {
        Mode::Strict | Mode::WritableWhenAsked => meets && writable,
        Mode::Refuse | Mode::RefuseValue => false,
        // Whether a view that breaks the request is looked at depends on the version.
        Mode::Full | Mode::Redirect => return None,
    };
    let log = format!("get {} ", request.hex());
    if !granted {
        return Some(refused(&(log + "refused")));
    }
    let star = code.ends_with('*');
    let released = if star && !no_release { "; release" } else { "" };
    let hides = mode == Mode::WritableWhenAsked && !request.wants_writable();
    let mut wants = Wants::from([
        (Fact::Returns, 1.into()),
        (Fact::Raises, Value::Null.into()),
        (Fact::Len, view.len().into()),
        (Fact::Content, hex(&Items::of(view)?.bytes(Order::C)).into()),
        (Fact::Log, (log + "granted" + released).into()),
    ]);
    if star {
        wants.extend([
            (Fact::Obj, "exporter".into()),
            (Fact::ObjAfter, "null".into()),
            (Fact::Readonly, i32::from(hides || view.readonly != 0).into()),
        ]);
    }
    Some(wants)
}

/// An exception, and this log.
fn refused(log: &str) -> Wants {
    Wants::from([
        (Fact::Returns, 0.into()),
        (Fact::Raises, "*".into()),
        (Fact::Log, log.into()),
    ])
}
