//! The slots of types: each of their functions is replaced by a thunk.
//!
//! Knows which slots must be left alone. Must never fill an empty one: a type without a release slot lends its memory to
//! who does not release, and would not any more.

use std::ptr;
use std::sync::OnceLock;

use pyo3::ffi::{self, PyObject, PyTypeObject};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyType};

use super::pool;
use super::raw::{Procs, TypeHead, Wrapper};
use super::readable::numbers;
use super::thunk;
use crate::look::memory::writable;

/// The functions in the slots of classes with `__buffer__` and `__release_buffer__`, of which the interpreter asks
/// whether they are these; zeros where there are no such classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OfClasses {
    pub(super) get: usize,
    pub(super) release: usize,
}

impl OfClasses {
    /// Found on a class made for it, once.
    pub(super) fn find(py: Python<'_>) -> PyResult<Self> {
        static FOUND: OnceLock<OfClasses> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(*found);
        }
        Self::look(py).map(|found| *FOUND.get_or_init(|| found))
    }

    fn look(py: Python<'_>) -> PyResult<Self> {
        // SAFETY: a constant of the interpreter.
        if unsafe { ffi::Py_Version } < 0x030c_0000 {
            return Ok(Self::default());
        }
        let names = PyDict::new(py);
        let code = c"type('Exporter', (), {'__buffer__': lambda self, flags: None, '__release_buffer__': lambda self, view: None})";
        let class = py.eval(code, Some(&names), None)?.cast_into::<PyType>()?;
        // SAFETY: a type.
        let (get, release) = unsafe { super::raw::slots(class.as_type_ptr()) };
        Ok(Self { get, release })
    }
}

/// What came of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// There is nothing to watch, or it is watched.
    Done,
    /// Its slots cannot be written, or there are no thunks left.
    Impossible,
}

/// Watches every type that there is now; how many could not be watched.
pub(super) fn watch_all(py: Python<'_>, of_classes: OfClasses) -> usize {
    let Ok(subclasses) = py.get_type::<PyType>().getattr("__subclasses__") else {
        return 0;
    };
    let mut known = std::collections::HashSet::new();
    let mut left = vec![py.get_type::<pyo3::PyAny>()];
    let mut impossible = 0;
    while let Some(kind) = left.pop() {
        if !known.insert(kind.as_ptr() as usize) {
            continue;
        }
        impossible += usize::from(watch(&kind, of_classes) == Put::Impossible);
        let below = subclasses.call1((&kind,));
        if let Some(below) = below.ok().and_then(|below| below.cast_into::<PyList>().ok()) {
            left.extend(below.iter().filter_map(|one| one.cast_into::<PyType>().ok()));
        }
    }
    impossible
}

/// Watches one type.
pub(super) fn watch(kind: &Bound<'_, PyType>, of_classes: OfClasses) -> Put {
    // SAFETY: a type.
    let Some(procs) = (unsafe { TypeHead::of(kind.as_type_ptr()).buffer.as_mut() }) else {
        return Put::Done;
    };
    let (get, release) = (procs.get, procs.release);
    let of_a_class = |function: usize, other: usize| function != 0 && function == other;
    if get == 0
        || thunk::is_ours(get)
        || of_a_class(get, of_classes.get)
        || of_a_class(release, of_classes.release)
    {
        return Put::Done;
    }
    let place = ptr::from_mut::<Procs>(procs) as u64;
    if writable(place) != Some(true) || writable(place + 8) != Some(true) {
        return Put::Impossible;
    }
    let Some((new_get, new_release)) = pool::pair(get, release) else {
        return Put::Impossible;
    };
    procs.get = new_get;
    if release != 0 {
        procs.release = new_release;
    }
    wrapper(kind, "__buffer__", get, new_get);
    if release != 0 {
        wrapper(kind, "__release_buffer__", release, new_release);
    }
    Put::Done
}

/// Puts the thunk into the wrapper descriptor of the type, too: subclasses take their slots from it.
fn wrapper(kind: &Bound<'_, PyType>, name: &str, function: usize, new: usize) {
    let found = kind.getattr("__dict__").and_then(|names| names.get_item(name));
    let Ok(found) = found else {
        return;
    };
    let object: *mut PyObject = found.as_ptr();
    // SAFETY: an object; static types of the interpreter are compared by their address.
    let is_wrapper = ptr::eq(
        unsafe { super::raw::kind(object) },
        &raw const ffi::PyWrapperDescr_Type,
    );
    let place = object as usize + std::mem::offset_of!(Wrapper, wrapped);
    // SAFETY: a wrapper descriptor is longer than this, and nobody else writes while the lock is held.
    let holds =
        is_wrapper && unsafe { numbers(place, 1) }.is_some_and(|word| word[0].cast_unsigned() == function);
    if holds {
        // SAFETY: as above: a field of an object on the heap that holds this very function.
        unsafe { (*object.cast::<Wrapper>()).wrapped = new };
    }
}

/// A type by its address.
pub(super) fn of_pointer(py: Python<'_>, kind: *mut PyTypeObject) -> Bound<'_, PyType> {
    // SAFETY: a static type of the interpreter.
    unsafe { PyType::from_borrowed_type_ptr(py, kind) }
}
