//! The worker: what it says first, what it may use, how it takes jobs and answers them.
//!
//! Knows the messages and the mark. Must never know what a job is about.

#[cfg(unix)]
pub(crate) mod batch;
mod channel;
#[cfg(unix)]
pub(crate) mod children;
mod crash;
mod effects;
mod error;
mod fork;
mod hello;
mod keeper;
mod life;
mod limits;
pub(crate) mod mark;
mod serve;
#[cfg(target_os = "linux")]
pub(crate) mod signals;
pub mod worker;
#[cfg(target_os = "linux")]
mod zygote;

pub use error::WorkerError;
pub use hello::hello;
pub use mark::Marker;
pub use serve::{ServeError, serve};
pub use worker::serve_standard_streams;
