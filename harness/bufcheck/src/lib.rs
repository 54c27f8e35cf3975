//! The face of bufcheck: the command line, and the conformance tests of `cargo test`.
//!
//! Knows how the other crates are put together and where a worker is found. Must never hold logic that is
//! worth a unit test: that belongs into the crate that owns its subject.

#![forbid(unsafe_code)]

pub mod cli;
pub mod hosts;
pub mod trials;

/// The interpreter that the embedding worker was built for, such as `cpython-3.11`.
pub const BUILT_FOR: &str = env!("BUFCHECK_BUILT_FOR");
