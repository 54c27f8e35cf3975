//! Python objects seen from outside: counts of references, slots of types, whether an address can be one.
//!
//! Knows how an object lies in memory in every version of `CPython` that the stable ABI covers. Must never
//! know buffers.

use std::ffi::c_int;

use bufcheck_model::observation::Owner;
use pyo3::ffi::{self, PyObject, PyTypeObject};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::look::memory::Pages;

/// Reads reference counts as the running interpreter keeps them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// From 3.12 on objects can be immortal, and from 3.14 on only the low half of the word counts.
    low_half: bool,
}

impl Counts {
    pub(crate) fn new(_: Python<'_>) -> Self {
        // SAFETY: a constant that the interpreter exports; the token says that it is loaded and running.
        let version = unsafe { ffi::Py_Version };
        Self {
            low_half: version >= 0x030c_0000,
        }
    }

    /// The references of an object; `None` if it is immortal, so that they do not move.
    ///
    /// # Safety
    ///
    /// `object` points to an object, and the caller holds the GIL.
    #[inline]
    pub(crate) unsafe fn of(self, object: *mut PyObject) -> Option<i64> {
        // SAFETY: the caller's promise; the count is the first word of every object of a build with a GIL.
        let raw = unsafe { object.cast::<usize>().read() };
        if !self.low_half {
            return Some(raw.cast_signed() as i64);
        }
        #[cfg(target_pointer_width = "64")]
        let immortal = raw & 0x8000_0000 != 0;
        #[cfg(not(target_pointer_width = "64"))]
        let immortal = raw >= 0x3fff_ffff;
        (!immortal).then_some((raw & 0xffff_ffff).cast_signed() as i64)
    }
}

/// What a type puts into its buffer slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BufferSlots {
    /// `bf_getbuffer` is filled.
    pub(crate) exports: bool,
    /// `bf_releasebuffer` is filled.
    pub(crate) releases: bool,
}

impl BufferSlots {
    pub(crate) fn of(kind: &Bound<'_, PyType>) -> Self {
        let filled = |slot: c_int| {
            // SAFETY: `kind` is a type; from 3.10 on the call takes static types as well.
            !unsafe { ffi::PyType_GetSlot(kind.as_type_ptr(), slot) }.is_null()
        };
        Self {
            exports: filled(ffi::Py_bf_getbuffer),
            releases: filled(ffi::Py_bf_releasebuffer),
        }
    }
}

/// The name of a type: `bytes`, `numpy.ndarray`, `mymodule.Outer.Inner`.
pub(crate) fn type_name(kind: &Bound<'_, PyType>) -> String {
    kind.fully_qualified_name()
        .map_or_else(|_| "?".to_owned(), |name| text(&name))
}

/// The characters of a string; what UTF-8 cannot hold is escaped.
pub(crate) fn text(string: &Bound<'_, PyString>) -> String {
    match string.to_cow() {
        Ok(text) => text.into_owned(),
        Err(_) => string.to_string_lossy().into_owned(),
    }
}

/// The word behind the reference count.
///
/// # Safety
///
/// Two words at `object` can be read.
#[inline]
unsafe fn type_of(object: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { (object as *const usize).add(1).read() }
}

/// Whether an object can be at this address: aligned, readable, referenced, of a type that is a type.
#[inline]
pub(crate) fn is_plausible(pages: &mut Pages, address: usize) -> bool {
    if !can_hold_object(pages, address) {
        return false;
    }
    // SAFETY: two words are readable there, as was just seen.
    let (count, kind) = unsafe { ((address as *const usize).read(), type_of(address)) };
    count != 0 && is_type(pages, kind, 3)
}

fn can_hold_object(pages: &mut Pages, address: usize) -> bool {
    address != 0
        && address.is_multiple_of(align_of::<usize>())
        && pages.readable(address, 2 * size_of::<usize>())
}

/// Whether a type is at this address, looking at most `depth` metaclasses up.
fn is_type(pages: &mut Pages, address: usize, depth: u8) -> bool {
    if !can_hold_object(pages, address) {
        return false;
    }
    // SAFETY: two words are readable there, as was just seen.
    let meta = unsafe { type_of(address) };
    let root = &raw mut ffi::PyType_Type;
    if meta == root as usize {
        return true;
    }
    // SAFETY: `meta` was found to be a type, so its bases can be looked through.
    depth > 0
        && is_type(pages, meta, depth - 1)
        && unsafe { ffi::PyType_IsSubtype(meta as *mut PyTypeObject, root) } != 0
}

/// Describes an object that was found in the `obj` field.
///
/// # Safety
///
/// `object` points to an object.
pub(crate) unsafe fn owner(py: Python<'_>, object: *mut PyObject) -> Owner {
    // SAFETY: the caller's promise; the new reference keeps the object while it is described.
    let bound = unsafe { Bound::from_borrowed_ptr(py, object) };
    let kind = bound.get_type();
    let slots = BufferSlots::of(&kind);
    Owner {
        type_name: type_name(&kind),
        address: object as u64,
        exports: slots.exports,
        releases: slots.releases,
    }
}
