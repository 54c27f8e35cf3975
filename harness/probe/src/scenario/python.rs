//! Small dealings with the interpreter: statements, expressions, the collector, reports of what could not be
//! raised.
//!
//! Knows how Python code is run over named objects. Must never know what the code is for.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::Mutex;

use bufcheck_model::observation::Raised;
use bufcheck_model::scenario::Seen;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::code::PyCodeInput;
use pyo3::types::{PyCode, PyDict, PyList, PyTuple};

use crate::look::object::{text, type_name};
use crate::look::raised::{cut, describe};

/// Characters of a `repr()` that are kept.
const SHOWN: usize = 120;

/// Named objects.
pub(super) type Objects = BTreeMap<String, Py<PyAny>>;

/// Runs a statement; the exception, if it raised one.
pub(super) fn run(py: Python<'_>, code: &str, x: &Bound<'_, PyAny>) -> Option<Raised> {
    let ran = Statement::compile(py, code, x).and_then(|statement| statement.run());
    ran.err().map(|error| describe(py, &error))
}

/// A statement about one object, which it knows as `x`.
pub(super) struct Statement<'py> {
    code: Bound<'py, PyCode>,
    names: Bound<'py, PyDict>,
    x: Bound<'py, PyAny>,
}

impl<'py> Statement<'py> {
    /// Compiles it.
    pub(super) fn compile(py: Python<'py>, code: &str, x: &Bound<'py, PyAny>) -> PyResult<Self> {
        Ok(Self {
            code: STATEMENTS.compile(py, code)?,
            names: PyDict::new(py),
            x: x.clone(),
        })
    }

    /// Runs it.
    pub(super) fn run(&self) -> PyResult<()> {
        self.names.set_item("x", &self.x)?;
        let ran = run_code(&self.code, &self.names);
        // A statement such as `x += b''` may have bound the name anew.
        self.names.clear();
        ran.map(drop)
    }
}

/// Runs compiled code that knows these names.
fn run_code<'py>(code: &Bound<'py, PyCode>, names: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = code.py();
    // SAFETY: the builtins are those of this thread, which is attached, and borrowed from it for this one call.
    let builtins = unsafe { Bound::from_borrowed_ptr(py, ffi::PyEval_GetBuiltins()) };
    names.set_item(intern!(py, "__builtins__"), builtins)?;
    // SAFETY: both are live objects of the types that the call wants; it gives a new reference, or none and an
    // exception.
    unsafe {
        Bound::from_owned_ptr_or_err(
            py,
            ffi::PyEval_EvalCode(code.as_ptr(), names.as_ptr(), names.as_ptr()),
        )
    }
}

/// Texts that are kept compiled at most.
const MOST_COMPILED: usize = 256;

static STATEMENTS: Compiled = Compiled::new(|| PyCodeInput::File);
static EXPRESSIONS: Compiled = Compiled::new(|| PyCodeInput::Eval);

/// Texts that were compiled before: most are run over and over, in one scenario and in the next.
struct Compiled {
    input: fn() -> PyCodeInput,
    kept: Mutex<BTreeMap<String, Py<PyCode>>>,
}

impl Compiled {
    const fn new(input: fn() -> PyCodeInput) -> Self {
        Self {
            input,
            kept: Mutex::new(BTreeMap::new()),
        }
    }

    /// Compiles a text, or finds what it was compiled to.
    fn compile<'py>(&self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyCode>> {
        let kept = self.kept.lock().ok();
        let known = kept.and_then(|kept| kept.get(text).map(|code| code.clone_ref(py)));
        if let Some(known) = known {
            return Ok(known.into_bound(py));
        }
        // Not under the lock: a warning of the compiler may run Python code, which lets other threads go on.
        let source = CString::new(text).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let code = PyCode::compile(py, &source, c"<string>", (self.input)())?;
        if let Ok(mut kept) = self.kept.lock()
            && kept.len() < MOST_COMPILED
        {
            kept.insert(text.to_owned(), code.clone().unbind());
        }
        Ok(code)
    }
}

/// Evaluates an expression that sees every object by its name.
pub(super) fn evaluate<'py>(py: Python<'py>, code: &str, objects: &Objects) -> PyResult<Bound<'py, PyAny>> {
    let names = PyDict::new(py);
    for (name, object) in objects {
        names.set_item(name, object)?;
    }
    let value = run_code(&EXPRESSIONS.compile(py, code)?, &names);
    // Functions that the expression made keep the names alive as their globals, and so every object.
    if value.is_err() {
        names.clear();
    }
    value
}

/// Evaluates an expression and notes what it gave.
pub(super) fn call(py: Python<'_>, code: &str, objects: &Objects) -> Seen {
    match evaluate(py, code, objects) {
        Ok(value) => {
            let shown = value.repr().map_or_else(|_| "?".to_owned(), |shown| text(&shown));
            Seen::Called {
                type_name: type_name(&value.get_type()),
                truth: value.is_truthy().ok(),
                shown: cut(&shown).chars().take(SHOWN).collect(),
            }
        }
        Err(error) => Seen::Ran {
            raised: Some(describe(py, &error)),
        },
    }
}

