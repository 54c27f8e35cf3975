//! The face of bufcheck: the command line, the Rust API, and the conformance tests of `cargo test`.
//!
//! Knows how the other crates are put together and where a worker is found. Must never hold logic that is
//! worth a unit test: that belongs into the crate that owns its subject.

#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
#[cfg(feature = "embed")]
pub mod embed;
pub mod hosts;
pub mod render;
pub mod trials;

/// The interpreter that the embedding worker was built for, such as `cpython-3.11`.
pub const BUILT_FOR: &str = env!("BUFCHECK_BUILT_FOR");
