//! Rules about what happens between answers: scenarios, bound to a subject and judged.
//!
//! Knows which scenarios a subject is put through and which expectations their traces break. Must never know how a
//! step is carried out, nor any exporter by name.

mod background;
mod bind;
mod growth;
mod judge;
pub(crate) mod named;
mod play;
mod predicates;
mod suspects;

pub use background::Background;
pub use bind::scripts;
pub(crate) use bind::{granted, mutators, plain, refused, writable};
pub use judge::{faults, judge, unmoved, useless, violated};
pub(crate) use play::events;
pub(crate) use predicates::looks_freed;
pub use suspects::suspects;
