//! The rules of the buffer protocol, as pure functions over what was observed.
//!
//! Knows, for each rule id, how it is judged; what is *said* about a rule (level, sentence, source, remedy) stands in
//! `cases/rules/`, and a test proves that the two name the same rules. Must never know that Python exists, how an
//! observation came about, files, processes, or any exporter by name. Nothing here is unsafe.
//!
//! One folder a kind of judging: [`exporter`] judges the answers to single requests, [`overtime`] what happens between
//! them, [`consumer`] what was done with a buffer, [`interpreter`] what the
//! interpreter's own functions answered; [`histories`] writes random scenarios down; [`causes`] says which violations would
//! vanish with another; [`example`] shows a violation in one answer.

#![forbid(unsafe_code)]

mod broken;
pub mod causes;
mod check;
pub mod consumer;
pub mod death;
pub mod example;
pub mod exporter;
pub mod histories;
mod hit;
pub mod interpreter;
pub mod overtime;
mod table;
pub mod trace;

pub use broken::Broken;
pub use check::{Check, Found, Rule};
pub use hit::Hit;
pub use table::{rule, rules};
