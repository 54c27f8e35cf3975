//! A rule that was found broken.
//!
//! Knows where it showed. Must never know its level.

use bufcheck_protocol::request::Request;

use crate::broken::Broken;

/// A rule that was found broken, with every request on which it showed in the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: String,
    /// The requests, in the order in which they were asked; empty where no single request is to blame.
    pub requests: Vec<Request>,
    /// What was found and wanted.
    pub broken: Broken,
    /// The case that tells how it was found, where that is not the case of the first request.
    pub case: Option<String>,
    /// Nothing but a race between threads showed it.
    pub by_chance: bool,
}
