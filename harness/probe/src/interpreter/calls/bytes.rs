//! Functions that carry bytes between a view and contiguous memory.
//!
//! Knows `PyBuffer_ToContiguous` and `PyBuffer_FromContiguous`. Must never know an order's meaning.

use bufcheck_model::interpreter::{BLANK, Fact, Facts, View, carried, hex};

use super::super::bare::Bare;
use super::super::room::Room;
use super::super::table::Table;
use super::seen::{Seen, length, letter, there};

/// `PyBuffer_ToContiguous`.
pub(super) fn to_contiguous(view: &View, len: i64, order: char, table: Table, room: &mut Room) -> Seen {
    let to_contiguous = there(table.to_contiguous, "PyBuffer_ToContiguous")?;
    let (told, bytes) = length(len)?;
    let order = letter(order)?;
    let bare = Bare::new(room, view)?;
    let output = room.other.put(&vec![BLANK; bytes]);
    // SAFETY: a whole struct over memory of ours, and an output as long as the function is told.
    let returned = unsafe { to_contiguous(output.cast(), bare.view, told, order) };
    Ok(Facts::from([
        (Fact::Returns, returned.into()),
        (Fact::Output, hex(&room.other.bytes()).into()),
    ]))
}

/// `PyBuffer_FromContiguous`.
pub(super) fn from_contiguous(view: &View, len: i64, order: char, table: Table, room: &mut Room) -> Seen {
    let from_contiguous = there(table.from_contiguous, "PyBuffer_FromContiguous")?;
    let (told, bytes) = length(len)?;
    let order = letter(order)?;
    let bare = Bare::new(room, view)?;
    let input = room.other.put(&carried(bytes));
    // SAFETY: a whole struct over memory of ours, and an input as long as the function is told.
    let returned = unsafe { from_contiguous(bare.view, input.cast(), told, order) };
    let mut facts = Facts::from([(Fact::Returns, returned.into())]);
    bare.note_memory(room, view, &mut facts);
    Ok(facts)
}
