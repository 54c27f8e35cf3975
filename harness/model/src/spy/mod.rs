//! Spies: exporters that are given to a consumer, and what they saw it do.
//!
//! Knows a spy as data, the calls that it is given to, and the shape of what is written down. Must never know which
//! memory a spy lies in, or whether what was seen is right.

mod call;
mod case;
mod consumed;
mod history;
mod met;
mod seen;

pub use call::{Call, Dress, Flush, Twin, moved};
pub use case::{Empty, Refusal, RefusalKind, Refusing, Simple, Spy, SpyFile, SpyProblem, Values};
pub use consumed::Consumed;
pub use history::History;
pub use met::{Lie, Measured, Met, Outcome};
pub use seen::{
    Access, Ended, Event, Fault, ITSELF, Moment, OWNER, Oracle, Place, Region, Released, Spied, Told, Written,
};
