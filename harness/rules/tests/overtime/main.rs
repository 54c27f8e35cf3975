//! What is judged over time: how scenarios are bound to a subject, and every predicate on traces made by hand.
//!
//! Knows acts and observations side by side. Must never need Python.

mod alike;
mod bind;
mod calls;
mod cases;
mod counts;
mod growth;
mod held;
mod judge;
mod memory;
mod mutation;
mod objects;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod view;

use bufcheck_model::observation::Raised;
use support::raised;

fn value_error() -> Raised {
    Raised {
        message: "closed".into(),
        ..raised("ValueError", false)
    }
}

const DATA: [u8; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

fn buffer_error() -> Raised {
    raised("BufferError", true)
}

fn silent(type_name: &str) -> Raised {
    Raised {
        message: String::new(),
        ..raised(type_name, false)
    }
}
