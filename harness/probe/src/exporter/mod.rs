//! Objects as subjects: how one is made, and how it is asked every request.
//!
//! Knows factories and rounds. Must never know what an answer means.

pub(crate) mod made;
pub(crate) mod make;
mod restless;
mod sweep;

pub use sweep::{Anew, sweep};
