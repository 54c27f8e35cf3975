//! Prints what a request costs in a worker, against a bare `GetBuffer`/`Release` pair on the same object: once
//! with everything looked at (`ask`), once with the answer compared and recorded as well (`sweep`).
//!
//! Knows clocks. Must never be a test: a time that is asserted is a time that flickers.

#![allow(unsafe_code, reason = "the bare pair calls the C API by hand")]

use std::ffi::c_int;
use std::hint::black_box;
use std::time::Instant;

use bufcheck_model::order::Order;
use bufcheck_model::wire::RoundPlan;
use bufcheck_probe::sweep;
use bufcheck_probe::{Marker, ask_repeatedly};
use pyo3::ffi::{self, Py_buffer};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Requests in one measurement.
const COUNT: u32 = 200_000;

/// Measurements, of which the fastest counts.
const REPEATS: usize = 7;

const SUBJECTS: [(&str, &str, c_int); 6] = [
    ("bytes", "b'abcd'", 0x11c),
    ("bytes, SIMPLE", "b'abcd'", 0),
    ("bytes, refused", "b'abcd'", 1),
    (
        "memoryview 3-D",
        "memoryview(bytearray(24)).cast('B', [2, 3, 4])",
        0x11c,
    ),
    ("array", "__import__('array').array('d', [1.5])", 0x11c),
    (
        "NumPy 3-D",
        "__import__('numpy').arange(24.).reshape(2, 3, 4)",
        0x11c,
    ),
];

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        println!(
            "{:<16} {:>8} {:>8} {:>7} {:>10} {:>7}",
            "subject", "bare ns", "ask ns", "ratio", "sweep ns", "ratio"
        );
        for (name, expression, flags) in SUBJECTS {
            let expression = std::ffi::CString::new(expression).expect("no NUL");
            let object = match py.eval(&expression, Some(&PyDict::new(py)), None) {
                Ok(object) => object,
                Err(error) => {
                    println!("{name:<16} skipped: {error}");
                    continue;
                }
            };
            let bare = fastest(|| bare(&object, flags));
            let ask = fastest(|| ask_repeatedly(&object, flags, COUNT as usize, &Marker::private()));
            let swept = fastest(|| swept(&object, flags));
            let (times, swept_times) = (ask / bare, swept / bare);
            println!("{name:<16} {bare:>8.1} {ask:>8.1} {times:>7.2} {swept:>10.1} {swept_times:>7.2}");
        }
        Ok(())
    })
}

/// Nanoseconds for one request.
fn fastest(mut measure: impl FnMut()) -> f64 {
    let times = (0..REPEATS).map(|_| {
        let start = Instant::now();
        measure();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min) * 1e9 / f64::from(COUNT)
}

fn bare(object: &Bound<'_, PyAny>, flags: c_int) {
    let mut view = Py_buffer::new();
    for _ in 0..COUNT {
        // SAFETY: `object` is alive, the GIL is held, `view` stays where it is and is released once if granted.
        unsafe {
            if ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut view, flags) == 0 {
                black_box(&view);
                ffi::PyBuffer_Release(&raw mut view);
            } else {
                ffi::PyErr_Clear();
            }
        }
    }
}

/// As a worker does it: each answer compared with those seen before.
fn swept(object: &Bound<'_, PyAny>, flags: c_int) {
    let requests = vec![flags; COUNT as usize];
    let round = RoundPlan {
        poison: 0xa5,
        order: Order::Listed,
    };
    black_box(sweep(
        object,
        &requests,
        &[round],
        4096,
        &Marker::private(),
        &|_| None,
    ));
}
