//! Copying from one object to another.
//!
//! Knows `PyObject_CopyData`. Must never know which bytes go where.

use bufcheck_model::interpreter::{Fact, Facts, Object};
use pyo3::prelude::*;

use super::super::given::{Given, new_log, note_log};
use super::super::raised;
use super::super::room::Room;
use super::super::table::Table;
use super::seen::{Seen, there};

/// `PyObject_CopyData`.
pub(super) fn copy_data(
    py: Python<'_>,
    destination: &Object,
    source: &Object,
    table: Table,
    room: &mut Room,
) -> Seen {
    let copy_data = there(table.copy_data, "PyObject_CopyData")?;
    let log = new_log();
    let to = Given::new(py, (destination, "destination"), &mut room.memory, table, &log)?;
    let from = Given::new(py, (source, "source"), &mut room.other, table, &log)?;
    // SAFETY: two objects that live across the call.
    let returned = unsafe { copy_data(to.object.as_ptr(), from.object.as_ptr()) };
    let mut facts = Facts::from([(Fact::Returns, returned.into())]);
    raised::note(py, &mut facts);
    to.note_memory(&room.memory, &mut facts);
    note_log(&log, &mut facts);
    Ok(facts)
}
