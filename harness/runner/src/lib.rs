//! From cases to verdicts: reads the data, plans, supervises workers, judges what they observed and compares
//! it with the record of known deviations.
//!
//! Knows files, processes and deadlines. Must never know how Python is called (it never loads it, nor what
//! it tests), and never how a report looks.

#![forbid(unsafe_code)]

pub mod baseline;
pub mod bench;
pub mod compare;
pub mod compat;
pub mod consumer;
pub mod event;
pub mod exporter;
mod fold;
mod forked;
pub mod fuzz;
mod interpreter;
pub mod judge;
pub mod load;
pub mod merge;
mod noticed;
pub mod plan;
pub mod record;
pub mod repro;
pub mod selftest;
mod status;
mod steps;
pub mod suggest;
pub mod supervise;
pub mod trace;
pub mod verdict;
