//! The interpreter as a subject: its functions are called, and the answers judged.
//!
//! Knows one group of calls at a time. Must never know how a function is called, nor what it ought to answer.

mod drive;
mod verdict;

pub(crate) use drive::observe;
pub(crate) use verdict::judge_calls;
