//! Plays scenarios: acts over time, one entry noted for each, without opinion.
//!
//! Knows how each act is carried out. Must never know what is expected of it: expectations are passed over.
//!
//! A scenario plays in a worker whose allocators overwrite what is freed, so that a view whose memory went
//! away shows it for certain. Held memory is only ever read with the kernel's help, never by a plain load.

#![allow(
    clippy::result_large_err,
    reason = "what went wrong with an act is what was seen of it: the same type as what went well"
)]

mod acts;
mod beside;
mod group;
mod held;
mod impossible;
mod measure;
mod outgrow;
mod player;
mod python;
mod threads;

pub(crate) use player::{Makers, play};
