//! What a trace of a running program writes down, and what is reported of it.
//!
//! Knows the lines of a trace's file, the words of its counts, and the report. Must never know how a program is
//! traced, nor what of it is wrong.

mod counts;
mod record;
mod report;

pub use counts::{CELLS, Cell, Counts, GLOBALS, Global, MAGIC, MAX_SITES};
pub use record::{
    Ended, Event, Happened, Native, Place, Record, SelfCount, Site, Start, TRACE_VERSION, Told,
};
pub use report::{Kind, Pair, Process, TRACE_REPORT, TraceFinding, TraceReport, Verdict};
