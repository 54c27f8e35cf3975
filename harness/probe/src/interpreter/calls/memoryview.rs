//! Making memoryviews.
//!
//! Knows the four functions that make one. Must never know what a memoryview ought to be.

use bufcheck_model::interpreter::{Fact, Facts, Make, Object, Operation, Permission};
use pyo3::ffi::PyObject;
use pyo3::prelude::*;

use super::super::bare::Bare;
use super::super::given::{Given, new_log};
use super::super::raised;
use super::super::room::Room;
use super::super::table::Table;
use super::operation::operate;
use super::request::Struct;
use super::seen::{Seen, Unseen, letter, there};

/// What is asked where a struct is wanted with all its fields.
const FULL_RO: i32 = 0x11c;

/// Makes a memoryview, does something with it, and lets go of it.
pub(super) fn memoryview(
    py: Python<'_>,
    of: &Make,
    operation: &Operation,
    table: Table,
    room: &mut Room,
) -> Seen {
    let log = new_log();
    let mut given = None;
    let view = match of {
        Make::Object(object) => {
            let from_object = there(table.from_object, "PyMemoryView_FromObject")?;
            let made = given.insert(Given::new(py, (object, ""), &mut room.memory, table, &log)?);
            // SAFETY: an object that lives across the call.
            unsafe { from_object(made.object.as_ptr()) }
        }
        Make::Contiguous {
            object,
            permission,
            order,
        } => {
            let get_contiguous = there(table.get_contiguous, "PyMemoryView_GetContiguous")?;
            let order = letter(*order)?;
            let made = given.insert(Given::new(py, (object, ""), &mut room.memory, table, &log)?);
            // SAFETY: as above.
            unsafe { get_contiguous(made.object.as_ptr(), flag(*permission), order) }
        }
        Make::Memory { size, permission } => {
            let from_memory = there(table.from_memory, "PyMemoryView_FromMemory")?;
            let bytes = bufcheck_model::interpreter::View {
                size: *size,
                ..Default::default()
            };
            let memory = room.memory.put(&bytes.bytes(0)?);
            let size = isize::try_from(*size).unwrap_or(isize::MAX);
            // SAFETY: memory of ours that outlives the memoryview.
            unsafe { from_memory(memory.cast(), size, flag(*permission)) }
        }
        Make::Granted(object) => return granted(py, object, operation, table, room),
        Make::Buffer(view) => {
            let from_buffer = there(table.from_buffer, "PyMemoryView_FromBuffer")?;
            let bare = Bare::new(room, view)?;
            // SAFETY: a whole struct over memory of ours that outlives the memoryview.
            let made = unsafe { from_buffer(bare.view) };
            bare.forget(room);
            made
        }
    };
    finish(py, view, operation, given.as_ref(), table, room)
}

/// A memoryview of the struct that an exporter filled, which stays the caller's.
fn granted(py: Python<'_>, object: &Object, operation: &Operation, table: Table, room: &mut Room) -> Seen {
    let get = there(table.get_buffer, "PyObject_GetBuffer")?;
    let release = there(table.release, "PyBuffer_Release")?;
    let from_buffer = there(table.from_buffer, "PyMemoryView_FromBuffer")?;
    let given = Given::new(py, (object, ""), &mut room.memory, table, &new_log())?;
    let view = Struct::poisoned(room);
    // SAFETY: an object that lives across the call, and a struct that may be written.
    if unsafe { get(given.object.as_ptr(), view.at, FULL_RO) } != 0 {
        return Err(Unseen::NotMade("the exporter refuses".into()));
    }
    // SAFETY: a granted view over memory that outlives the memoryview.
    let made = unsafe { from_buffer(view.at) };
    let gained = given.gained(py);
    let mut facts = finish(py, made, operation, Some(&given), table, room)?;
    // SAFETY: the view was granted, and is given back once.
    unsafe { release(view.at) };
    given.note_log(&mut facts);
    if let (Some(gained), Some(left)) = (gained, given.gained(py)) {
        facts.insert(Fact::References, gained.into());
        facts.insert(Fact::ReferencesAfter, left.into());
    }
    Ok(facts)
}

fn finish(
    py: Python<'_>,
    view: *mut PyObject,
    operation: &Operation,
    given: Option<&Given<'_>>,
    table: Table,
    room: &mut Room,
) -> Seen {
    let mut facts = Facts::new();
    raised::note(py, &mut facts);
    // SAFETY: each of the functions returns a new reference, or NULL.
    if let Some(view) = unsafe { Bound::from_owned_ptr_or_opt(py, view) } {
        operate(&view, operation, given, table, room, &mut facts)?;
    }
    if let Some(given) = given {
        given.note_log(&mut facts);
    }
    Ok(facts)
}

/// The flag for what a memoryview is wanted for.
const fn flag(permission: Permission) -> i32 {
    match permission {
        Permission::Read => 0x100,
        Permission::Write => 0x200,
    }
}
