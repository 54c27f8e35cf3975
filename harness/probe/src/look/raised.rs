//! Exceptions: taken off the interpreter, described, and let go before anything is counted.
//!
//! Knows how the interpreter hands an exception over. Must never know whether it was due.

use std::ptr;

use bufcheck_model::observation::Raised;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::look::object::{text, type_name};

/// Characters of a message that are kept.
const MESSAGE_CHARS: usize = 300;

/// An exception that was set, now ours. Its traceback may hold the exporter: drop it before counting.
pub(crate) struct Exception<'py> {
    py: Python<'py>,
    kind: *mut PyObject,
    value: *mut PyObject,
    traceback: *mut PyObject,
    /// What stands for its message: see [`Exception::find_message`].
    message: Message,
}

/// The message of an exception.
enum Message {
    /// It was not looked for yet.
    Unread,
    /// There is none.
    Absent,
    /// A string that UTF-8 can hold, or bytes with the rest of it escaped.
    Found(*mut PyObject),
}

impl<'py> Exception<'py> {
    /// Takes the exception that is set, if one is. No code of the exporter runs.
    #[inline]
    pub(crate) fn take(py: Python<'py>) -> Option<Self> {
        // SAFETY: the token says that this thread is attached.
        (!unsafe { ffi::PyErr_Occurred() }.is_null()).then(|| Self::fetch(py))
    }

    fn fetch(py: Python<'py>) -> Self {
        let mut taken = Self {
            py,
            kind: ptr::null_mut(),
            value: ptr::null_mut(),
            traceback: ptr::null_mut(),
            message: Message::Unread,
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
        taken
    }

    /// Looks for its message, which may run code of the exporter.
    pub(crate) fn find_message(&mut self) {
        if matches!(self.message, Message::Unread) {
            let text = self.find_text();
            self.message = if text.is_null() {
                Message::Absent
            } else {
                Message::Found(printable(text))
            };
        }
    }

    /// A new reference to the `str()` of the exception; null if it has none.
    fn find_text(&mut self) -> *mut PyObject {
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

    /// The kept part of the message, in UTF-8, as it is described; empty where it has none, or was not looked for.
    pub(crate) fn message_bytes(&self) -> &[u8] {
        let Message::Found(message) = self.message else {
            return &[];
        };
        // SAFETY: `message` is ours, and the bytes belong to it and live as long.
        let bytes = unsafe { utf8(message) };
        if bytes.len() <= MESSAGE_CHARS {
            return bytes;
        }
        let cut = std::str::from_utf8(bytes).map_or(0, |text| cut(text).len());
        &bytes[..cut]
    }

    /// Whether code written in Python raised it.
    pub(crate) fn is_raised_in_python(&self) -> bool {
        !self.traceback.is_null()
    }

    /// Whether its message is this.
    pub(crate) fn says(&mut self, message: &str) -> bool {
        self.find_message();
        self.message_bytes() == message.as_bytes()
    }

    /// Describes it in words.
    pub(crate) fn describe(&mut self) -> Raised {
        self.find_message();
        // SAFETY: the reference is ours, and the conversion takes one of its own.
        let kind = unsafe { Bound::from_borrowed_ptr_or_opt(self.py, self.kind) };
        let kind = kind.and_then(|kind| kind.cast_into::<PyType>().ok());
        Raised {
            type_name: kind.as_ref().map_or_else(|| "?".to_owned(), type_name),
            is_buffer_error: kind.is_some_and(|kind| {
                // SAFETY: both are exception types that live across the call.
                unsafe { ffi::PyErr_GivenExceptionMatches(kind.as_ptr(), ffi::PyExc_BufferError) != 0 }
            }),
            message: String::from_utf8_lossy(self.message_bytes()).into_owned(),
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
            if let Message::Found(message) = self.message {
                ffi::Py_DECREF(message);
            }
            ffi::Py_XDECREF(self.traceback);
            ffi::Py_XDECREF(self.value);
            ffi::Py_XDECREF(self.kind);
        }
    }
}

/// A string if UTF-8 can hold it, else its bytes with what UTF-8 cannot hold escaped, so that two messages that
/// differ there alone stay apart. Takes the reference and gives a new one.
fn printable(text: *mut PyObject) -> *mut PyObject {
    // SAFETY: `text` is a string that we own; it is given back or given up.
    unsafe {
        if !ffi::PyUnicode_AsUTF8AndSize(text, ptr::null_mut()).is_null() {
            return text;
        }
        ffi::PyErr_Clear();
        let escaped = ffi::PyUnicode_AsEncodedString(text, c"utf-8".as_ptr(), c"backslashreplace".as_ptr());
        if escaped.is_null() {
            ffi::PyErr_Clear();
            return text;
        }
        ffi::Py_DECREF(text);
        escaped
    }
}

/// The bytes of a string, or of bytes; none where they cannot be had.
///
/// # Safety
///
/// `object` is a string or bytes, and lives for `'a`.
unsafe fn utf8<'a>(object: *mut PyObject) -> &'a [u8] {
    let mut len = 0;
    // SAFETY: the caller's promise; both calls give memory that belongs to the object.
    unsafe {
        let start = if ffi::PyUnicode_Check(object) != 0 {
            ffi::PyUnicode_AsUTF8AndSize(object, &raw mut len)
        } else {
            len = ffi::PyBytes_Size(object);
            ffi::PyBytes_AsString(object).cast_const()
        };
        if start.is_null() || len < 0 {
            ffi::PyErr_Clear();
            return &[];
        }
        std::slice::from_raw_parts(start.cast::<u8>(), len.cast_unsigned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use pyo3::types::PyDict;

    /// What is seen of the exception that this statement raises: bytes that tell it apart, and its message.
    fn seen(py: Python<'_>, statement: &std::ffi::CStr) -> (Vec<u8>, String) {
        let error = py.run(statement, Some(&PyDict::new(py)), None);
        error.unwrap_err().restore(py);
        let mut exception = Exception::take(py).unwrap();
        assert!(Exception::take(py).is_none());
        exception.find_message();
        let bytes = exception.message_bytes().to_vec();
        (bytes, exception.describe().message)
    }

    #[test]
    fn messages_that_differ_in_lone_surrogates_alone_are_told_apart() {
        Python::initialize();
        Python::attach(|py| {
            let (one, text) = seen(py, c"raise BufferError('byte \\udc80')");
            let (other, _) = seen(py, c"raise BufferError('byte \\udc81')");
            assert_ne!(one, other);
            assert_eq!(text, "byte \\udc80");
            assert_eq!(one, text.as_bytes());
        });
    }

    #[test]
    fn an_exception_whose_text_cannot_be_had_has_no_message() {
        Python::initialize();
        Python::attach(|py| {
            let odd = c"class E(Exception):\n    def __str__(self): raise ValueError('no')\nraise E";
            assert_eq!(seen(py, odd), (Vec::new(), String::new()));
            assert!(Exception::take(py).is_none());
        });
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        Python::initialize();
        Python::attach(|py| {
            let (bytes, text) = seen(py, c"raise ValueError('\\u00e4' * 1000)");
            assert_eq!(text.chars().count(), MESSAGE_CHARS);
            assert_eq!(bytes, text.as_bytes());
        });
    }
}
