//! What is judged over time: how scenarios are bound to a subject, and every predicate on traces made by hand.
//!
//! Knows acts and observations side by side. Must never need Python.

mod alike;
mod bind;
mod calls;
mod cases;
mod growth;
mod held;
mod judge;
mod memory;
mod objects;
mod predicates;
#[path = "../support/mod.rs"]
mod support;
mod threads;

use bufcheck_model::observation::Raised;
use support::raised;

fn value_error() -> Raised {
    Raised {
        message: "closed".into(),
        ..raised("ValueError", false)
    }
}
