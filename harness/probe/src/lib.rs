//! Asks exporters for buffers, gives buffers to consumers, and writes down what happened.
//!
//! Knows `PyObject_GetBuffer`, `PyBuffer_Release`, how an object is made, how claimed memory is read without
//! trusting the claim, and how a worker talks to its orchestrator. Must never know what is right or wrong:
//! that is for the rules of `bufcheck-rules`, in another process.
//!
//! This is the only crate with unsafe code. Whom it trusts: the interpreter, and itself. Whom it does not: the
//! exporter, whose pointers are verified before they are followed, whose struct stands between canaries, and
//! whose death costs no more than this process.

#![allow(
    unsafe_code,
    reason = "the C API of the interpreter, and memory that an exporter merely claims"
)]

mod consumer;
mod exporter;
pub mod host;
mod interpreter;
mod look;
pub mod reference;
pub mod rust_numpy;
mod scenario;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub mod trace;
#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "trace/elsewhere.rs"]
pub mod trace;

pub use consumer::Worn;
pub use exporter::{Anew, sweep};
pub use host::{Marker, hello, serve};
pub use look::{NotReadable, OwnMemory, ask_repeatedly};
