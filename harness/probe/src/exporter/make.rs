//! Making the object: from a module and an expression, or from a description of a built-in exporter.
//!
//! Knows how Python code is run so that whatever it raises is an answer. Must never know what is done with the
//! object.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, CString};

use bufcheck_model::case::Make;
use bufcheck_model::observation::Raised;
use bufcheck_model::wire::MakeStage;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::look::object::{BufferSlots, type_name};
use crate::look::raised::{cut, describe};
use crate::{reference, rust_numpy};

/// Lines of a traceback that are kept.
const TRACEBACK_LINES: usize = 12;

/// An object that could not be made.
#[derive(Debug)]
pub(crate) struct NotMade {
    pub(crate) stage: MakeStage,
    pub(crate) raised: Raised,
    /// Last lines.
    pub(crate) traceback: Vec<String>,
}

/// What an expression needs is prepared once.
#[derive(Hash, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) module: String,
    pub(crate) setup: Option<String>,
    pub(crate) expression: String,
}

pub(crate) struct Prepared {
    pub(crate) namespace: Py<PyDict>,
    pub(crate) code: Py<PyAny>,
    /// The name of the type of its objects, once two were made.
    kind: Option<String>,
}

/// Makes objects.
#[derive(Default)]
pub(crate) struct Maker {
    prepared: HashMap<Source, Prepared>,
}

impl Maker {
    /// Imports what is needed and runs the set-up lines, so that only the making of objects is left.
    pub(crate) fn prepare(&mut self, py: Python<'_>, make: &Make) -> Result<(), NotMade> {
        self.prepared(py, make).map(|_| ())
    }

    /// Makes a fresh object.
    pub(crate) fn make<'py>(&mut self, py: Python<'py>, make: &Make) -> Result<Bound<'py, PyAny>, NotMade> {
        let evaluated = |error: PyErr| not_made(py, MakeStage::Evaluate, &error);
        if let Some(prepared) = self.prepared(py, make)? {
            return alike(py, prepared).map_err(evaluated);
        }
        match make {
            Make::Expression { .. } => unreachable!("an expression is prepared"),
            Make::Reference(spec) => Ok(reference::make(py, spec).map_err(evaluated)?.into_bound(py)),
            Make::RustNumpy(spec) => Ok(rust_numpy::make(py, spec).map_err(evaluated)?.into_bound(py)),
            // Neither a consumer nor the interpreter is an object that is asked.
            Make::Consumer { .. } | Make::Interpreter => Ok(py.None().into_bound(py)),
        }
    }

    /// The code of an expression; `None` where something else makes the objects.
    fn prepared(&mut self, py: Python<'_>, make: &Make) -> Result<Option<&mut Prepared>, NotMade> {
        let Make::Expression {
            module,
            expression,
            setup,
            requires,
        } = make
        else {
            return Ok(None);
        };
        for module in requires {
            import(py, module)?;
        }
        let source = Source {
            module: module.clone(),
            setup: setup.clone(),
            expression: expression.clone(),
        };
        Ok(Some(match self.prepared.entry(source) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let prepared = prepare(py, new.key())?;
                new.insert(prepared)
            }
        }))
    }
}

/// The module with the factories of the built-in corpus; it comes with the worker.
const CORPUS: &CStr = c"bufcheck_corpus";

/// Its source.
const CORPUS_SOURCE: &str = include_str!("corpus.py");

pub(crate) fn import<'py>(py: Python<'py>, module: &str) -> Result<Bound<'py, PyModule>, NotMade> {
    let imported = if module.as_bytes() == CORPUS.to_bytes() {
        corpus(py)
    } else {
        PyModule::import(py, module)
    };
    imported.map_err(|error| not_made(py, MakeStage::Import, &error))
}

/// Imports the corpus module: from `sys.modules`, where its first run puts it.
fn corpus(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    if let Ok(known) = py
        .import("sys")?
        .getattr("modules")?
        .get_item(CORPUS.to_string_lossy())
    {
        return Ok(known.cast_into()?);
    }
    let source = CString::new(CORPUS_SOURCE)?;
    let module = PyModule::from_code(py, &source, c"<bufcheck_corpus>", CORPUS)?;
    py.import("sys")?
        .getattr("modules")?
        .set_item(CORPUS.to_string_lossy(), &module)?;
    Ok(module)
}

