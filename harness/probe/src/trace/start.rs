//! The beginning of a trace: what can be watched is found out and tried.
//!
//! Knows the ways there are. Must never trust one that was not seen to work.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use bufcheck_model::trace::{SelfCount, Start, TRACE_VERSION};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::asked::{OF_CLASSES, THREAD_STATE};
use super::entry::{self, Replaced};
use super::hooks::{AT_ENTRY, AT_SLOT, ENTRIES, SEEN, entry_get, entry_release};
use super::raw;
use super::slots::{self, OfClasses};
use super::state::{self, ON};
use super::thunk::{ALL_SLOTS, NEW_TYPE};

/// What is asked and released at the start, each once by one kind of caller inside the interpreter.
const TRIED: [(&str, &std::ffi::CStr); 9] = [
    ("memoryview", c"memoryview(exporter).release()"),
    ("bytes", c"bytes(memoryview(exporter))"),
    ("bytes of", c"bytes(exporter)"),
    ("join", c"b''.join([exporter, exporter])"),
    ("concatenate", c"b'' + exporter"),
    ("find", c"b'abc'.find(exporter)"),
    ("unpack", c"unpack_from('<h', exporter)"),
    ("crc32", c"crc32(exporter)"),
    ("extend", c"bytearray(b'ab').extend(memoryview(exporter))"),
];

/// Children of forks are told apart.
static IN_CHILDREN: Once = Once::new();

/// The entries were led here.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Begins to trace this process, and writes into `folder`; `from_start` tells that no code of the program has run yet.
/// Whether types that come later must be told by [`more_types`].
///
/// # Errors
///
/// If nothing can be watched here: the reason.
pub fn start(py: Python<'_>, folder: &str, from_start: bool) -> PyResult<bool> {
    let refused = |why: String| PyRuntimeError::new_err(why);
    let hello = crate::hello(py).map_err(|error| refused(error.to_string()))?;
    if hello.free_threaded {
        return Err(refused(
            "a build of CPython without a GIL is not traced: nobody has tried it".into(),
        ));
    }
    raw::verify().map_err(refused)?;
    find_thread_state().map_err(refused)?;
    let start = Start {
        version: TRACE_VERSION,
        pid: std::process::id(),
        forked_from: None,
        python: hello.version,
        executable: hello.executable,
        from_start,
        counted: Vec::new(),
        no_entries: None,
        all_slots: false,
    };
    if !state::begin(start, folder.to_owned()).map_err(refused)? {
        return Err(refused("this process is being traced already".into()));
    }
    let of_classes = OfClasses::find(py)?;
    OF_CLASSES.store(of_classes.get, Ordering::Relaxed);
    let control = slots::of_pointer(py, &raw mut ffi::PyByteArray_Type);
    if slots::watch(&control, of_classes) == slots::Put::Impossible {
        state::end();
        return Err(refused(
            "the slots of `bytearray` cannot be written in this process".into(),
        ));
    }
    let no_entries = enter().err();
    let counted = count(py)?;
    let complete = no_entries.is_none()
        && counted
            .iter()
            .all(|one| one.requests[0] == one.requests[1] && one.releases[0] == one.releases[1]);
    let unwatched = if complete {
        0
    } else {
        slots::watch_all(py, of_classes)
    };
    if !complete {
        // A type of a module that is part of the interpreter comes when that is imported.
        NEW_TYPE.get_or_init(|| watch_one);
    }
    ALL_SLOTS.store(!complete, Ordering::Relaxed);
    state::with(|state| {
        state.set_start(|start| {
            start.counted = counted;
            start.no_entries = no_entries;
            start.all_slots = !complete;
        });
        state.unwatched(unwatched as u64);
    });
    // SAFETY: the function locks nothing that it would have to wait for.
    IN_CHILDREN.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(state::forked));
    });
    ON.store(true, Ordering::Relaxed);
    Ok(!complete)
}

fn watch_one(kind: &Bound<'_, PyType>) {
    if let Ok(of_classes) = OfClasses::find(kind.py()) {
        slots::watch(kind, of_classes);
    }
}

/// Watches types that came since, where every slot has to be.
pub fn more_types(py: Python<'_>) -> PyResult<()> {
    if ALL_SLOTS.load(Ordering::Relaxed) {
        let impossible = slots::watch_all(py, OfClasses::find(py)?);
        state::with(|state| state.unwatched(impossible as u64));
    }
    Ok(())
}

/// Leads the entries here, once in a process.
fn enter() -> Result<(), String> {
    if ENTERED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let get = Replaced {
        target: ffi::PyObject_GetBuffer as *const () as usize,
        hook: entry_get as *const () as usize,
        arguments: 3,
    };
    let release = Replaced {
        target: ffi::PyBuffer_Release as *const () as usize,
        hook: entry_release as *const () as usize,
        arguments: 1,
    };
    // SAFETY: both are entered by whoever holds the lock of the interpreter, and this thread does.
    let prepared = unsafe { entry::prepare(&[get, release])? };
    for (place, original) in ENTRIES.iter().zip(prepared.originals()) {
        place.store(original, Ordering::Relaxed);
    }
    // SAFETY: as above; what the hooks call is stored.
    unsafe { prepared.commit()? };
    ENTERED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Makes known requests and counts them in both ways.
fn count(py: Python<'_>) -> PyResult<Vec<SelfCount>> {
    let names = PyDict::new(py);
    names.set_item("exporter", py.eval(c"bytearray(b'ab')", None, None)?)?;
    // They are part of the interpreter, or extension modules, as it was built.
    names.set_item("unpack_from", borrowed(py, "_struct", "unpack_from")?)?;
    names.set_item("crc32", borrowed(py, "binascii", "crc32")?)?;
    let seen =
        || [0, 1].map(|what| [AT_SLOT, AT_ENTRY].map(|place| SEEN[what][place].load(Ordering::Relaxed)));
    TRIED
        .iter()
        .map(|(what, code)| {
            let before = seen();
            py.eval(code, Some(&names), None)?;
            let after = seen();
            let more = |which: usize| [0, 1].map(|place| after[which][place] - before[which][place]);
            Ok(SelfCount {
                what: (*what).to_owned(),
                requests: more(0),
                releases: more(1),
            })
        })
        .collect()
}

/// A function of a module that is not left behind among those that were imported.
fn borrowed<'py>(py: Python<'py>, module: &str, function: &str) -> PyResult<Bound<'py, PyAny>> {
    let modules = py.import("sys")?.getattr("modules")?;
    let known = modules.contains(module)?;
    let found = py.import(module)?.getattr(function)?;
    if !known {
        modules.del_item(module)?;
    }
    Ok(found)
}

fn find_thread_state() -> Result<(), String> {
    let found = [c"PyThreadState_GetUnchecked", c"_PyThreadState_UncheckedGet"]
        .into_iter()
        // SAFETY: names of functions of the interpreter, which is loaded.
        .map(|name| unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) } as usize)
        .find(|function| *function != 0);
    let function = found.ok_or("this interpreter does not tell whether a thread is attached")?;
    THREAD_STATE.store(function, Ordering::Relaxed);
    Ok(())
}
