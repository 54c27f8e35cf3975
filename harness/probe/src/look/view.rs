//! From what was seen to what is recorded.
//!
//! Knows every field of an observation. Must never know how it was obtained, or what it means.

use std::fmt::Write as _;

use bufcheck_model::observation::{Array, Field, FieldSet, ObjRef, Text, View};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::look::asked::{Asked, Holder};
use crate::look::object::owner;
use crate::look::raised::Exception;
use crate::look::reader::Ending;
use crate::look::seen::{Place, Seen};

/// Writes down a granted view, an untouched field as 0; what happens to it later is still missing.
pub(crate) fn view(py: Python<'_>, seen: &Seen, raised: Option<&mut Exception<'_>>) -> View {
    let raw = &seen.asked.raw;
    let untouched = seen.untouched;
    let kept = |field, value: i64| if untouched.contains(field) { 0 } else { value };
    // Before the exception, whose description may run code of the exporter.
    let obj = obj_ref(py, &seen.asked);
    View {
        returned: seen.asked.returned,
        raised: raised.map(Exception::describe),
        untouched,
        buf: if untouched.contains(Field::Buf) {
            0
        } else {
            raw.buf as u64
        },
        obj,
        len: kept(Field::Len, raw.len as i64),
        itemsize: kept(Field::Itemsize, raw.itemsize as i64),
        readonly: if untouched.contains(Field::Readonly) {
            0
        } else {
            raw.readonly
        },
        ndim: if untouched.contains(Field::Ndim) {
            0
        } else {
            raw.ndim
        },
        format: text_of(seen.ending, &seen.format, seen.asked.raw.format as u64),
        shape: array(seen, 0),
        strides: array(seen, 1),
        suboffsets: array(seen, 2),
        changed: FieldSet::EMPTY,
        overrun: false,
        unreleased: false,
        raised_by_release: None,
        references: None,
        obj_references: None,
        content: None,
    }
}

/// Writes down what `obj` is, as it was found right before.
pub(crate) fn obj_ref(py: Python<'_>, asked: &Asked) -> ObjRef {
    match asked.holder {
        Holder::Null => ObjRef::Null,
        Holder::Untouched => ObjRef::Untouched,
        Holder::Exporter => ObjRef::Exporter,
        // SAFETY: it was found to be an object, and no code of the exporter has run since.
        Holder::Other => ObjRef::Other(unsafe { owner(py, asked.raw.obj.cast::<ffi::PyObject>()) }),
        Holder::Stray => ObjRef::Stray(asked.raw.obj as u64),
    }
}

fn array(seen: &Seen, which: usize) -> Array {
    let numbers = || seen.array(which).iter().map(|number| *number as i64).collect();
    match seen.places[which] {
        Place::Null => Array::Null,
        Place::Unreadable => Array::Unreadable(seen.pointer(which) as u64),
        Place::Unread => Array::Unread(seen.pointer(which) as u64),
        Place::InView => Array::InView(numbers()),
        Place::OnStack => Array::OnStack(numbers()),
        Place::Elsewhere => Array::Elsewhere(numbers()),
    }
}

/// What stands at the address of a format.
pub(crate) fn text_of(ending: Ending, bytes: &[u8], address: u64) -> Text {
    match ending {
        Ending::Null => Text::Null,
        Ending::Unreadable => Text::Unreadable(address),
        Ending::Unterminated => Text::Unterminated(escape(bytes)),
        Ending::Terminated => match String::from_utf8(bytes.to_vec()) {
            Ok(text) if text.is_ascii() => Text::Ascii(text),
            _ => Text::Bytes(escape(bytes)),
        },
    }
}

/// Bytes as ASCII text: what is no printable ASCII character is written `\xNN`.
fn escape(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if matches!(byte, b' '..=b'~') {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "\\x{byte:02x}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_escaped() {
        assert_eq!(escape(b"T{<i:\xc3\xa4:}\0"), r"T{<i:\xc3\xa4:}\x00");
    }
}
