//! What the tests of this crate share: an interpreter, an object, a sweep of it.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part")]

use std::ffi::CString;

use bufcheck_model::observation::{Answer, Content, Refusal, Sweep, View};
use bufcheck_model::order::Order;
use bufcheck_model::wire::RoundPlan;
use bufcheck_probe::Marker;
use bufcheck_probe::sweep;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Bytes of content that are read.
pub const BUDGET: usize = 4096;

/// Runs `setup` and evaluates `expression`; `None`, with a printed reason, if a module is missing.
pub fn object<'py>(py: Python<'py>, setup: &str, expression: &str) -> Option<Bound<'py, PyAny>> {
    let names = PyDict::new(py);
    let code = |text: &str| CString::new(text).expect("source without NUL");
    let made = py
        .run(&code(setup), Some(&names), None)
        .and_then(|()| py.eval(&code(expression), Some(&names), None));
    match made {
        Ok(object) => Some(object),
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyImportError>(py) => {
            eprintln!("skipped `{expression}`: {error}");
            None
        }
        Err(error) => panic!("`{expression}`: {error}"),
    }
}

/// Asks these requests in two rounds with different poisons.
pub fn ask(object: &Bound<'_, PyAny>, requests: &[i32]) -> Sweep {
    let rounds = [
        RoundPlan {
            poison: 0xa5,
            order: Order::Listed,
        },
        RoundPlan {
            poison: 0x5a,
            order: Order::Shuffled(7),
        },
    ];
    sweep(object, requests, &rounds, BUDGET, &Marker::private(), &|_| None)
}

/// Asks one request twice; the sweep, whose only answer must be a grant.
pub fn granted(object: &Bound<'_, PyAny>, request: i32) -> (View, Option<Content>) {
    let sweep = ask(object, &[request]);
    let [Answer::Granted(view)] = &*sweep.answers else {
        panic!("wanted one grant, found {:?}", sweep.answers)
    };
    let content = view.content.map(|index| sweep.contents[index as usize].clone());
    (View::clone(view), content)
}

/// Asks one request twice; its only answer, which must be a refusal.
pub fn refused(object: &Bound<'_, PyAny>, request: i32) -> Refusal {
    let sweep = ask(object, &[request]);
    let [Answer::Refused(refusal)] = &*sweep.answers else {
        panic!("wanted one refusal, found {:?}", sweep.answers)
    };
    refusal.clone()
}