/// Runs the set-up lines in a copy of the module's namespace and compiles the expression.
pub(crate) fn prepare(py: Python<'_>, source: &Source) -> Result<Prepared, NotMade> {
    let module = import(py, &source.module)?;
    let at = |stage| move |error: PyErr| not_made(py, stage, &error);
    let namespace = module.dict().copy().map_err(at(MakeStage::Import))?;
    let builtins = import(py, "builtins")?;
    namespace
        .set_item("__builtins__", &builtins)
        .map_err(at(MakeStage::Import))?;
    if let Some(setup) = &source.setup {
        let setup = compile(&builtins, setup, "<setup>", "exec").map_err(at(MakeStage::Setup))?;
        load_lazily(&module, &namespace, &setup).map_err(at(MakeStage::Setup))?;
        builtins
            .call_method1("exec", (setup, &namespace))
            .map_err(at(MakeStage::Setup))?;
    }
    let code = compile(&builtins, source.expression.trim(), "<expression>", "eval")
        .map_err(at(MakeStage::Evaluate))?;
    load_lazily(&module, &namespace, &code).map_err(at(MakeStage::Evaluate))?;
    Ok(Prepared {
        namespace: namespace.unbind(),
        code: code.unbind(),
        kind: None,
    })
}

/// Fetches names that the module gives only when it is asked for them: by a function `__getattr__` (PEP 562), or because
/// it is of a type of its own, as those are that Shiboken makes.
fn load_lazily(
    module: &Bound<'_, PyModule>,
    namespace: &Bound<'_, PyDict>,
    code: &Bound<'_, PyAny>,
) -> PyResult<()> {
    for name in code.getattr("co_names")?.try_iter()? {
        let name = name?.cast_into::<PyString>()?;
        if !namespace.contains(&name)?
            && let Ok(found) = module.getattr(&name)
        {
            namespace.set_item(name, found)?;
        }
    }
    Ok(())
}

pub(crate) fn compile<'py>(
    builtins: &Bound<'py, PyModule>,
    text: &str,
    name: &str,
    mode: &str,
) -> PyResult<Bound<'py, PyAny>> {
    if CString::new(text).is_err() {
        return Err(PyValueError::new_err("source code holds a NUL character"));
    }
    builtins.call_method1("compile", (text, name, mode))
}

/// Evaluates, at first twice: every object that is tested must be of one type, else faults are seen where one
/// object only differs from another.
fn alike<'py>(py: Python<'py>, prepared: &mut Prepared) -> PyResult<Bound<'py, PyAny>> {
    let known = match prepared.kind.take() {
        Some(known) => known,
        // The first is gone before the second is made: there may be things of which only one can exist.
        None => type_name(&run(py, prepared)?.get_type()),
    };
    let made = run(py, prepared)?;
    // By name: a class within a factory is another one each time, and yet the same.
    let kind = type_name(&made.get_type());
    if kind != known {
        return Err(PyTypeError::new_err(format!(
            "it is a `{known}` once and a `{kind}` another time: name an expression, or register a factory, for each"
        )));
    }
    prepared.kind = Some(kind);
    Ok(made)
}

/// Evaluates; a result that can be called and is no exporter is called once.
fn run<'py>(py: Python<'py>, prepared: &Prepared) -> PyResult<Bound<'py, PyAny>> {
    let result = py
        .import("builtins")?
        .call_method1("eval", (&prepared.code, &prepared.namespace))?;
    if result.is_callable() && !BufferSlots::of(&result.get_type()).exports {
        return result.call0();
    }
    Ok(result)
}

pub(crate) fn not_made(py: Python<'_>, stage: MakeStage, error: &PyErr) -> NotMade {
    NotMade {
        stage,
        raised: describe(py, error),
        traceback: traceback(py, error).unwrap_or_default(),
    }
}

fn traceback(py: Python<'_>, error: &PyErr) -> PyResult<Vec<String>> {
    let parts = py.import("traceback")?.call_method1(
        "format_exception",
        (error.get_type(py), error.value(py), error.traceback(py)),
    )?;
    let text: String = parts
        .cast_into::<PyList>()?
        .iter()
        .map(|part| part.extract::<String>().unwrap_or_default())
        .collect();
    let lines: Vec<&str> = text.lines().collect();
    let kept = lines.len().saturating_sub(TRACEBACK_LINES);
    Ok(lines[kept..].iter().map(|line| cut(line).to_owned()).collect())
}
