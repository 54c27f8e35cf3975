//! What is wanted of functions that fill something in for exporters.
//!
//! Knows strides of contiguous memory and the fields of plain bytes. Must never know layouts beyond them.

use bufcheck_model::interpreter::{Fact, Place, Value, Wants};
use bufcheck_protocol::layout::Layout;
use bufcheck_protocol::request::{Flaw, Request};

/// `PyBuffer_FillContiguousStrides`: byte strides of C or Fortran order
/// (c-api/buffer.html#c.PyBuffer_FillContiguousStrides).
pub(super) fn strides(shape: &[i64], itemsize: i32, letter: char) -> Option<Wants> {
    let strides = match letter {
        'F' => Layout::strides_f(itemsize.into(), shape),
        // The header: "Fortran-style if fort is 'F' or C-style otherwise".
        _ => Layout::strides_c(itemsize.into(), shape),
    };
    Some(Wants::from([
        (Fact::Strides, strides.ok()?.into()),
        (Fact::Raises, Value::Null.into()),
    ]))
}

/// `PyBuffer_FillInfo`: one axis of single bytes, as far as the flags ask, unless WRITABLE is asked of memory that is
/// read-only (c-api/buffer.html#c.PyBuffer_FillInfo).
pub(super) fn info(len: i64, readonly: i32, flags: i32, place: Place) -> Option<Wants> {
    let request = Request::new(flags);
    // What becomes of a format without a shape is nowhere said; 0x100 and 0x200 alone are not for exporters.
    if request
        .flaws()
        .iter()
        .any(|flaw| matches!(flaw, Flaw::FormatWithoutShape | Flaw::ReadOrWrite))
    {
        return None;
    }
    if readonly != 0 && request.wants_writable() {
        return Some(Wants::from([
            (Fact::Returns, (-1).into()),
            (Fact::Raises, "BufferError".into()),
        ]));
    }
    let obj = match place {
        Place::Direct => "null",
        Place::Slot => "exporter",
    };
    let array = |asked: bool, value: i64| if asked { vec![value].into() } else { Value::Null };
    let mut wants = Wants::from([
        (Fact::Returns, 0.into()),
        (Fact::Raises, Value::Null.into()),
        (Fact::Obj, obj.into()),
        (Fact::Buf, 0.into()),
        (Fact::Len, len.into()),
        (Fact::Itemsize, 1.into()),
        (Fact::Readonly, readonly.into()),
        (Fact::Ndim, 1.into()),
        (
            Fact::Format,
            request
                .wants_format()
                .then_some("B")
                .map_or(Value::Null, Value::from)
                .into(),
        ),
        (Fact::Shape, array(request.wants_shape(), len).into()),
        (Fact::Strides, array(request.wants_strides(), 1).into()),
        (Fact::Suboffsets, Value::Null.into()),
        (Fact::Internal, "null".into()),
    ]);
    if place == Place::Slot {
        wants.extend([
            (Fact::References, 1.into()),
            (Fact::ReferencesAfter, 0.into()),
            (Fact::ObjAfter, "null".into()),
            (Fact::FieldsAfter, true.into()),
            (Fact::Held, 0.into()),
        ]);
    }
    Some(wants)
}
