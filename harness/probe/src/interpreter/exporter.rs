//! An exporter of the suite's own, which writes down what it is asked.
//!
//! Knows its Python types, what it grants in each mode, and its log. Must never know who asks, or why.

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::rc::Rc;

use bufcheck_model::interpreter::{Mode, View};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::Request;
use pyo3::ffi::{self, Py_buffer, PyObject};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::table::Table;

/// What `internal` of a granted view is.
const INTERNAL: usize = 0x5bcd;

/// What an exporter answers from.
pub(super) struct State {
    /// What stands before each line of the log.
    role: &'static str,
    memory: *mut u8,
    behaviour: Behaviour,
    table: Table,
    log: Log,
    /// Arrays and format, which granted views point to.
    arrays: [Option<Vec<isize>>; 3],
    format: Option<CString>,
    view: View,
    class: LayoutClass,
    /// What requests are handed on to; null where nothing is.
    root: *mut PyObject,
}

/// What was asked, in order, by all exporters of a call.
pub(super) type Log = Rc<RefCell<Vec<String>>>;

/// How an exporter answers.
#[derive(Clone, Copy)]
pub(super) enum Behaviour {
    /// By its view.
    View(Mode),
    /// By `PyBuffer_FillInfo` with this length and this `readonly`.
    FillInfo(isize, c_int),
}

#[repr(C)]
struct Exporter {
    head: PyObject,
    /// Never null, and never freed: the process of a call is short.
    state: *const State,
}

impl State {
    /// What it takes to answer; the memory is where the view's own begins.
    pub(super) fn new(
        role: &'static str,
        (view, memory): (&View, *mut u8),
        behaviour: Behaviour,
        table: Table,
        log: &Log,
    ) -> Option<Self> {
        let array = |numbers: &Option<Vec<i64>>| {
            let numbers = numbers.as_ref()?.iter();
            Some(
                numbers
                    .map(|number| isize::try_from(*number).unwrap_or(isize::MAX))
                    .collect(),
            )
        };
        Some(Self {
            role,
            memory,
            behaviour,
            table,
            log: Rc::clone(log),
            arrays: [array(&view.shape), array(&view.strides), array(&view.suboffsets)],
            format: view
                .format
                .as_ref()
                .and_then(|format| CString::new(format.as_str()).ok()),
            class: view.layout().ok()?.class(),
            view: view.clone(),
            root: ptr::null_mut(),
        })
    }

    /// Hands requests on to this object.
    pub(super) fn hand_on(&mut self, root: *mut PyObject) {
        self.root = root;
    }

    fn note(&self, what: &str) {
        let line = match self.role {
            "" => what.to_owned(),
            role => format!("{role} {what}"),
        };
        self.log.borrow_mut().push(line);
    }

    /// Answers a request.
    ///
    /// # Safety
    ///
    /// `view` leads to a struct that may be written, `object` is an exporter with this state.
    unsafe fn get(&self, object: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
        let request = Request::new(flags);
        let answer = match self.behaviour {
            // SAFETY: the function is called as an exporter calls it, in its slot and with its own arguments.
            Behaviour::FillInfo(len, readonly) => self.table.fill_info.map_or(-1, |fill_info| unsafe {
                fill_info(view, object, self.memory.cast(), len, readonly, flags)
            }),
            Behaviour::View(Mode::Redirect) => {
                self.note(&format!("get {} handed on", request.hex()));
                // SAFETY: the root is an exporter that lives as long as this one.
                return unsafe {
                    self.table
                        .get_buffer
                        .map_or(-1, |get| get(self.root, view, flags))
                };
            }
            Behaviour::View(mode) => {
                if self.grants(mode, request) {
                    // SAFETY: the caller's promise.
                    unsafe { self.fill(object, view, mode, request) };
                    0
                } else {
                    // SAFETY: the caller's promise; an exception type of the interpreter lives as long as it does.
                    unsafe {
                        (*view).obj = ptr::null_mut();
                        let kind = match mode {
                            Mode::RefuseValue => ffi::PyExc_ValueError,
                            _ => ffi::PyExc_BufferError,
                        };
                        ffi::PyErr_SetString(kind, c"refused".as_ptr());
                    }
                    -1
                }
            }
        };
        let verdict = if answer == 0 { "granted" } else { "refused" };
        self.note(&format!("get {} {verdict}", request.hex()));
        answer
    }

    fn grants(&self, mode: Mode, request: Request) -> bool {
        let readonly = self.view.readonly != 0;
        match mode {
            Mode::Full => true,
            Mode::Refuse | Mode::RefuseValue => false,
            Mode::Strict | Mode::WritableWhenAsked | Mode::Redirect => {
                native_meets(request, self.class) && !(readonly && request.wants_writable())
            }
        }
    }

