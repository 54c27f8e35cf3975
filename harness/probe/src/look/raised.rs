//! Exceptions: taken off the interpreter, described, and let go before anything is counted.
//!
//! Knows how the interpreter hands an exception over. Must never know whether it was due.

use std::ptr;

use bufcheck_model::observation::Raised;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::look::object::{text, type_name};

/// Characters of a message that are kept.
const MESSAGE_CHARS: usize = 300;

/// An exception that was set, now ours. Its traceback may hold the exporter: drop it before counting.
pub(crate) struct Exception<'py> {
    py: Python<'py>,
    kind: *mut PyObject,
    value: *mut PyObject,
    traceback: *mut PyObject,
    /// `str()` of it.
    message: *mut PyObject,
}

impl<'py> Exception<'py> {
    /// Takes the exception that is set, if one is.
    #[inline]
    pub(crate) fn take(py: Python<'py>) -> Option<Self> {
        // SAFETY: the token says that the GIL is held.
        (!unsafe { ffi::PyErr_Occurred() }.is_null()).then(|| Self::fetch(py))
    }

    fn fetch(py: Python<'py>) -> Self {
        let mut taken = Self {
            py,
            kind: ptr::null_mut(),
            value: ptr::null_mut(),
            traceback: ptr::null_mut(),
            message: ptr::null_mut(),
        };
        // SAFETY: the out-pointers are ours; the call gives us the references that it writes there.
        unsafe {
            let Self {
                kind,
                value,
                traceback,
                ..
            } = &mut taken;
            ffi::PyErr_Fetch(kind, value, traceback);
        }
        taken.message = taken.find_message();
        taken
    }

    /// A new reference to the `str()` of the exception; null if it has none.
    fn find_message(&mut self) -> *mut PyObject {
        // SAFETY: the three references are ours and are passed back as they came. `str()` may run code of
        // the exporter and raise; what it raises is dropped, whatever it is.
        unsafe {
            // Before 3.12 the C API leaves the bare text until somebody needs the exception.
            if !self.value.is_null() && ffi::PyUnicode_CheckExact(self.value) != 0 && is_plain(self.kind) {
                ffi::Py_INCREF(self.value);
                return self.value;
            }
            ffi::PyErr_NormalizeException(&raw mut self.kind, &raw mut self.value, &raw mut self.traceback);
            if self.value.is_null() {
                return ptr::null_mut();
            }
            let message = ffi::PyObject_Str(self.value);
            if message.is_null() {
                ffi::PyErr_Clear();
            }
            message
        }
    }

    /// What tells two exceptions of one kind apart, without building strings: address of the type.
    pub(crate) fn kind(&self) -> usize {
        self.kind as usize
    }

    /// The kept part of the message, in UTF-8; empty where it has none that UTF-8 can hold as it is.
    pub(crate) fn message_bytes(&self) -> &[u8] {
        if self.message.is_null() {
            return &[];
        }
        let mut len = 0;
        // SAFETY: `message` is a string that we own; the bytes belong to it and live as long.
        let bytes = unsafe {
            let start = ffi::PyUnicode_AsUTF8AndSize(self.message, &raw mut len);
            if start.is_null() {
                ffi::PyErr_Clear();
                return &[];
            }
            std::slice::from_raw_parts(start.cast::<u8>(), len.cast_unsigned())
        };
        if bytes.len() <= MESSAGE_CHARS {
            return bytes;
        }
        let cut = std::str::from_utf8(bytes).map_or(0, |text| cut(text).len());
        &bytes[..cut]
    }

    /// Describes it in words.
    pub(crate) fn describe(&self) -> Raised {
        // SAFETY: both references are ours, and the conversions take references of their own.
        let (kind, message) = unsafe {
            (
                Bound::from_borrowed_ptr_or_opt(self.py, self.kind),
                Bound::from_borrowed_ptr_or_opt(self.py, self.message),
            )
        };
        let kind = kind.and_then(|kind| kind.cast_into::<PyType>().ok());
        let message = message.and_then(|message| message.cast_into::<PyString>().ok());
        Raised {
            type_name: kind.as_ref().map_or_else(|| "?".to_owned(), type_name),
            is_buffer_error: kind.is_some_and(|kind| {
                // SAFETY: both are exception types that live across the call.
                unsafe { ffi::PyErr_GivenExceptionMatches(kind.as_ptr(), ffi::PyExc_BufferError) != 0 }
            }),
            message: message.map_or_else(String::new, |message| cut(&text(&message)).to_owned()),
        }
    }

    /// A reference to its type, so that the address stays taken.
    pub(crate) fn keep_kind(&self) -> Option<Py<PyAny>> {
        // SAFETY: the reference is ours, and the conversion takes one of its own.
        unsafe { Bound::from_borrowed_ptr_or_opt(self.py, self.kind) }.map(Bound::unbind)
    }
}

impl Drop for Exception<'_> {
    fn drop(&mut self) {
        // SAFETY: the references are ours, given up once; null is allowed.
        unsafe {
            ffi::Py_XDECREF(self.message);
            ffi::Py_XDECREF(self.traceback);
            ffi::Py_XDECREF(self.value);
            ffi::Py_XDECREF(self.kind);
        }
    }
}

/// Whether `str()` of an exception made of one text is that text, for certain: the built-in types that C
/// code raises.
fn is_plain(kind: *mut PyObject) -> bool {
    // SAFETY: constants that the interpreter exports, only compared.
    unsafe {
        kind == ffi::PyExc_BufferError
            || kind == ffi::PyExc_ValueError
            || kind == ffi::PyExc_TypeError
            || kind == ffi::PyExc_SystemError
            || kind == ffi::PyExc_RuntimeError
            || kind == ffi::PyExc_NotImplementedError
    }
}

/// Describes an exception that pyo3 holds.
pub(crate) fn describe(py: Python<'_>, error: &PyErr) -> Raised {
    let message = error
        .value(py)
        .str()
        .map_or_else(|_| String::new(), |message| text(&message));
    Raised {
        type_name: type_name(&error.get_type(py)),
        is_buffer_error: error.is_instance_of::<PyBufferError>(py),
        message: cut(&message).to_owned(),
    }
}

/// The first [`MESSAGE_CHARS`] characters.
pub(crate) fn cut(text: &str) -> &str {
    match text.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
