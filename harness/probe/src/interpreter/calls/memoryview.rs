//! Making memoryviews.
//!
//! Knows the four functions that make one. Must never know what a memoryview ought to be.

use bufcheck_model::interpreter::{Facts, Make, Operation, Permission};
use pyo3::ffi::PyObject;
use pyo3::prelude::*;

use super::super::bare::Bare;
use super::super::given::{Given, new_log};
use super::super::raised;
use super::super::room::Room;
use super::super::table::Table;
use super::operation::operate;
use super::seen::{Seen, letter, there};

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