/// Moves everything that lives now out of the collector's sight, so that later collections are quick.
pub(super) fn freeze(py: Python<'_>) {
    let frozen = py
        .import("gc")
        .and_then(|gc| gc.call_method0("collect").and_then(|_| gc.call_method0("freeze")));
    drop(frozen);
}

/// A weak reference, where the type has them.
pub(super) fn weak(object: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    let made = object
        .py()
        .import("weakref")
        .and_then(|module| module.call_method1("ref", (object,)));
    made.ok().map(Bound::unbind)
}

/// Whether the object of a weak reference is still there.
pub(super) fn is_alive(py: Python<'_>, weak: &Py<PyAny>) -> Option<bool> {
    weak.call0(py).ok().map(|object| !object.is_none(py))
}

/// Names of the types of what the collector sees that refers to an object, each once; views are passed through.
pub(super) fn holders(object: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    /// Objects that are passed through at most.
    const MOST: usize = 64;
    /// What a view consists of.
    const VIEWS: [&str; 3] = ["managedbuffer", "memoryview", "_buffer_wrapper"];
    let gc = object.py().import("gc")?;
    // What was there before the scenario began may hold it as well.
    gc.call_method0("unfreeze")?;
    let mut passed = vec![object.clone()];
    let mut names: Vec<String> = Vec::new();
    let mut next = 0;
    while next < passed.len().min(MOST) {
        let arguments = PyTuple::new(object.py(), [&passed[next]])?;
        let found = gc.getattr("get_referrers")?.call1(arguments.clone())?;
        let referrers: Vec<Bound<'_, PyAny>> = found.extract()?;
        // The list itself refers to them all.
        drop(found);
        next += 1;
        for referrer in referrers {
            if referrer.is(&arguments) || passed.iter().any(|known| known.is(&referrer)) {
                continue;
            }
            let name = type_name(&referrer.get_type());
            let plain = name.rsplit('.').next().unwrap_or_default();
            if VIEWS.contains(&plain) {
                passed.push(referrer);
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Exceptions that the interpreter could only report, gathered instead of printed.
pub(super) struct Unraisable {
    log: Py<PyList>,
    previous: Option<Py<PyAny>>,
}

impl Unraisable {
    /// Listens from now on.
    pub(super) fn listen(py: Python<'_>) -> Self {
        let log = PyList::empty(py);
        let previous = py.import("sys").and_then(|sys| {
            let previous = sys.getattr("unraisablehook")?;
            sys.setattr("unraisablehook", log.getattr("append")?)?;
            Ok(previous.unbind())
        });
        Self {
            log: log.unbind(),
            previous: previous.ok(),
        }
    }

    /// The first report since the last call that is not of a finaliser; forgets them all.
    pub(super) fn take(&self, py: Python<'_>) -> Option<Raised> {
        let log = self.log.bind(py);
        if log.is_empty() {
            return None;
        }
        let first = log.iter().find(|report| !is_of_a_finaliser(report));
        let raised = first
            .and_then(|report| report.getattr("exc_value").ok())
            .map(|value| describe(py, &PyErr::from_value(value)));
        if log.call_method0("clear").is_err() {
            return None;
        }
        raised
    }

    /// Listens no more.
    pub(super) fn stop(self, py: Python<'_>) {
        if let Some(previous) = self.previous {
            // Without it reports would only go unseen.
            drop(
                py.import("sys")
                    .and_then(|sys| sys.setattr("unraisablehook", previous)),
            );
        }
    }
}

/// Whether a report is of a `__del__`: what an object does at its end, be it the last release that ends it, is not what
/// the release does.
fn is_of_a_finaliser(report: &Bound<'_, PyAny>) -> bool {
    let name = report
        .getattr("object")
        .and_then(|object| object.getattr("__name__"));
    name.and_then(|name| name.eq("__del__")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_compiled_once_and_run_over_fresh_names_each_time() {
        Python::initialize();
        Python::attach(|py| {
            let text = "x += b'c'; y = 1";
            let [first, again] = [(); 2].map(|()| STATEMENTS.compile(py, text).unwrap());
            assert!(first.is(&again));
            let x = py.eval(c"b'ab'", None, None).unwrap();
            let statement = Statement::compile(py, text, &x).unwrap();
            for _ in 0..2 {
                statement.run().unwrap();
                assert!(statement.names.is_empty() && statement.x.is(&x));
            }
            // What one run has bound the next does not find.
            assert!(run(py, "y", &x).is_some_and(|raised| raised.type_name == "NameError"));
            assert!(run(py, "x = ", &x).is_some_and(|raised| raised.type_name == "SyntaxError"));
            assert!(run(py, "len(x)", &x).is_none(), "builtins are known");
        });
    }

    #[test]
    fn an_expression_of_the_text_of_a_statement_is_another_thing() {
        Python::initialize();
        Python::attach(|py| {
            let objects = Objects::from([("x".to_owned(), py.eval(c"[3]", None, None).unwrap().unbind())]);
            assert!(run(py, "x[0]", objects["x"].bind(py)).is_none());
            let value = evaluate(py, "x[0]", &objects).unwrap();
            assert_eq!(value.extract::<i32>().unwrap(), 3);
        });
    }
}
