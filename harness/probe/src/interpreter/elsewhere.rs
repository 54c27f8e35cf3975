//! Systems that cannot fork.
//!
//! Knows that nothing was asked. Must never call a function of the interpreter.

use bufcheck_model::bend::Bend;
use bufcheck_model::interpreter::{Ask, Interpreted};
use pyo3::prelude::*;

use crate::host::mark::Marker;

/// Calls nothing, and says so.
pub(crate) fn interpret(_: Python<'_>, _: &[Ask], _: Option<Bend>, _: &Marker) -> Interpreted {
    Interpreted {
        gave_up: Some(
            "functions of the interpreter are called in forked children, which there are none of here".into(),
        ),
        ..Interpreted::default()
    }
}
