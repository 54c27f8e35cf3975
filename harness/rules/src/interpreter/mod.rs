//! Functions of the interpreter: what they ought to answer, which calls they are given, and the verdict.
//!
//! Knows the documentation of the C API around buffers, as pure functions over layouts, formats and requests. Must never
//! know how a function is called.
//!
//! [`oracle`] says what is wanted of a call, [`cases`] which calls are made; together they are `cases/interpreter/`,
//! and a test proves that. [`judge`] compares what was seen with what is wanted.

pub mod cases;
mod judge;
pub mod oracle;
pub(crate) mod table;
mod words;

pub use judge::{Judged, judge};
