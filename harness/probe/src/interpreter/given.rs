//! An object that a function is given, and what it shows afterwards.
//!
//! Knows how one is made out of data. Must never know what is done with it.

use std::cell::RefCell;
use std::rc::Rc;

use bufcheck_model::interpreter::{Fact, Facts, Mode, Object, View, hex};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arena::Arena;
use super::exporter::{self, Behaviour, Log, State};
use super::table::Table;
use super::told::told;
use crate::look::object::Counts;

/// An object, with what has to be known to look at it.
pub(super) struct Given<'py> {
    /// The object.
    pub(super) object: Bound<'py, PyAny>,
    /// What it hands requests on to.
    pub(super) root: Option<Bound<'py, PyAny>>,
    /// Where its memory begins; of our own exporters.
    pub(super) memory: Option<*mut u8>,
    view: Option<View>,
    before: Vec<u8>,
    log: Log,
    references: Option<i64>,
}

impl<'py> Given<'py> {
    /// Makes an object; what keeps it from being made, in words.
    pub(super) fn new(
        py: Python<'py>,
        (object, role): (&Object, &'static str),
        arena: &mut Arena,
        table: Table,
        log: &Log,
    ) -> Result<Self, String> {
        match object {
            Object::Python { setup, expression } => {
                let object = evaluate(py, setup, expression)
                    .map_err(|error| format!("`{expression}` failed: {}", error.value(py)))?;
                Ok(Self::of(py, object, log))
            }
            Object::Exporter {
                view,
                mode,
                no_release,
            } => Self::exporter(py, (view, role), (*mode, !no_release), arena, table, log),
        }
    }

    fn exporter(
        py: Python<'py>,
        (view, role): (&View, &'static str),
        (mode, releases): (Mode, bool),
        arena: &mut Arena,
        table: Table,
        log: &Log,
    ) -> Result<Self, String> {
        let blank = vec![0; view.size.min(View::MAX_SIZE)];
        let address = arena.put(&blank);
        let before = view
            .bytes(address as usize)
            .map_err(|problem| problem.to_string())?;
        let memory = arena.put(&before);
        let no_layout = "the view has no layout";
        let state = |role, mode| State::new(role, (view, memory), Behaviour::View(mode), table, log);
        let failed = |error: PyErr| error.to_string();
        let mut own = state(role, mode).ok_or(no_layout)?;
        let root = if mode == Mode::Redirect {
            let root = state("root", Mode::Strict).ok_or(no_layout)?;
            Some(exporter::new(py, root, releases).map_err(failed)?)
        } else {
            None
        };
        if let Some(root) = &root {
            own.hand_on(root.as_ptr());
        }
        let object = exporter::new(py, own, releases).map_err(failed)?;
        Ok(Self {
            root,
            memory: Some(memory),
            view: Some(view.clone()),
            before,
            ..Self::of(py, object, log)
        })
    }

    /// An object that calls `PyBuffer_FillInfo` in its slot.
    pub(super) fn filling(
        py: Python<'py>,
        (memory, len, readonly): (*mut u8, isize, i32),
        table: Table,
    ) -> Result<Self, String> {
        let view = View {
            itemsize: 1,
            len: Some(0),
            ..View::default()
        };
        let log = new_log();
        let behaviour = Behaviour::FillInfo(len, readonly);
        let state =
            State::new("", (&view, memory), behaviour, table, &log).ok_or("the view has no layout")?;
        let object = exporter::new(py, state, true).map_err(|error| error.to_string())?;
        Ok(Self {
            memory: Some(memory),
            ..Self::of(py, object, &log)
        })
    }

    fn of(py: Python<'py>, object: Bound<'py, PyAny>, log: &Log) -> Self {
        // SAFETY: it is an object, and the token says that this thread is attached.
        let references = unsafe { Counts::new(py).of(object.as_ptr()) };
        Self {
            object,
            root: None,
            memory: None,
            view: None,
            before: Vec::new(),
            log: Rc::clone(log),
            references,
        }
    }

    /// References that were taken since it was made.
    pub(super) fn gained(&self, py: Python<'_>) -> Option<i64> {
        // SAFETY: as above.
        let now = unsafe { Counts::new(py).of(self.object.as_ptr()) };
        Some(now? - self.references?)
    }

    /// Notes what its memory holds now.
    pub(super) fn note_memory(&self, arena: &Arena, facts: &mut Facts) {
        if let Some(view) = &self.view {
            let (bytes, kept) = view.without_pointers(&arena.bytes(), &self.before);
            facts.insert(Fact::Memory, hex(&bytes).into());
            facts.insert(Fact::PointersKept, kept.into());
        }
    }

    /// Notes what it was asked, if it is an exporter of our own.
    pub(super) fn note_log(&self, facts: &mut Facts) {
        if self.memory.is_some() {
            note_log(&self.log, facts);
        }
    }

    /// Notes what an object of Python wrote down itself.
    pub(super) fn note_seen(&self, facts: &mut Facts) -> PyResult<()> {
        if self.memory.is_none() && self.object.hasattr("seen")? {
            facts.insert(Fact::Noted, told(&self.object.getattr("seen")?)?);
        }
        Ok(())
    }

    /// What an object is to it.
    pub(super) fn name_of(&self, object: *mut pyo3::ffi::PyObject) -> &'static str {
        if object.is_null() {
            "null"
        } else if object == self.object.as_ptr() {
            "exporter"
        } else if self.root.as_ref().is_some_and(|root| root.as_ptr() == object) {
            "root"
        } else {
            "other"
        }
    }
}

/// A log with nothing in it.
pub(super) fn new_log() -> Log {
    Rc::new(RefCell::new(Vec::new()))
}

/// Notes what stands in a log.
pub(super) fn note_log(log: &Log, facts: &mut Facts) {
    let log = log.borrow();
    let count = |word: &str| log.iter().filter(|line| line.contains(word)).count();
    let held = i64::try_from(count(" granted")).unwrap_or(i64::MAX)
        - i64::try_from(count("release")).unwrap_or(i64::MAX);
    facts.insert(Fact::Held, held.into());
    facts.insert(Fact::Log, log.join("; ").into());
}

/// The value of an expression, in a namespace of its own.
pub(super) fn evaluate<'py>(py: Python<'py>, setup: &str, expression: &str) -> PyResult<Bound<'py, PyAny>> {
    let namespace = PyDict::new(py);
    let builtins = py.import("builtins")?;
    namespace.set_item("__builtins__", &builtins)?;
    if !setup.is_empty() {
        builtins.call_method1("exec", (setup, &namespace))?;
    }
    builtins.call_method1("eval", (expression, &namespace))
}
