//! The function under test: a callable, or an expression with `buf` in it; and the oracle that knows its results.
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
    Callable(Callable<'py>),
    /// Something that cannot be called, out of an expression without `buf`.
    Other(Bound<'py, PyAny>),
}

/// A function of one buffer.
pub(crate) struct Callable<'py> {
    pub(crate) function: Bound<'py, PyAny>,
    /// A function of `items`, `data`, `shape` and `format` that gives the right result.
    pub(crate) oracle: Option<Bound<'py, PyAny>>,
}

/// Makes a function of one buffer: `crc32` is one, and `crc32(buf, 7)` becomes one.
pub(crate) fn function<'py>(
    py: Python<'py>,
    module: &str,
    (expression, oracle): (&str, Option<&str>),
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
    let builtins = py.import("builtins").map_err(failed)?;
    let evaluate = || {
        let code = if takes_buffer {
            let text = format!("lambda {BUFFER}: (\n{}\n)", expression.trim());
            compile(&builtins, &text, "<call>", "eval")?
        } else {
            prepared.code.bind(py).clone()
        };
        builtins.call_method1("eval", (code, &prepared.namespace))
    };
    let found = evaluate().map_err(failed)?;
    if !found.is_callable() {
        return Ok(Function::Other(found));
    }
    let oracle = oracle.map(|oracle| {
        let text = format!("lambda items, data, shape, format: (\n{}\n)", oracle.trim());
        let code = compile(&builtins, &text, "<oracle>", "eval")?;
        builtins.call_method1("eval", (code, &prepared.namespace))
    });
    Ok(Function::Callable(Callable {
        function: found,
        oracle: oracle.transpose().map_err(failed)?,
    }))
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
