//! Functions that look at a struct and return a number.
//!
//! Knows `PyBuffer_SizeFromFormat`, `PyBuffer_IsContiguous` and `PyBuffer_GetPointer`. Must never know an answer.

use std::ffi::CString;

use bufcheck_model::interpreter::{Fact, Facts, View};

use super::super::bare::Bare;
use super::super::room::{Room, words};
use super::super::table::Table;
use super::seen::{Seen, letter, there};

/// `PyBuffer_SizeFromFormat`.
pub(super) fn size_from_format(format: &str, table: Table) -> Seen {
    let size = there(table.size_from_format, "PyBuffer_SizeFromFormat")?;
    let format = CString::new(format).map_err(|_| "the format holds a NUL".to_owned())?;
    // SAFETY: a NUL-terminated string that lives across the call, in a thread that is attached.
    let size = unsafe { size(format.as_ptr()) };
    Ok(Facts::from([(Fact::Returns, (size as i64).into())]))
}

/// `PyBuffer_IsContiguous`.
pub(super) fn is_contiguous(view: &View, order: char, table: Table, room: &mut Room) -> Seen {
    let is_contiguous = there(table.is_contiguous, "PyBuffer_IsContiguous")?;
    let order = letter(order)?;
    let bare = Bare::new(room, view)?;
    // SAFETY: a whole struct over memory of ours, which lives across the call.
    let found = unsafe { is_contiguous(bare.view, order) };
    Ok(Facts::from([(Fact::Returns, found.into())]))
}

/// `PyBuffer_GetPointer`.
pub(super) fn get_pointer(view: &View, indices: &[i64], table: Table, room: &mut Room) -> Seen {
    let get_pointer = there(table.get_pointer, "PyBuffer_GetPointer")?;
    let bare = Bare::new(room, view)?;
    let indices = words(indices);
    let indices = room.other.put(&indices).cast();
    // SAFETY: as above, with one index an axis in memory that lives across the call.
    let found = unsafe { get_pointer(bare.view, indices) };
    let offset = (found as i64).wrapping_sub(room.memory.at() as i64);
    Ok(Facts::from([(Fact::Offset, offset.into())]))
}
