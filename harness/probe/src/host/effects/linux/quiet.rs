//! What others say of an object, and not the object itself: warnings, log records, exceptions that nobody can catch.
//!
//! Knows the hooks of the interpreter and of the standard library. Must never know what is said.

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};

/// What was replaced, with what it was.
pub(super) struct Quiet<'py> {
    hooks: Vec<(Bound<'py, PyAny>, &'static str, Bound<'py, PyAny>)>,
    /// The module, and the level up to which it says nothing.
    logging: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
}

impl<'py> Quiet<'py> {
    /// Keeps them silent from now on.
    pub(super) fn begin(py: Python<'py>) -> Self {
        let mut quiet = Self {
            hooks: Vec::new(),
            logging: None,
        };
        // Without a hook its text is taken for one of the object: then there is nothing that can be done.
        let _ = quiet.hush(py);
        quiet
    }

    fn hush(&mut self, py: Python<'py>) -> PyResult<()> {
        let nothing = |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {};
        let nothing = PyCFunction::new_closure(py, None, None, nothing)?.into_any();
        let sys = py.import("sys")?.into_any();
        let loaded = sys.getattr("modules")?;
        self.replace(sys, "unraisablehook", nothing.clone())?;
        self.replace(py.import("warnings")?.into_any(), "_showwarnmsg", nothing.clone())?;
        if let Ok(threading) = loaded.get_item("threading") {
            self.replace(threading, "excepthook", nothing)?;
        }
        if let Ok(logging) = loaded.get_item("logging") {
            // Loggers remember what is enabled: the function makes them forget it.
            let before = logging.getattr("root")?.getattr("manager")?.getattr("disable")?;
            logging.call_method1("disable", (i32::MAX,))?;
            self.logging = Some((logging, before));
        }
        Ok(())
    }

    fn replace(&mut self, of: Bound<'py, PyAny>, name: &'static str, by: Bound<'py, PyAny>) -> PyResult<()> {
        let before = of.getattr(name)?;
        of.setattr(name, by)?;
        self.hooks.push((of, name, before));
        Ok(())
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        for (of, name, before) in self.hooks.drain(..) {
            let _ = of.setattr(name, before);
        }
        if let Some((logging, before)) = &self.logging {
            let _ = logging.call_method1("disable", (before,));
        }
    }
}
