//! Statements of Python.
//!
//! Knows how their result is read. Must never know what they do.

use bufcheck_model::interpreter::{Fact, Facts, Value};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::super::raised;
use super::super::told::told;

/// What all statements may use.
const RAISED: &str = "
def raised(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__
";

/// Runs statements and reads what they left in `result`.
pub(super) fn run(py: Python<'_>, code: &str) -> Facts {
    let run = || -> PyResult<Value> {
        let namespace = PyDict::new(py);
        let builtins = py.import("builtins")?;
        namespace.set_item("__builtins__", &builtins)?;
        namespace.set_item("__name__", "__main__")?;
        builtins.call_method1("exec", (RAISED, &namespace))?;
        builtins.call_method1("exec", (code, &namespace))?;
        match namespace.get_item("result")? {
            Some(result) => told(&result),
            None => Ok(Value::Null),
        }
    };
    let mut facts = Facts::new();
    match run() {
        Ok(value) => {
            facts.insert(Fact::Value, value);
        }
        Err(error) => raised::note_error(py, error, &mut facts),
    }
    facts
}
