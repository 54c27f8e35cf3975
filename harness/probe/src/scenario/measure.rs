//! What is measured between the halves of a repetition.
//!
//! Knows where the figures come from. Must never know how much is too much.

use bufcheck_model::scenario::Measure;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyModule, PyString, PyType};

use crate::look::heap::mallinfo;
use crate::look::memory::page_size;
use crate::look::object::Counts;

/// Measures now; `x` is the object whose references are counted.
pub(super) fn measure(py: Python<'_>, counts: Counts, x: Option<&Py<PyAny>>) -> Measure {
    Measure {
        // SAFETY: `x` is a reference to a live object, and the token says that this thread is attached.
        references: x.and_then(|x| unsafe { counts.of(x.as_ptr()) }),
        held: x.and_then(|x| held(py, counts, x)),
        blocks: blocks(py),
        heap: heap(),
        resident: resident(),
    }
}

/// References of what an object refers to, as far as the collector sees. Types, modules and functions belong to
/// everybody, and so may plain values.
fn held(py: Python<'_>, counts: Counts, x: &Py<PyAny>) -> Option<i64> {
    let gc = py.import("gc").ok()?;
    let mut found = Vec::new();
    for direct in referents(&gc, x.bind(py))? {
        if direct.is_exact_instance_of::<PyDict>() {
            found.extend(referents(&gc, &direct)?);
        } else {
            found.push(direct);
        }
    }
    let own = |object: &Bound<'_, PyAny>| {
        let plain = object.is_none()
            || object.is_exact_instance_of::<PyString>()
            || object.is_exact_instance_of::<PyBytes>()
            || object.is_exact_instance_of::<PyFloat>()
            || object.is_instance_of::<PyInt>();
        let common =
            object.is_instance_of::<PyType>() || object.is_instance_of::<PyModule>() || object.is_callable();
        !plain && !common
    };
    let counted = found.iter().filter(|object| own(object)).filter_map(|object| {
        // SAFETY: a reference to a live object, and the token says that the GIL is held.
        unsafe { counts.of(object.as_ptr()) }
    });
    let counted: Vec<i64> = counted.collect();
    (!counted.is_empty()).then(|| counted.iter().sum())
}

fn referents<'py>(gc: &Bound<'py, PyModule>, of: &Bound<'py, PyAny>) -> Option<Vec<Bound<'py, PyAny>>> {
    gc.call_method1("get_referents", (of,)).ok()?.extract().ok()
}

fn blocks(py: Python<'_>) -> Option<i64> {
    py.import("sys")
        .ok()?
        .call_method0("getallocatedblocks")
        .ok()?
        .extract()
        .ok()
}

/// Bytes of the C heap in use, where the C library says so.
fn heap() -> Option<i64> {
    /// Bytes in mapped blocks, and bytes in blocks of the heap.
    const HBLKHD: usize = 4;
    const UORDBLKS: usize = 7;
    let sums = mallinfo()?;
    i64::try_from(sums[HBLKHD].checked_add(sums[UORDBLKS])?).ok()
}

/// Bytes of resident memory, where the system says so.
fn resident() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(page_size()).ok()?)
}
