//! The first line of a worker: who it is.
//!
//! Knows where an interpreter says what it is. Must never know which of them is wanted.

use bufcheck_model::wire::{Hello, PROTOCOL};
use bufcheck_protocol::format::Platform;
use pyo3::prelude::*;

use crate::host::{effects, limits};
use crate::look::{heap, memory};

/// Describes the running interpreter.
///
/// # Errors
///
/// If `sys` lacks what every interpreter has.
pub fn hello(py: Python<'_>) -> PyResult<Hello> {
    let sys = py.import("sys")?;
    let version = sys.getattr("version_info")?;
    let number = |index: usize| version.get_item(index)?.extract::<u32>();
    let whole: String = sys.getattr("version")?.extract()?;
    let flags: String = sys
        .getattr("abiflags")
        .map_or_else(|_| Ok(String::new()), |flags| flags.extract())?;
    let unchecked = memory::UNCHECKED
        .iter()
        .chain(heap::UNCHECKED)
        .chain(limits::UNCHECKED)
        .chain(effects::UNCHECKED);
    Ok(Hello {
        protocol: PROTOCOL,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        implementation: sys.getattr("implementation")?.getattr("name")?.extract()?,
        version: [number(0)?, number(1)?, number(2)?],
        version_text: whole.lines().next().unwrap_or_default().to_owned(),
        executable: sys
            .getattr("executable")?
            .extract::<Option<String>>()?
            .unwrap_or_default(),
        platform: Platform::host(),
        system: sys.getattr("platform")?.extract()?,
        machine: machine(py)?,
        free_threaded: flags.contains('t'),
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
