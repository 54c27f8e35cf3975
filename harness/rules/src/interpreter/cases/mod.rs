//! The cases, function by function.
//!
//! Knows which calls are made and in which groups. Must never know an answer: see [`super::oracle`]; what no layout and
//! no format decides is stated beside the call.

mod arguments;
mod assign;
mod build;
mod carry;
mod cast;
mod classes;
mod copy;
mod fill;
mod layouts;
mod look;
mod methods;
mod objects;
mod request;
mod requested;
mod statements;
mod values;
mod views;

use bufcheck_model::interpreter::{InterpreterFile, View, hex};
use bufcheck_protocol::layout::{Layout, Order};

use super::oracle::Items;

pub use layouts::{over, through};
pub use methods::is_stepped_nothing;

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
        ("tobytes", methods::bytes()),
        ("tolist", methods::tolist()),
        ("index", methods::index()),
        ("slice", methods::slice()),
        ("cast", cast::cast()),
        ("equals", values::equals()),
        ("hash", values::hash()),
        ("assign", assign::assign()),
        ("parse", arguments::arguments()),
        ("buildvalue", arguments::build()),
        ("memoryviews", statements::memoryviews()),
        ("classes", classes::classes()),
    ]
}

/// The same items side by side in C order.
fn plain_copy(view: &View) -> Option<View> {
    let bytes = Items::of(view)?.bytes(Order::C);
    let shape = view.shape.clone().unwrap_or_default();
    let strides = Layout::strides_c(view.itemsize, &shape).ok()?;
    Some(View {
        size: bytes.len().max(usize::try_from(view.itemsize).ok()?),
        memory: hex(&bytes),
        pointers: Vec::new(),
        start: 0,
        strides: (!shape.is_empty()).then_some(strides),
        suboffsets: None,
        ..view.clone()
    })
}
