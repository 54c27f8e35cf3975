//! The function under test: a callable, or an expression with `buf` in it.
//!
//! Knows how Python code becomes a function of one buffer. Must never know what it is called with.

use bufcheck_model::wire::MakeStage;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::exporter::make::{NotMade, Source, compile, not_made, prepare};

/// The name that stands for the buffer.
const BUFFER: &str = "buf";

/// What an expression came to.
pub(crate) enum Function<'py> {
    /// A function of one buffer.
    Callable(Bound<'py, PyAny>),
    /// Something that cannot be called, out of an expression without `buf`.
    Other(Bound<'py, PyAny>),
}

/// Makes a function of one buffer: `crc32` is one, and `crc32(buf, 7)` becomes one.
pub(crate) fn function<'py>(
    py: Python<'py>,
    module: &str,
    expression: &str,
    setup: Option<&str>,
) -> Result<Function<'py>, NotMade> {
    let source = Source {
        module: module.to_owned(),
        setup: setup.map(str::to_owned),
        expression: expression.to_owned(),
    };
    let prepared = prepare(py, &source)?;
    let failed = |error: PyErr| not_made(py, MakeStage::Evaluate, &error);
    let takes_buffer = names(prepared.code.bind(py), BUFFER).map_err(failed)?;
    let evaluate = || {
        let builtins = py.import("builtins")?;
        let code = if takes_buffer {
            let text = format!("lambda {BUFFER}: (\n{}\n)", expression.trim());
            compile(&builtins, &text, "<call>", "eval")?
        } else {
            prepared.code.bind(py).clone()
        };
        builtins.call_method1("eval", (code, &prepared.namespace))
    };
    let found = evaluate().map_err(failed)?;
    Ok(if found.is_callable() {
        Function::Callable(found)
    } else {
        Function::Other(found)
    })
}

/// Whether code uses a name, in whatever part of it.
fn names(code: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    if code.getattr("co_names")?.contains(name)? {
        return Ok(true);
    }
    for part in code.getattr("co_consts")?.cast_into::<PyTuple>()? {
        if part.hasattr("co_names")? && names(&part, name)? {
            return Ok(true);
        }
    }
    Ok(false)
}
