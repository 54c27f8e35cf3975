//! The buffer protocol as pure data and pure functions.
//!
//! Knows requests, formats, layouts, observations, rules, verdicts, and the shapes of every file and
//! message of bufcheck. Must never know that Python can be called, that files exist, or any exporter by
//! name. Nothing here does input or output, and nothing is unsafe.

#![forbid(unsafe_code)]

pub mod case;
pub mod format;
pub mod layout;
pub mod observation;
pub mod reference;
pub mod report;
pub mod request;
pub mod rules;
pub mod scenario;
pub mod selftest;
pub mod wire;
