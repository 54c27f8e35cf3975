//! Asks exporters for buffers and writes down what happened.
//!
//! Knows `PyObject_GetBuffer`, `PyBuffer_Release`, how an object is made, how claimed memory is read without
//! trusting the claim, and how a worker talks to its orchestrator. Must never know what is right or wrong:
//! that is for the rules of `bufcheck-spec`, in another process.
//!
//! This is the only crate with unsafe code. Whom it trusts: the interpreter, and itself. Whom it does not: the
//! exporter, whose pointers are verified before they are followed, whose struct stands between canaries, and
//! whose death costs no more than this process.

#![allow(
    unsafe_code,
    reason = "the C API of the interpreter, and memory that an exporter merely claims"
)]

mod ask;
mod channel;
mod content;
mod disturb;
mod hello;
mod limits;
mod made;
mod make;
mod mark;
mod memory;
mod object;
mod pinned;
mod raised;
pub mod reference;
pub mod rust_numpy;
mod scenario;
mod seen;
mod serve;
mod sweep;
mod view;
pub mod worker;

pub use ask::ask_repeatedly;
pub use hello::hello;
pub use mark::Marker;
pub use memory::{NotReadable, OwnMemory};
pub use serve::{ServeError, serve};
pub use sweep::sweep;
pub use worker::serve_standard_streams;
