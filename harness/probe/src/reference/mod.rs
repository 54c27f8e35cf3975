//! The reference exporter: any layout and any lawful behaviour, from a description.
//!
//! Knows how to be an exporter by the C API: slots by hand, every field, every reference, each return
//! value. Must never know rules or expected outcomes: what it answers follows from the layout and the
//! request alone, so that it can bear witness for or against the rules. With a defect in its description
//! it does one thing wrong, and only that.

#![allow(unsafe_code, reason = "exporters speak to the interpreter by raw pointers")]

mod answer;
mod body;
mod chain;
mod decide;
mod draft;
mod fault;
mod hostile;
mod memory;
mod methods;
mod object;
mod plan;
mod prior;
mod release;
mod state;
mod text;

use bufcheck_model::reference::{Chain, Place, ReferenceSpec};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use plan::Plan;
use state::State;

/// Makes a fresh object of this description.
///
/// # Errors
///
/// `ValueError` where the description makes no sense, `MemoryError` or `OSError` where there is no
/// memory, and whatever a hostile description raises while the object is made.
pub fn make(py: Python<'_>, spec: &ReferenceSpec) -> PyResult<Py<PyAny>> {
    spec.check()
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    if let Some(hostile) = spec.hostile.as_ref().filter(|hostile| hostile.at == Place::Make)
        && hostile::strike(hostile.kind)
    {
        return Err(PyErr::fetch(py));
    }
    match spec.chain {
        None => object::new(py, State::new(spec.clone(), Plan::own(spec)?)),
        Some(Chain::Redirect(depth)) => {
            let mut outer = make(
                py,
                &ReferenceSpec {
                    chain: None,
                    ..spec.clone()
                },
            )?;
            for _ in 0..depth {
                outer = object::new(py, State::redirecting(spec.clone(), Plan::own(spec)?, outer))?;
            }
            Ok(outer)
        }
        Some(Chain::ReExport(depth)) => {
            let mut source = make(py, &chain::root_of(spec))?;
            for level in 1..=depth {
                let own = if level == depth {
                    ReferenceSpec {
                        chain: None,
                        ..spec.clone()
                    }
                } else {
                    chain::root_of(spec)
                };
                let view = chain::hold(py, &source, !spec.readonly)?;
                let plan = Plan::of_view(spec, view)?;
                source = object::new(py, State::new(own, plan))?;
            }
            Ok(source)
        }
    }
}
