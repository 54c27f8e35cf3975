//! Objects of Python as text.
//!
//! Knows `repr`. Must never know whose result it is.

use bufcheck_model::interpreter::Value;
use pyo3::prelude::*;

use crate::look::object::text;

/// Characters of a result that are kept.
const KEPT: usize = 4000;

/// A result as `repr` writes it.
pub(super) fn told(result: &Bound<'_, PyAny>) -> PyResult<Value> {
    let told = text(&result.repr()?);
    Ok(Value::Text(told.chars().take(KEPT).collect()))
}
