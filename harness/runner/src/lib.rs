//! From cases to verdicts: reads the data, plans, supervises workers, judges what they observed and compares
//! it with the record of known deviations.
//!
//! Knows files, processes and deadlines. Must never know how Python is called (it never loads it, nor what
//! it tests), and never how a report looks.

#![forbid(unsafe_code)]

pub mod baseline;
pub mod blame;
pub mod catalogue;
pub mod compare;
pub mod config;
pub mod event;
pub mod fuzz;
pub mod host;
pub mod judge;
pub mod known;
pub mod load;
pub mod perform;
pub mod plan;
pub mod pool;
mod process;
pub mod record;
pub mod scan;
pub mod selftest;
pub mod suggest;
pub mod verdict;
pub mod worker;
