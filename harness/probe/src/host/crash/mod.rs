//! The last words of a worker that crashes: the signal, the address that was touched, and the instruction that did it, as
//! a file and an offset in it.
//!
//! Knows signals and the table of mappings. Must never know who is to blame, nor keep a process from its end: the
//! handler stores some words in the memory that the worker shares with the orchestrator, and leaves the rest to whoever
//! was there before it.
//!
//! What runs inside the handler is async-signal-safe: it allocates nothing, takes no lock, and calls `open`, `read`,
//! `close`, `process_vm_readv`, `sigaction` and `raise`. Whoever took these signals before (Rust's own runtime,
//! a sanitizer) goes next; who takes them later (`faulthandler`) goes first.

#[cfg(target_os = "linux")]
mod handler;
#[cfg(target_os = "linux")]
mod maps;

#[cfg(target_os = "linux")]
pub(crate) use handler::tell;

/// Nothing is told.
#[cfg(not(target_os = "linux"))]
pub(crate) fn tell(_: &'static super::mark::Last) {}
