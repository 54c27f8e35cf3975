//! Exporters as subjects: how they are asked, put through scenarios, and found in modules.
//!
//! Knows what is asked and played, in which order, and who is to blame for a death. Must never know what is expected.

#[cfg(test)]
pub(crate) mod fake;
pub mod observed;
pub mod patience;
pub(crate) mod play;
pub mod requests;
pub mod scan;
pub mod scenarios;