    /// # Safety
    ///
    /// As [`State::get`].
    unsafe fn fill(&self, object: *mut PyObject, to: *mut Py_buffer, mode: Mode, request: Request) {
        let all = matches!(mode, Mode::Full);
        let array = |which: usize, wanted: bool| {
            let array = self.arrays[which].as_ref().filter(|_| wanted || all);
            array.map_or(ptr::null_mut(), |array| array.as_ptr().cast_mut())
        };
        let format = self.format.as_ref().filter(|_| request.wants_format() || all);
        let hides = matches!(mode, Mode::WritableWhenAsked) && !request.wants_writable();
        let takes_suboffsets = request.takes_suboffsets();
        // SAFETY: the caller's promise; the reference is the view's own, and the arrays live as long as the process.
        unsafe {
            ffi::Py_INCREF(object);
            to.write(Py_buffer {
                buf: self.memory.wrapping_add(self.view.start).cast::<c_void>(),
                obj: object,
                len: isize::try_from(self.view.len()).unwrap_or(isize::MAX),
                itemsize: isize::try_from(self.view.itemsize).unwrap_or(isize::MAX),
                readonly: if hides { 1 } else { self.view.readonly },
                ndim: self.view.ndim(),
                format: format
                    .map_or(ptr::null_mut(), |format| format.as_ptr().cast_mut())
                    .cast::<c_char>(),
                shape: array(0, request.wants_shape()),
                strides: array(1, request.wants_strides()),
                suboffsets: array(2, takes_suboffsets),
                internal: ptr::without_provenance_mut(INTERNAL),
            });
        }
    }

    /// Notes a release.
    ///
    /// # Safety
    ///
    /// `view` leads to a struct that may be read.
    unsafe fn release(&self, object: *mut PyObject, view: *mut Py_buffer) {
        // SAFETY: the caller's promise.
        let (obj, internal) = unsafe { ((*view).obj, (*view).internal) };
        let mine = match self.behaviour {
            Behaviour::View(_) => internal.addr() == INTERNAL,
            Behaviour::FillInfo(..) => internal.is_null(),
        };
        let what = match (obj == object, mine) {
            (true, true) => "release",
            (false, _) => "release with another obj",
            (true, false) => "release with another internal",
        };
        self.note(what);
    }
}

/// A new exporter, whose state lives as long as the process.
pub(super) fn new(py: Python<'_>, state: State, releases: bool) -> PyResult<Bound<'_, PyAny>> {
    static WITH: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static WITHOUT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = if releases { &WITH } else { &WITHOUT };
    let class = class.get_or_try_init(py, || create(py, releases))?.as_ptr();
    let state: *const State = Box::leak(Box::new(state));
    // SAFETY: the type is alive, and its basicsize is that of `Exporter`.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class.cast(), 0);
        let object = Bound::from_owned_ptr_or_err(py, object)?;
        (*object.as_ptr().cast::<Exporter>()).state = state;
        Ok(object)
    }
}

fn create(py: Python<'_>, releases: bool) -> PyResult<Py<PyType>> {
    let slot = |slot: c_int, function: *mut c_void| ffi::PyType_Slot {
        slot,
        pfunc: function,
    };
    let release = if releases {
        slot(
            ffi::Py_bf_releasebuffer,
            releasebuffer as ffi::releasebufferproc as *mut c_void,
        )
    } else {
        ffi::PyType_Slot::default()
    };
    let mut slots = [
        slot(
            ffi::Py_bf_getbuffer,
            getbuffer as ffi::getbufferproc as *mut c_void,
        ),
        release,
        ffi::PyType_Slot::default(),
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"bufcheck.Exporter".as_ptr(),
        basicsize: c_int::try_from(size_of::<Exporter>()).unwrap_or(0),
        itemsize: 0,
        flags: u32::try_from(ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION).unwrap_or(0),
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec and its slots are complete; the interpreter copies them, and the name is static.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)) }?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

unsafe extern "C" fn getbuffer(object: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: the interpreter calls the slot of our type with an object of it and a struct that may be written; the
    // state is never freed.
    unsafe { (*(*object.cast::<Exporter>()).state).get(object, view, flags) }
}

unsafe extern "C" fn releasebuffer(object: *mut PyObject, view: *mut Py_buffer) {
    // SAFETY: as above.
    unsafe { (*(*object.cast::<Exporter>()).state).release(object, view) }
}
