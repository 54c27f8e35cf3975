//! One call, and what is seen of it.
//!
//! Knows which function gets which arguments. Must never know which call comes next.

mod attributes;
mod bytes;
mod copy;
mod fill;
mod memoryview;
mod operation;
mod parse;
mod python;
mod request;
mod seen;
mod view;

use bufcheck_model::interpreter::{Answer, Ask, Fact};
use pyo3::prelude::*;

use super::raised;
use super::room::Room;
use super::table::Table;
use request::Times;
use seen::Unseen;

/// Makes a call and looks at what it did.
pub(super) fn call(py: Python<'_>, ask: &Ask, table: Table, room: &mut Room) -> Answer {
    room.clear();
    let seen = match ask {
        Ask::CheckBuffer { object } => request::check(py, object, table, room),
        Ask::GetBuffer {
            object,
            flags,
            releases,
            pending,
        } => {
            let times = Times {
                releases: *releases,
                pending: *pending,
            };
            request::get(py, object, *flags, times, table, room)
        }
        Ask::SizeFromFormat { format } => view::size_from_format(format, table),
        Ask::IsContiguous { view, order } => view::is_contiguous(view, *order, table, room),
        Ask::GetPointer { view, indices } => view::get_pointer(view, indices, table, room),
        Ask::ToContiguous { view, len, order } => bytes::to_contiguous(view, *len, *order, table, room),
        Ask::FromContiguous { view, len, order } => bytes::from_contiguous(view, *len, *order, table, room),
        Ask::FillContiguousStrides {
            shape,
            itemsize,
            order,
        } => fill::strides(shape, *itemsize, *order, table, room),
        Ask::FillInfo {
            len,
            readonly,
            flags,
            place,
        } => fill::info(py, (*len, *readonly, *flags), *place, table, room),
        Ask::CopyData { destination, source } => copy::copy_data(py, destination, source, table, room),
        Ask::Memoryview { of, operation } => memoryview::memoryview(py, of, operation, table, room),
        Ask::Parse { code, object } => parse::parse(py, code, object, table, room),
        Ask::BuildValue { code, data, len } => parse::build(py, code, data.as_deref(), *len, table, room),
        Ask::Python { code } => Ok(python::run(py, code)),
    };
    match seen {
        Ok(mut facts) => {
            if !facts.contains_key(&Fact::Raises) {
                raised::note(py, &mut facts);
            }
            room.note_canaries(&mut facts);
            Answer::Seen(facts)
        }
        Err(unseen) => {
            // Whatever was raised on the way belongs to nobody.
            drop(PyErr::take(py));
            match unseen {
                Unseen::Absent(name) => Answer::Absent(name.to_owned()),
                Unseen::NotMade(problem) => Answer::NotMade(problem),
            }
        }
    }
}
