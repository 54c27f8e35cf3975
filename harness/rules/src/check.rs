//! What a rule is to the checker: an id and the way in which it is judged.
//!
//! Knows the kinds of checks. Must never know a single rule.

use bufcheck_protocol::request::Request;

use crate::broken::Broken;
use crate::exporter::evidence::{Denial, Evidence, Grant};

/// A rule that can be checked.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `family.kebab-case`, as in `cases/rules/`.
    pub id: &'static str,
    /// How it is checked.
    pub check: Check,
}

/// How a rule is checked.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// On each granted request.
    Granted(fn(&Grant<'_>) -> Option<Broken>),
    /// On each refused request.
    Refused(fn(&Denial<'_>) -> Option<Broken>),
    /// On everything together: what was broken, and on which requests.
    Whole(fn(&Evidence<'_>) -> Vec<Found>),
    /// By the cases of `cases/relations/` that name it.
    Relation,
    /// By the scenarios of `cases/scenarios/` that name it ([`bufcheck_model::scenario`]).
    Scenario,
    /// A contested rule: which camp the exporter belongs to, if it shows.
    Camp(fn(&Evidence<'_>) -> Option<&'static str>),
    /// On what a consumer did with the spies that it was given ([`crate::consumer`]).
    Consumer,
    /// On what functions of the interpreter answered ([`crate::interpreter`]).
    Interpreter,
}

/// What was broken, and on which requests.
pub type Found = (Vec<Request>, Broken);
