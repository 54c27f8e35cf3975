//! Where things lie in objects of the interpreter that the stable ABI does not tell: the buffer slots of a type, and the
//! function of a wrapper descriptor.
//!
//! Knows the layouts of CPython 3.11 to 3.15 with a lock, and proves them on `bytearray` before anything is changed.
//! Must never write.

use std::ffi::{c_char, c_int, c_ulong, c_void};

use pyo3::ffi::{self, Py_buffer, PyObject, PyTypeObject};

/// `getbufferproc`.
pub(super) type Get = unsafe extern "C" fn(*mut PyObject, *mut Py_buffer, c_int) -> c_int;

/// `releasebufferproc`.
pub(super) type Release = unsafe extern "C" fn(*mut PyObject, *mut Py_buffer);

/// `PyBufferProcs`; a slot that is empty is 0.
#[repr(C)]
pub(super) struct Procs {
    pub(super) get: usize,
    pub(super) release: usize,
}

/// The head of a type, up to its flags.
#[repr(C)]
pub(super) struct TypeHead {
    object: PyObject,
    size: isize,
    pub(super) name: *const c_char,
    basicsize: isize,
    itemsize: isize,
    /// From `tp_dealloc` to `tp_setattro`.
    slots: [*mut c_void; 14],
    pub(super) buffer: *mut Procs,
    flags: c_ulong,
}

/// A wrapper descriptor.
#[repr(C)]
pub(super) struct Wrapper {
    object: PyObject,
    of: *mut c_void,
    name: *mut c_void,
    qualname: *mut c_void,
    base: *mut c_void,
    pub(super) wrapped: usize,
}

const HEAP_TYPE: c_ulong = 1 << 9;

impl TypeHead {
    /// # Safety
    ///
    /// `kind` is a type.
    pub(super) unsafe fn of<'a>(kind: *mut PyTypeObject) -> &'a Self {
        // SAFETY: the caller's promise, and the layout that `verify` has proven.
        unsafe { &*kind.cast::<Self>() }
    }

    pub(super) fn is_heap(&self) -> bool {
        self.flags & HEAP_TYPE != 0
    }
}

/// The buffer slots of a type: functions, or 0.
///
/// # Safety
///
/// `kind` is a type.
#[inline]
pub(super) unsafe fn slots(kind: *mut PyTypeObject) -> (usize, usize) {
    // SAFETY: the caller's promise; the pointer to the slots is NULL or leads to them.
    unsafe {
        match TypeHead::of(kind).buffer.as_ref() {
            Some(procs) => (procs.get, procs.release),
            None => (0, 0),
        }
    }
}

/// The type of an object.
///
/// # Safety
///
/// `object` is an object.
#[inline]
pub(super) unsafe fn kind(object: *mut PyObject) -> *mut PyTypeObject {
    // SAFETY: the caller's promise.
    unsafe { ffi::Py_TYPE(object) }
}

/// Whether types lie as they are read here.
pub(super) fn verify() -> Result<(), String> {
    let types = [
        &raw mut ffi::PyByteArray_Type,
        &raw mut ffi::PyBytes_Type,
        &raw mut ffi::PyLong_Type,
    ];
    for kind in types {
        // SAFETY: a static type of the interpreter, and a function of the stable ABI.
        let (told, lies) = unsafe {
            let told = [ffi::Py_bf_getbuffer, ffi::Py_bf_releasebuffer]
                .map(|slot| ffi::PyType_GetSlot(kind, slot) as usize);
            (told, slots(kind))
        };
        if told != [lies.0, lies.1] {
            return Err(
                "the types of this interpreter lie otherwise in memory than those of CPython 3.11 to 3.15"
                    .into(),
            );
        }
    }
    Ok(())
}
