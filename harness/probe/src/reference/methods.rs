//! Methods that touch the memory: `resize(*shape)`, `close()`, `fill(byte)`.
//!
//! Knows the lock: what moves or ends memory is refused while views are held, what writes in place is
//! not. Must never know requests.

use std::fmt::Write as _;
use std::sync::OnceLock;

use bufcheck_model::reference::{DefectKind, LockFault, ReferenceSpec};
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

use super::body::{alone, state_of};
use super::fault::change_data;
use super::plan::Plan;
use super::state::State;

/// The method table, for the life of the process.
pub(super) fn table() -> *mut ffi::PyMethodDef {
    static TABLE: OnceLock<usize> = OnceLock::new();
    let address = TABLE.get_or_init(|| {
        let method = |name: &'static std::ffi::CStr, function: ffi::PyCFunction, flags| ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunction: function,
            },
            ml_flags: flags,
            ml_doc: std::ptr::null(),
        };
        let methods = [
            method(c"resize", resize, ffi::METH_VARARGS),
            method(c"close", close, ffi::METH_NOARGS),
            method(c"fill", fill, ffi::METH_O),
            ffi::PyMethodDef::zeroed(),
        ];
        Box::leak(Box::new(methods)).as_mut_ptr().expose_provenance()
    });
    std::ptr::with_exposed_provenance_mut(*address)
}

unsafe extern "C" fn resize(object: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, attached, with an instance and a tuple.
    unsafe {
        run(object, arguments, |state, arguments| {
            let shape: Vec<u64> = arguments.extract()?;
            if shape.len() != state.spec.shape.len() || !is_plain(&state.spec) {
                return Err(PyTypeError::new_err(
                    "only memory in C order can be resized, axis by axis",
                ));
            }
            let spec = ReferenceSpec {
                shape,
                ..state.spec.clone()
            };
            let plan = Plan::own(&spec)?;
            check_lock(state)?;
            // Views are held here only if the lock is missing.
            state.exchange(plan);
            Ok(())
        })
    }
}

unsafe extern "C" fn close(object: *mut ffi::PyObject, arguments: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, attached, with an instance; there are no arguments.
    unsafe {
        let none = if arguments.is_null() {
            ffi::Py_None()
        } else {
            arguments
        };
        run(object, none, |state, _| {
            check_lock(state)?;
            if let Some(block) = state.plan.borrow().block().filter(|_| state.held.get() > 0) {
                block.scribble(0xdd);
            }
            state.closed.set(true);
            Ok(())
        })
    }
}

unsafe extern "C" fn fill(object: *mut ffi::PyObject, byte: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, attached, with an instance and an object.
    unsafe {
        run(object, byte, |state, byte| {
            let byte: u8 = byte.extract()?;
            let plan = state.plan.borrow();
            let Some(block) = plan.block().filter(|_| !state.spec.readonly) else {
                return Err(PyTypeError::new_err("the memory is not to be written"));
            };
            let size = usize::try_from(plan.layout.size())?;
            let mut bytes = String::new();
            for _ in 0..size {
                write!(bytes, "{byte:02x}").map_err(|error| PyValueError::new_err(error.to_string()))?;
            }
            let shape = plan.layout.shape().to_vec();
            let spec = ReferenceSpec {
                bytes: Some(bytes),
                shape,
                ..state.spec.clone()
            };
            let image = spec
                .image()
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
            block.load(&image);
            Ok(())
        })
    }
}

/// Whether the layout can be made again with another shape.
fn is_plain(spec: &ReferenceSpec) -> bool {
    spec.strides.is_none()
        && spec.suboffsets.is_none()
        && spec.bytes.is_none()
        && spec.offset.is_none()
        && spec.block.is_none()
}

/// Refuses while views are held. Without a release slot nobody knows when they end: then for ever.
fn check_lock(state: &State) -> PyResult<()> {
    let fault = match state.spec.defect.as_ref().map(|defect| defect.kind) {
        Some(DefectKind::Lock(fault)) => Some(fault),
        _ => None,
    };
    let locked = state.held.get() > 0 || (!state.spec.release_slot && state.ever_granted.get());
    let message = "views are held";
    match fault {
        _ if state.plan.borrow().block().is_none() || state.next.is_some() => {
            Err(PyTypeError::new_err("the memory belongs to another exporter"))
        }
        _ if !locked => Ok(()),
        Some(LockFault::Missing) => Ok(()),
        Some(LockFault::ValueError) => Err(PyValueError::new_err(message)),
        Some(LockFault::TooLate) => {
            change_data(&state.plan.borrow());
            Err(PyBufferError::new_err(message))
        }
        Some(LockFault::EndedByFirst | LockFault::Endless) | None => Err(PyBufferError::new_err(message)),
    }
}

/// Runs a method: None, or the exception.
///
/// # Safety
///
/// `object` is a live reference exporter, `argument` a live object, and the interpreter is attached.
unsafe fn run(
    object: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
    body: impl FnOnce(&State, &Bound<'_, PyAny>) -> PyResult<()>,
) -> *mut ffi::PyObject {
    // SAFETY: as promised by the caller.
    unsafe {
        let py = Python::assume_attached();
        let argument = Bound::from_borrowed_ptr(py, argument);
        match alone(object, || body(state_of(object), &argument)) {
            Ok(()) => ffi::Py_NewRef(ffi::Py_None()),
            Err(error) => {
                error.restore(py);
                std::ptr::null_mut()
            }
        }
    }
}
