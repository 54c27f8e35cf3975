//! Spies for other people's tests.
//!
//! Knows how one is given out and what is told when it is taken back. Must never judge.

use std::sync::OnceLock;

use bufcheck_model::chain;
use bufcheck_model::spy::{Call, Ended, Flush, Spy};
use bufcheck_probe::Worn;
use bufcheck_runner::consumer::alone;
use bufcheck_runner::plan::catalogue::Catalogue;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors::invalid;

/// The data, which is read once: each test takes back a spy.
fn catalogue() -> PyResult<&'static Catalogue> {
    static READ: OnceLock<Catalogue> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read);
    }
    let catalogue = Catalogue::embedded().map_err(|error| invalid(chain(&error)))?;
    Ok(READ.get_or_init(|| catalogue))
}

/// Every spy as JSON, with all its items in C order.
pub(crate) fn spies() -> PyResult<Vec<(String, Vec<u8>)>> {
    let all = &catalogue()?.spies;
    let each = all.iter().map(|spy| {
        let items = spy
            .bytes()
            .and_then(|memory| spy.items(&memory))
            .map_err(invalid)?;
        Ok((crate::json(spy)?, items))
    });
    each.collect()
}

/// A spy that is out.
#[pyclass(unsendable)]
pub(crate) struct Watched {
    spy: Spy,
    call: Call,
    worn: Worn,
}

#[pymethods]
impl Watched {
    #[new]
    fn new(py: Python<'_>, spy: &str, readonly: i32, at_start: bool) -> PyResult<Self> {
        let spy: Spy = serde_json::from_str(spy).map_err(invalid)?;
        let call = Call {
            spy: 0,
            readonly,
            flush: if at_start { Flush::Start } else { Flush::End },
            twin: None,
            refuses: None,
            moved: 0,
        };
        let worn = Worn::give(py, &spy, call).map_err(PyRuntimeError::new_err)?;
        Ok(Self { spy, call, worn })
    }

    /// The object that is given to a function.
    #[getter]
    fn object(&self, py: Python<'_>) -> Py<PyAny> {
        self.worn.object(py)
    }

    /// Views that are held.
    #[getter]
    fn held(&self) -> i64 {
        self.worn.held()
    }

    /// Takes it back: the rules that were broken, as JSON.
    fn take_back(&mut self) -> PyResult<String> {
        // How a call ended is the test's affair; nothing is held against an exception of the protocol.
        let bases = ["BufferError", "MemoryError", "KeyboardInterrupt"];
        let ended = Ended::Raised {
            type_name: bases[0].into(),
            bases: bases.map(str::to_owned).to_vec(),
            message: String::new(),
            cause: None,
        };
        match self.worn.take_back(ended) {
            Some(seen) => crate::json(&alone(&self.spy, self.call, seen, catalogue()?)),
            None => Ok("[]".into()),
        }
    }
}
