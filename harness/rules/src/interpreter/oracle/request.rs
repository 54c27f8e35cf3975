//! What is wanted of a request that goes through the interpreter.
//!
//! Knows that it hands on what it is given, both ways. Must never know what an exporter ought to grant: ours grant what
//! their memory meets.

use bufcheck_model::interpreter::{Fact, Mode, Object, Value, Wants};
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::{Flaw, Request};

use super::copy::{exporter, refusal};

/// `PyObject_GetBuffer` and `PyBuffer_Release` (c-api/buffer.html#c.PyObject_GetBuffer).
pub(super) fn get(object: &Object, flags: i32, releases: u32, pending: bool) -> Option<Wants> {
    let (view, mode) = exporter(object)?;
    let Object::Exporter { no_release, .. } = object else {
        return None;
    };
    let request = Request::new(flags);
    if request.flaws().contains(&Flaw::ReadOrWrite) {
        return None;
    }
    let meets = native_meets(request, view.layout().ok()?.class());
    let writable = view.readonly == 0 || !request.wants_writable();
    let granted = match mode {
        Mode::Full => true,
        Mode::Refuse | Mode::RefuseValue => false,
        Mode::Strict | Mode::WritableWhenAsked | Mode::Redirect => meets && writable,
    };
    let word = request.hex();
    let verdict = if granted { "granted" } else { "refused" };
    let mut log = match mode {
        Mode::Redirect => format!("get {word} handed on; root get {word} {verdict}"),
        _ => format!("get {word} {verdict}"),
    };
    if !granted {
        let raises = refusal(mode).unwrap_or("BufferError");
        return Some(Wants::from([
            (Fact::Returns, (-1).into()),
            (Fact::Raises, raises.into()),
            (Fact::Obj, "null".into()),
            (Fact::Log, log.into()),
        ]));
    }
    if !no_release && releases > 0 {
        log += if mode == Mode::Redirect {
            "; root release"
        } else {
            "; release"
        };
    }
    let all = mode == Mode::Full;
    let array = |array: &Option<Vec<i64>>, asked: bool| array.clone().filter(|_| asked || all);
    let hides = mode == Mode::WritableWhenAsked && !request.wants_writable();
    let format = view.format.clone().filter(|_| request.wants_format() || all);
    let mut wants = Wants::from([
        (Fact::Returns, 0.into()),
        (Fact::Raises, Value::Null.into()),
        (
            Fact::Obj,
            if mode == Mode::Redirect {
                "root"
            } else {
                "exporter"
            }
            .into(),
        ),
        (Fact::Buf, i64::try_from(view.start).ok()?.into()),
        (Fact::Len, view.len().into()),
        (Fact::Itemsize, view.itemsize.into()),
        (Fact::Readonly, if hides { 1 } else { view.readonly }.into()),
        (Fact::Ndim, view.ndim().into()),
        (Fact::Format, format.into()),
        (Fact::Shape, array(&view.shape, request.wants_shape()).into()),
        (
            Fact::Strides,
            array(&view.strides, request.wants_strides()).into(),
        ),
        (
            Fact::Suboffsets,
            array(&view.suboffsets, request.takes_suboffsets()).into(),
        ),
        (Fact::Internal, "set".into()),
        (Fact::Log, log.into()),
    ]);
    if releases > 0 {
        wants.extend([(Fact::ObjAfter, "null".into()), (Fact::FieldsAfter, true.into())]);
    }
    if mode != Mode::Redirect {
        wants.insert(Fact::References, 1.into());
        if releases > 0 {
            wants.insert(Fact::ReferencesAfter, 0.into());
        }
    }
    if pending {
        wants.insert(Fact::Pending, "LookupError".into());
    }
    Some(wants)
}
