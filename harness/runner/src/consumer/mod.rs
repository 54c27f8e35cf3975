//! Consumers as subjects: which calls they are given, how they are made, and the verdict.
//!
//! Knows how a consumer goes through a run. Must never know how a spy is made, or what a call shows.

mod alone;
mod calls;
mod drive;
pub mod scan;
#[cfg(test)]
mod tests;
mod verdict;

pub use alone::{Broken, alone};
pub(crate) use calls::calls;
pub use drive::observe;
pub(crate) use verdict::judge_consumer;
