//! How long histories are played, and what comes of them.
//!
//! Knows numbers. Must never know what a history is made of.

use bufcheck_model::interpreter::Group;
use bufcheck_model::scenario::ScenarioCase;

/// Histories that one job plays: a worker's round trip costs more than a short history.
pub(super) const BATCH: usize = 8;

/// Rules that are found broken before a subject is left alone.
pub(super) const ENOUGH: usize = 8;

/// How long and from where.
#[derive(Debug, Clone, Copy)]
pub struct Game {
    /// Where the random numbers start.
    pub seed: u64,
    /// Steps that are drawn for each subject.
    pub steps: usize,
}

/// What came of the histories of one subject.
#[derive(Debug, Clone, Default)]
pub struct Fuzzed {
    /// What breaks a rule, each rule once.
    pub found: Vec<Found>,
    /// Histories that were played to their end, or to that of the process, before any was shortened.
    pub histories: usize,
    /// Steps of them.
    pub steps: usize,
    /// Sets of arguments that functions of the interpreter were called with.
    pub sets: usize,
    /// The group of calls that is not as wanted, with the simplest one that shows it.
    pub calls: Option<Group>,
    /// Rules that a history broke, but not each time when it was repeated.
    pub once: Vec<&'static str>,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The rule.
    pub rule: &'static str,
    /// The shortest scenario that breaks it.
    pub case: ScenarioCase,
}
