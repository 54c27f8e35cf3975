//! Every buffer of a running program, watched: the tracer, which lives in the process that it watches.
//!
//! Knows how requests and releases are seen on their way, and writes down what is seen for the first time. Must never
//! know what is wrong, and never change what the program does: what was called is called, with what it was given, and
//! what an exporter leaves alone is put back.
//!
//! - [`entry`] leads `PyObject_GetBuffer` and `PyBuffer_Release` to [`hooks`]; [`slots`] puts thunks ([`pool`], [`thunk`]) into types.
//!   Where the entries see everything (counted at the start), only `bytearray` has thunks: as a control.
//! - [`asked`] sees a request, [`answer`] tells distinct answers apart, [`released`] finds the view that is given back
//!   in the table [`live`]. [`ended`] searches the memory of the process for structs that nobody gave back.
//! - [`state`] holds all tables behind one lock, under which no code of the interpreter runs. Lines are appended to a
//!   file, [`counts`] stand in shared memory: neither is lost when the process ends at once.

mod answer;
mod asked;
mod counts;
mod ended;
mod entry;
mod hooks;
mod live;
mod modules;
mod place;
mod pool;
mod raw;
mod readable;
mod released;
mod slots;
mod start;
mod state;
mod thunk;

pub use ended::finish;
pub use place::set_test;
pub use start::{more_types, start};
