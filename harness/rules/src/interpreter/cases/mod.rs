//! The cases, function by function.
//!
//! Knows which calls are made and in which groups. Must never know an answer: see [`super::oracle`]; what no layout and
//! no format decides is stated beside the call.

mod build;
mod carry;
mod copy;
mod fill;
mod layouts;
mod look;
mod objects;
mod request;
mod views;

use bufcheck_model::interpreter::InterpreterFile;

/// Every file of `cases/interpreter/` but for the known deviations in it: its name, and what it holds.
pub fn files() -> Vec<(&'static str, InterpreterFile)> {
    vec![
        ("sizefromformat", look::size_from_format()),
        ("iscontiguous", look::is_contiguous()),
        ("getpointer", look::get_pointer()),
        ("tocontiguous", carry::to_contiguous()),
        ("fromcontiguous", carry::from_contiguous()),
        ("copydata", copy::copy_data()),
        ("fillcontiguousstrides", fill::strides()),
        ("fillinfo", fill::info()),
        ("checkbuffer", request::check()),
        ("getbuffer", request::get()),
        ("release", request::release()),
        ("fromobject", views::from_object()),
        ("frommemory", views::from_memory()),
        ("frombuffer", views::from_buffer()),
        ("getcontiguous", views::get_contiguous()),
    ]
}
