//! Exporters as subjects: how they are put through scenarios, and found in modules.
//!
//! Knows what is played and in which order. Must never know what is expected.

pub mod perform;
pub mod scan;
