//! The first line of a worker: who it is.
//!
//! Knows where an interpreter says what it is. Must never know which of them is wanted.

use bufcheck_model::wire::{Hello, PROTOCOL};
use bufcheck_protocol::format::Platform;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::host::{effects, limits};
use crate::look::{heap, memory};

/// Describes the running interpreter.
///
/// # Errors
///
/// If `sys` lacks what every interpreter has, or if objects lie otherwise in its memory than this worker was built for.
pub fn hello(py: Python<'_>) -> PyResult<Hello> {
    let sys = py.import("sys")?;
    let version = sys.getattr("version_info")?;
    let number = |index: usize| version.get_item(index)?.extract::<u32>();
    let whole: String = sys.getattr("version")?.extract()?;
    let flags: String = sys
        .getattr("abiflags")
        .map_or_else(|_| Ok(String::new()), |flags| flags.extract())?;
    let implementation: String = sys.getattr("implementation")?.getattr("name")?.extract()?;
    let free_threaded = flags.contains('t');
    supported(&implementation, free_threaded).map_err(PyRuntimeError::new_err)?;
    let unchecked = memory::UNCHECKED
        .iter()
        .chain(heap::UNCHECKED)
        .chain(limits::UNCHECKED)
        .chain(effects::UNCHECKED);
    Ok(Hello {
        protocol: PROTOCOL,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        implementation,
        version: [number(0)?, number(1)?, number(2)?],
        version_text: whole.lines().next().unwrap_or_default().to_owned(),
        executable: sys
            .getattr("executable")?
            .extract::<Option<String>>()?
            .unwrap_or_default(),
        platform: Platform::host(),
        system: sys.getattr("platform")?.extract()?,
        machine: machine(py)?,
        free_threaded,
        debug: sys.hasattr("gettotalrefcount")?,
        unchecked: unchecked.map(|text| (*text).to_owned()).collect(),
    })
}

/// `platform.machine()`, without the cost of importing `platform` where the system call is at hand.
fn machine(py: Python<'_>) -> PyResult<String> {
    let os = py.import("os")?;
    if os.hasattr("uname")? {
        return os.call_method0("uname")?.getattr("machine")?.extract();
    }
    py.import("platform")?.call_method0("machine")?.extract()
}

/// Whether counts of references and types are where this worker looks for them; else the reason.
fn supported(implementation: &str, free_threaded: bool) -> Result<(), String> {
    let built_free = cfg!(Py_GIL_DISABLED);
    let kind = |free: bool| if free { "without" } else { "with" };
    if implementation != "cpython" {
        Err(format!(
            "objects of {implementation} are looked at by nothing here: this worker reads those of CPython"
        ))
    } else if free_threaded != built_free {
        Err(format!(
            "this CPython is built {} a GIL, and the worker for one {} it: objects lie otherwise in memory",
            kind(free_threaded),
            kind(built_free)
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_whose_objects_lie_otherwise_are_turned_away() {
        let built_free = cfg!(Py_GIL_DISABLED);
        assert_eq!(supported("cpython", built_free), Ok(()));
        let told = supported("cpython", !built_free).unwrap_err();
        assert!(told.contains("a GIL"), "{told}");
        let told = supported("pypy", false).unwrap_err();
        assert!(told.contains("pypy"), "{told}");
    }
}
