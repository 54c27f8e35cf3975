//! What is measured between the halves of a repetition.
//!
//! Knows where the figures come from. Must never know how much is too much.

use bufcheck_model::scenario::Measure;
use pyo3::prelude::*;

use crate::look::heap::mallinfo;
use crate::look::memory::page_size;
use crate::look::object::Counts;

/// Measures now; `x` is the object whose references are counted.
pub(super) fn measure(py: Python<'_>, counts: Counts, x: Option<&Py<PyAny>>) -> Measure {
    Measure {
        // SAFETY: `x` is a reference to a live object, and the token says that this thread is attached.
        references: x.and_then(|x| unsafe { counts.of(x.as_ptr()) }),
        blocks: blocks(py),
        heap: heap(),
        resident: resident(),
    }
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
