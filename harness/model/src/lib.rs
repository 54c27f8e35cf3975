//! The shapes of what bufcheck reads, sends, writes down and reports.
//!
//! Knows observations, scenarios, spies and calls of the interpreter as data, the case files and `bufcheck.toml`, the
//! messages of a worker, the descriptions of the built-in exporters, and the report. Must never know what is right or
//! wrong, that Python can be called, or that files exist. Nothing here does input or output, and nothing is unsafe.

#![forbid(unsafe_code)]

pub mod bend;
mod bytes;
pub mod case;
mod chain;
pub mod compat;
pub mod example;
pub mod interpreter;
pub mod link;
pub mod not_asked;
pub mod observation;
pub mod order;
pub mod reference;
pub mod report;
pub mod scenario;
pub mod selftest;
pub mod spy;
pub mod trace;
pub mod wire;

pub use chain::chain;
