//! The Python types of spies, one for each dress, and that of their owners.
//!
//! Knows the object struct and its slots. Must never know how a request is answered.

use std::ffi::{CStr, c_int, c_void};

use bufcheck_model::spy::Dress;

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::answer::State;

/// References that a spy has to spare, so that it outlives whoever drops more than their own.
const SPARE: usize = 64;

#[repr(C)]
struct Object {
    head: PyObject,
    /// Never null, and never freed.
    state: *const State,
}

/// What an object is to a consumer.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// What it is given.
    Given(Dress),
    /// What `obj` of the views is, where that is another object.
    Owner(Dress),
}

impl Kind {
    /// All names but that of an owner are the same: nobody is to tell by them.
    const fn name(self) -> &'static CStr {
        match self {
            Self::Given(_) => c"bufcheck.Spy",
            Self::Owner(_) => c"bufcheck.Owner",
        }
    }

    /// Whoever lends the memory has that slot, or has not: the object that was asked, and the one that it is of, alike.
    const fn hears_releases(self) -> bool {
        let (Self::Given(dress) | Self::Owner(dress)) = self;
        dress.hears_releases()
    }

    /// Where its class is kept.
    const fn place(self) -> usize {
        match self {
            Self::Given(Dress::Spy | Dress::Memoryview) => 0,
            Self::Given(Dress::Sequence) => 1,
            Self::Given(Dress::NoRelease) => 2,
            Self::Owner(Dress::Spy | Dress::Sequence | Dress::Memoryview) => 3,
            Self::Owner(Dress::NoRelease) => 4,
        }
    }
}

/// A new spy, or the owner of one: it lives as long as the process.
pub(super) fn new(py: Python<'_>, state: *const State, kind: Kind) -> PyResult<Py<PyAny>> {
    static CLASSES: [PyOnceLock<Py<PyType>>; 5] = [const { PyOnceLock::new() }; 5];
    let class = CLASSES[kind.place()]
        .get_or_try_init(py, || create(py, kind))?
        .as_ptr()
        .cast::<ffi::PyTypeObject>();
    // SAFETY: the type is alive, and its basicsize is that of `Object`.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class, 0);
        if object.is_null() {
            return Err(PyErr::fetch(py));
        }
        (*object.cast::<Object>()).state = state;
        for _ in 0..SPARE {
            ffi::Py_INCREF(object);
        }
        Ok(Bound::from_owned_ptr(py, object).unbind())
    }
}

fn create(py: Python<'_>, kind: Kind) -> PyResult<Py<PyType>> {
    let slot = |slot: c_int, function: *mut c_void| ffi::PyType_Slot {
        slot,
        pfunc: function,
    };
    let mut slots = vec![slot(
        ffi::Py_bf_getbuffer,
        getbuffer as ffi::getbufferproc as *mut c_void,
    )];
    if kind.hears_releases() {
        let release = releasebuffer as ffi::releasebufferproc as *mut c_void;
        slots.push(slot(ffi::Py_bf_releasebuffer, release));
    }
    if matches!(kind, Kind::Given(Dress::Sequence)) {
        slots.push(slot(ffi::Py_sq_length, length as ffi::lenfunc as *mut c_void));
        slots.push(slot(ffi::Py_sq_item, item as ffi::ssizeargfunc as *mut c_void));
    }
    slots.push(ffi::PyType_Slot::default());
    let mut spec = ffi::PyType_Spec {
        name: kind.name().as_ptr(),
        basicsize: c_int::try_from(size_of::<Object>()).unwrap_or(0),
        itemsize: 0,
        flags: u32::try_from(ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION).unwrap_or(0),
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec and its slots are complete; the interpreter copies them, and the name is static.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)) }?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

unsafe extern "C" fn getbuffer(object: *mut PyObject, view: *mut ffi::Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the interpreter calls the slot of our type with an object of it and the struct of the consumer; the state
    // is never freed.
    unsafe { (*(*object.cast::<Object>()).state).get(object, view, flags) }
}

unsafe extern "C" fn releasebuffer(object: *mut PyObject, view: *mut ffi::Py_buffer) {
    // SAFETY: as above.
    unsafe { (*(*object.cast::<Object>()).state).release(view) }
}

unsafe extern "C" fn length(object: *mut PyObject) -> isize {
    // SAFETY: as above; `items` is a list that lives as long as the process, or null, and an exception is set with -1.
    unsafe {
        let items = (*(*object.cast::<Object>()).state).items;
        if items.is_null() {
            ffi::PyErr_SetString(
                ffi::PyExc_TypeError,
                c"a buffer without axes has no length".as_ptr(),
            );
            return -1;
        }
        ffi::PySequence_Size(items)
    }
}

unsafe extern "C" fn item(object: *mut PyObject, index: isize) -> *mut PyObject {
    // SAFETY: as above.
    unsafe {
        let items = (*(*object.cast::<Object>()).state).items;
        if items.is_null() {
            ffi::PyErr_SetString(
                ffi::PyExc_TypeError,
                c"a buffer without axes has no items".as_ptr(),
            );
            return std::ptr::null_mut();
        }
        ffi::PySequence_GetItem(items, index)
    }
}
