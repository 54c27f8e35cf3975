//! Argument parsing and building of values.
//!
//! Knows `PyArg_Parse` and `Py_BuildValue` with the codes for buffers. Must never know who may be given to which.

use std::ffi::{CString, c_char};
use std::ptr;

use bufcheck_model::interpreter::{Fact, Facts, Object, hex, unhex};
use pyo3::ffi::Py_buffer;
use pyo3::prelude::*;

use super::super::given::{Given, new_log};
use super::super::raised;
use super::super::room::Room;
use super::super::table::Table;
use super::super::told::told;
use super::request::Struct;
use super::seen::{Seen, Unseen, there};

/// Bytes of an argument that are read at most; of one that is longer only the first few.
const MAX_BYTES: isize = 1 << 16;

/// So many.
const FEW: isize = 16;

/// `PyArg_Parse` with one code.
pub(super) fn parse(py: Python<'_>, code: &str, object: &Object, table: Table, room: &mut Room) -> Seen {
    let parse_view = there(table.parse_view, "PyArg_Parse")?;
    let parse_text = there(table.parse_text, "PyArg_Parse")?;
    let parse_sized = there(table.parse_sized, "PyArg_Parse")?;
    let release = there(table.release, "PyBuffer_Release")?;
    let given = Given::new(py, (object, ""), &mut room.memory, table, &new_log())?;
    let format = CString::new(code).map_err(|_| "the code holds a NUL".to_owned())?;
    let argument = given.object.as_ptr();
    let mut facts = Facts::new();
    if code.ends_with('*') {
        let view = Struct::poisoned(room);
        // SAFETY: the code fills a struct, which may be written.
        let returned = unsafe { parse_view(argument, format.as_ptr(), view.at) };
        facts.insert(Fact::Returns, returned.into());
        raised::note(py, &mut facts);
        if returned != 0 {
            let fields: Py_buffer = view.fields();
            note_bytes(fields.buf.cast(), fields.len, &mut facts);
            facts.insert(Fact::Obj, given.name_of(fields.obj).into());
            facts.insert(Fact::Readonly, i32::from(fields.readonly != 0).into());
            // SAFETY: the code has filled the struct, and leaves its release to the caller.
            unsafe { release(view.at) };
            facts.insert(Fact::ObjAfter, given.name_of(view.fields().obj).into());
        }
    } else {
        let mut start: *const c_char = ptr::null();
        let mut len: isize = -1;
        // SAFETY: the code fills a pointer, and with `#` a length behind it.
        let returned = unsafe {
            if code.ends_with('#') {
                parse_sized(argument, format.as_ptr(), &raw mut start, &raw mut len)
            } else {
                parse_text(argument, format.as_ptr(), &raw mut start)
            }
        };
        facts.insert(Fact::Returns, returned.into());
        raised::note(py, &mut facts);
        if returned != 0 {
            if !code.ends_with('#') && !start.is_null() {
                // SAFETY: what such a code gives ends in NUL; where it does not, the child dies of it and that is seen.
                len = isize::try_from(unsafe { libc::strlen(start) }).unwrap_or(isize::MAX);
            }
            note_bytes(start.cast(), len, &mut facts);
        }
    }
    given.note_log(&mut facts);
    given.note_seen(&mut facts)?;
    Ok(facts)
}

/// Notes the bytes that an argument came to.
fn note_bytes(start: *const u8, len: isize, facts: &mut Facts) {
    facts.insert(Fact::Len, (len as i64).into());
    let content = (!start.is_null() && len >= 0).then(|| {
        let read = if len > MAX_BYTES { FEW } else { len };
        // SAFETY: the parser said that so many bytes are there; where they are not, the child dies of it.
        let bytes = unsafe { std::slice::from_raw_parts(start, read.unsigned_abs()) };
        hex(bytes)
    });
    facts.insert(Fact::Content, content.into());
}

/// `Py_BuildValue` with a code that takes a length.
pub(super) fn build(
    py: Python<'_>,
    code: &str,
    data: Option<&str>,
    len: usize,
    table: Table,
    room: &mut Room,
) -> Seen {
    let build = there(table.build_sized, "Py_BuildValue")?;
    let format = CString::new(code).map_err(|_| "the code holds a NUL".to_owned())?;
    if !code.ends_with('#') {
        return Err(Unseen::NotMade("the code takes no length".into()));
    }
    let bytes = match data {
        Some(data) => Some(unhex(data).ok_or_else(|| "the data are no hexadecimal digits".to_owned())?),
        None => None,
    };
    if bytes.as_ref().is_some_and(|bytes| bytes.len() != len) {
        return Err(Unseen::NotMade("the data are not as long as is told".into()));
    }
    let start = bytes.map_or(ptr::null(), |bytes| room.memory.put(&bytes).cast_const());
    let told_len = isize::try_from(len).unwrap_or(isize::MAX);
    // SAFETY: the code takes a pointer and a length; the memory is as long, or NULL, which the code allows.
    let built = unsafe {
        let object = build(format.as_ptr(), start.cast::<c_char>(), told_len);
        Bound::from_owned_ptr_or_opt(py, object)
    };
    let mut facts = Facts::new();
    raised::note(py, &mut facts);
    if let Some(built) = built {
        let value = told(&built).map_err(|error| error.to_string())?;
        facts.insert(Fact::Value, value);
    }
    Ok(facts)
}
