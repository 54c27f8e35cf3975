//! What a run will do: which subjects, which requests, which rules, and what is on record.
//!
//! Knows the data, the configuration and how both are selected from. Must never know how anything is carried out.

pub mod catalogue;
pub mod config;
pub(crate) mod day;
mod declared;
mod files;
pub mod known;
mod names;
mod pattern;
mod run;
mod sibling;
mod subject;

pub use names::RuleNames;
pub use pattern::{PlanError, glob};
pub use run::{Plan, Selection, Subjects, rounds};
pub use subject::{CONTENT_BUDGET, Planned, Recorded, quote};
