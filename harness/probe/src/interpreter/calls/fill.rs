//! Functions that fill something in for exporters.
//!
//! Knows `PyBuffer_FillContiguousStrides` and `PyBuffer_FillInfo`. Must never know what belongs there.

use std::ptr;

use bufcheck_model::interpreter::{Fact, Facts, Place};
use pyo3::prelude::*;

use super::super::given::Given;
use super::super::raised;
use super::super::room::{Room, numbers, words};
use super::super::table::Table;
use super::request::{Struct, Times, asked};
use super::seen::{Seen, length, letter, there};

/// What strides are before they are filled in.
const BLANK: i64 = -0x5a5a;

/// `PyBuffer_FillContiguousStrides`.
pub(super) fn strides(shape: &[i64], itemsize: i32, order: char, table: Table, room: &mut Room) -> Seen {
    let fill = there(table.fill_strides, "PyBuffer_FillContiguousStrides")?;
    let order = letter(order)?;
    let axes = shape.len();
    let ndim = i32::try_from(axes).ok().filter(|axes| *axes <= 64);
    let ndim = ndim.ok_or_else(|| "there are more than 64 axes".to_owned())?;
    let extents = room.arrays[0].put(&words(shape)).cast();
    let strides = room.arrays[1].put(&words(&vec![BLANK; axes])).cast();
    // SAFETY: two arrays of one number an axis, which live across the call.
    unsafe { fill(ndim, extents, strides, itemsize, order) };
    // SAFETY: the array is as long, and lies in the room.
    let found = unsafe { numbers(strides, axes) };
    Ok(Facts::from([(Fact::Strides, found.into())]))
}

/// `PyBuffer_FillInfo`.
pub(super) fn info(
    py: Python<'_>,
    (len, readonly, flags): (i64, i32, i32),
    place: Place,
    table: Table,
    room: &mut Room,
) -> Seen {
    let fill_info = there(table.fill_info, "PyBuffer_FillInfo")?;
    let (told, bytes) = length(len)?;
    let memory = room.memory.put(&vec![0x11; bytes]);
    match place {
        Place::Direct => {
            let view = Struct::poisoned(room);
            // SAFETY: a struct that may be written and memory as long as is told; without an exporter no reference is
            // taken, so that nothing has to be released.
            let returned =
                unsafe { fill_info(view.at, ptr::null_mut(), memory.cast(), told, readonly, flags) };
            let mut facts = Facts::from([(Fact::Returns, returned.into())]);
            raised::note(py, &mut facts);
            view.note(
                returned == 0,
                room,
                |object| if object.is_null() { "null" } else { "other" },
                &mut facts,
            );
            Ok(facts)
        }
        Place::Slot => {
            let given = Given::filling(py, (memory, told, readonly), table)?;
            asked(py, &given, flags, Times::ONCE, table, room)
        }
    }
}
