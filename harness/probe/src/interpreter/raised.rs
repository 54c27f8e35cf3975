//! The exception that a function leaves behind.
//!
//! Knows how it is taken and named. Must never know whether one is due.

use bufcheck_model::interpreter::{Fact, Facts, Value};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::look::object::type_name;

/// Takes the exception that is set, if one is, and notes its type and the bases of that.
pub(super) fn note(py: Python<'_>, facts: &mut Facts) {
    facts.insert(Fact::Raises, kinds(py, PyErr::take(py)));
}

/// Takes the exception that is set and notes its type as this fact.
pub(super) fn note_as(py: Python<'_>, fact: Fact, facts: &mut Facts) {
    let name = PyErr::take(py).map(|error| type_name(&error.get_type(py)));
    facts.insert(fact, name.into());
}

/// Notes an exception of Python code.
pub(super) fn note_error(py: Python<'_>, error: PyErr, facts: &mut Facts) {
    facts.insert(Fact::Raises, kinds(py, Some(error)));
}

fn kinds(py: Python<'_>, error: Option<PyErr>) -> Value {
    let Some(error) = error else { return Value::Null };
    let bases = error.get_type(py).mro();
    let names = bases
        .iter()
        .filter_map(|base| Some(type_name(&base.cast_into::<PyType>().ok()?)));
    Value::Texts(names.collect())
}
