//! Asking an object for a buffer.
//!
//! Knows `PyObject_CheckBuffer`, `PyObject_GetBuffer` and `PyBuffer_Release`. Must never know what is due.

use std::ffi::CStr;
use std::mem::offset_of;

use bufcheck_model::interpreter::{Fact, Facts, Object};
use pyo3::exceptions::PyLookupError;
use pyo3::ffi::{Py_buffer, PyObject};
use pyo3::prelude::*;

use super::super::given::{Given, new_log};
use super::super::raised;
use super::super::room::{Room, numbers};
use super::super::table::Table;
use super::seen::{Seen, there};

/// What a struct is filled with before; no address of anything.
const POISON: u8 = 0x5e;

/// Axes of a view whose arrays are read.
const MAX_NDIM: i32 = 64;

/// A struct in the room of a call.
pub(super) struct Struct {
    pub(super) at: *mut Py_buffer,
}

impl Struct {
    /// A struct in which nothing stands yet.
    pub(super) fn poisoned(room: &mut Room) -> Self {
        let noise = [POISON; size_of::<Py_buffer>()];
        Self {
            at: room.fields.put(&noise).cast(),
        }
    }

    /// Its fields. A struct of plain numbers and pointers is as good as its bytes.
    pub(super) fn fields(&self) -> Py_buffer {
        // SAFETY: it lies in the room, flush against its end, so that it need not be aligned.
        unsafe { self.at.read_unaligned() }
    }

    /// Notes `obj`, and the other fields where the view was granted.
    pub(super) fn note(
        &self,
        granted: bool,
        room: &Room,
        name: impl Fn(*mut PyObject) -> &'static str,
        facts: &mut Facts,
    ) {
        let view = self.fields();
        let untouched = usize::from_ne_bytes([POISON; size_of::<usize>()]);
        let obj = if view.obj.addr() == untouched {
            "untouched"
        } else {
            name(view.obj)
        };
        facts.insert(Fact::Obj, obj.into());
        if !granted {
            return;
        }
        let axes = usize::try_from(view.ndim.clamp(0, MAX_NDIM)).unwrap_or(0);
        // SAFETY: a granted view leads to one number an axis; where it lies, the child dies of it and that is seen.
        let array = |from| unsafe { numbers(from, axes) };
        let format = (!view.format.is_null()).then(|| {
            // SAFETY: as for the arrays: a format of a granted view ends in NUL.
            unsafe { CStr::from_ptr(view.format) }
                .to_string_lossy()
                .into_owned()
        });
        let buf = (view.buf as i64).wrapping_sub(room.memory.at() as i64);
        let internal = if view.internal.is_null() { "null" } else { "set" };
        facts.extend([
            (Fact::Buf, buf.into()),
            (Fact::Len, (view.len as i64).into()),
            (Fact::Itemsize, (view.itemsize as i64).into()),
            (Fact::Readonly, view.readonly.into()),
            (Fact::Ndim, view.ndim.into()),
            (Fact::Format, format.into()),
            (Fact::Shape, array(view.shape).into()),
            (Fact::Strides, array(view.strides).into()),
            (Fact::Suboffsets, array(view.suboffsets).into()),
            (Fact::Internal, internal.into()),
        ]);
    }

    /// Its bytes, but for `obj`.
    fn but_obj(room: &Room) -> Vec<u8> {
        let mut bytes = room.fields.bytes();
        let obj = offset_of!(Py_buffer, obj);
        bytes.drain(obj..obj + size_of::<usize>());
        bytes
    }
}

/// `PyObject_CheckBuffer`.
pub(super) fn check(py: Python<'_>, object: &Object, table: Table, room: &mut Room) -> Seen {
    let check = there(table.check_buffer, "PyObject_CheckBuffer")?;
    let given = Given::new(py, (object, ""), &mut room.memory, table, &new_log())?;
    // SAFETY: an object that lives across the call.
    let found = unsafe { check(given.object.as_ptr()) };
    let mut facts = Facts::from([(Fact::Returns, found.into())]);
    raised::note(py, &mut facts);
    given.note_log(&mut facts);
    Ok(facts)
}

/// How a view is given back.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// So often.
    pub(super) releases: u32,
    /// While an exception is set.
    pub(super) pending: bool,
}

impl Times {
    /// As one does.
    pub(super) const ONCE: Self = Self {
        releases: 1,
        pending: false,
    };
}

/// `PyObject_GetBuffer`, and what is granted is given back.
pub(super) fn get(
    py: Python<'_>,
    object: &Object,
    flags: i32,
    times: Times,
    table: Table,
    room: &mut Room,
) -> Seen {
    let given = Given::new(py, (object, ""), &mut room.memory, table, &new_log())?;
    asked(py, &given, flags, times, table, room)
}

/// Asks an object, and gives back what it grants.
pub(super) fn asked(
    py: Python<'_>,
    given: &Given<'_>,
    flags: i32,
    times: Times,
    table: Table,
    room: &mut Room,
) -> Seen {
    let get = there(table.get_buffer, "PyObject_GetBuffer")?;
    let release = there(table.release, "PyBuffer_Release")?;
    let view = Struct::poisoned(room);
    // SAFETY: an object that lives across the call, and a struct that may be written.
    let returned = unsafe { get(given.object.as_ptr(), view.at, flags) };
    let mut facts = Facts::from([(Fact::Returns, returned.into())]);
    raised::note(py, &mut facts);
    let granted = returned == 0;
    view.note(granted, room, |object| given.name_of(object), &mut facts);
    if granted {
        if let (None, Some(gained)) = (&given.root, given.gained(py)) {
            facts.insert(Fact::References, gained.into());
        }
        let before = Struct::but_obj(room);
        if times.pending {
            PyLookupError::new_err("pending").restore(py);
        }
        for _ in 0..times.releases {
            // SAFETY: the view was granted; a struct that was given back has no owner, which is allowed again.
            unsafe { release(view.at) };
        }
        if times.pending {
            raised::note_as(py, Fact::Pending, &mut facts);
        }
        if let (None, Some(left), true) = (&given.root, given.gained(py), times.releases > 0) {
            facts.insert(Fact::ReferencesAfter, left.into());
        }
        facts.insert(Fact::ObjAfter, given.name_of(view.fields().obj).into());
        facts.insert(Fact::FieldsAfter, (before == Struct::but_obj(room)).into());
    }
    given.note_log(&mut facts);
    given.note_seen(&mut facts)?;
    Ok(facts)
}
