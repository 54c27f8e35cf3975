//! Where the program is: the line of Python code, and the test.
//!
//! Knows frames and code objects. Must never change anything that the program can see: what is set stays set, and no
//! collection starts here.

use std::ffi::{c_char, c_int};
use std::sync::Mutex;

use bufcheck_model::trace::Place;
use pyo3::ffi::{self, PyObject};

unsafe extern "C" {
    fn PyFrame_GetCode(frame: *mut ffi::PyFrameObject) -> *mut PyObject;
    #[link_name = "PyFrame_GetLineNumber"]
    fn frame_line(frame: *mut ffi::PyFrameObject) -> c_int;
}

/// Bytes of a file's name that are kept.
const LONGEST: usize = 4096;

static TEST: Mutex<Option<String>> = Mutex::new(None);

/// Says which test runs.
pub fn set_test(test: Option<String>) {
    if let Ok(mut current) = TEST.lock() {
        *current = test;
    }
}

/// Puts back what the program had set: the exception, `errno`, and whether the collector runs.
pub(super) struct Undisturbed {
    exception: [*mut PyObject; 3],
    errno: c_int,
    collects: bool,
}

impl Undisturbed {
    /// # Safety
    ///
    /// The thread is attached to the interpreter, and stays so until this is dropped.
    pub(super) unsafe fn new() -> Self {
        let mut exception = [std::ptr::null_mut(); 3];
        let [kind, value, traceback] = &mut exception;
        // SAFETY: the caller's promise; `errno` is this thread's own.
        unsafe {
            let errno = *libc::__errno_location();
            #[allow(deprecated, reason = "3.11 has nothing else")]
            ffi::PyErr_Fetch(kind, value, traceback);
            Self {
                exception,
                errno,
                collects: ffi::PyGC_Disable() != 0,
            }
        }
    }
}

impl Drop for Undisturbed {
    fn drop(&mut self) {
        let [kind, value, traceback] = self.exception;
        // SAFETY: as promised to `new`; the references are those that were fetched.
        unsafe {
            if self.collects {
                ffi::PyGC_Enable();
            }
            #[allow(deprecated, reason = "3.11 has nothing else")]
            ffi::PyErr_Restore(kind, value, traceback);
            *libc::__errno_location() = self.errno;
        }
    }
}

/// Where the program is.
///
/// # Safety
///
/// The thread is attached, and somebody holds an [`Undisturbed`].
pub(super) unsafe fn place() -> Option<Place> {
    let test = TEST.lock().ok().and_then(|test| test.clone());
    // SAFETY: the caller's promise; the frame is borrowed, the others are references of ours.
    unsafe {
        let frame = ffi::PyEval_GetFrame();
        if frame.is_null() {
            return test.map(|test| Place {
                file: String::new(),
                line: 0,
                test: Some(test),
            });
        }
        let line = u32::try_from(frame_line(frame)).unwrap_or(0);
        let code = PyFrame_GetCode(frame);
        let name = ffi::PyObject_GetAttrString(code, c"co_filename".as_ptr());
        let file = text(name);
        ffi::Py_XDECREF(name);
        ffi::Py_XDECREF(code);
        ffi::PyErr_Clear();
        Some(Place { file, line, test })
    }
}

/// # Safety
///
/// `string` is NULL or an object, and the thread is attached.
unsafe fn text(string: *mut PyObject) -> String {
    if string.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise; the new string is ours, and its bytes live as long as it.
    unsafe {
        let bytes = ffi::PyUnicode_AsEncodedString(string, c"utf-8".as_ptr(), c"backslashreplace".as_ptr());
        if bytes.is_null() {
            ffi::PyErr_Clear();
            return String::new();
        }
        let start: *const c_char = ffi::PyBytes_AsString(bytes);
        let length = usize::try_from(ffi::PyBytes_Size(bytes))
            .unwrap_or(0)
            .min(LONGEST);
        let copied = std::slice::from_raw_parts(start.cast::<u8>(), length);
        let text = String::from_utf8_lossy(copied).into_owned();
        ffi::Py_DECREF(bytes);
        text
    }
}
