//! What subjects are judged by.
//!
//! Knows which rules and requests take part. Must never judge.

use bufcheck_model::spy::Spy;
use bufcheck_protocol::request::Request;
use bufcheck_rules::Rule;

use crate::plan::Plan;
use crate::plan::catalogue::Catalogue;

/// What is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// What is said about the rules, and the relations.
    pub catalogue: &'a Catalogue,
    /// The rules that take part.
    pub rules: &'a [&'static Rule],
    /// Every request that was planned.
    pub requests: &'a [Request],
    /// The spies that consumers were given.
    pub spies: &'a [Spy],
}

impl<'a> Bench<'a> {
    /// What the subjects of a plan are judged by.
    pub fn of(plan: &'a Plan) -> Self {
        Self {
            catalogue: &plan.catalogue,
            rules: &plan.rules,
            requests: &plan.requests,
            spies: &plan.catalogue.spies,
        }
    }
}
