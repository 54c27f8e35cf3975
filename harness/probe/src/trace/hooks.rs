//! What is called instead of `PyObject_GetBuffer`, `PyBuffer_Release` and the slots.
//!
//! Knows which request or release is seen twice on its way from the entry to the slot. Must never hold anything back:
//! what was called is called, once, with what it was given.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bufcheck_model::trace::Global;
use pyo3::ffi::{self, Py_buffer, PyObject};

use super::asked::around;
use super::raw::{Get, Release, kind, slots};
use super::released::observe;
use super::state::{self, ON};
use super::thunk::original;

/// What the entries did before they were led here.
pub(super) static ENTRIES: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Requests and releases at the slots and at the entries, for the count at the start.
pub(super) static SEEN: [[AtomicU64; 2]; 2] = [const { [const { AtomicU64::new(0) }; 2] }; 2];

/// Places of [`SEEN`].
pub(super) const AT_SLOT: usize = 0;
pub(super) const AT_ENTRY: usize = 1;

/// `PyBUF_READ` and `PyBUF_WRITE`: no requests, and from 3.12 on nobody is asked.
const NO_REQUESTS: [c_int; 2] = [0x100, 0x200];

thread_local! {
    /// The structs that are being filled, and released, by this thread, innermost.
    static FILLING: Cell<*mut Py_buffer> = const { Cell::new(ptr::null_mut()) };
    static RELEASING: Cell<*mut Py_buffer> = const { Cell::new(ptr::null_mut()) };
}

fn seen(release: usize, place: usize) {
    SEEN[release][place].fetch_add(1, Ordering::Relaxed);
}

/// Counts at an entry what is about a `bytearray`, whose slots are always watched.
///
/// # Safety
///
/// `object` is an object.
unsafe fn control(release: usize, object: *mut PyObject) {
    // SAFETY: the caller's promise; a static type is compared by its address.
    if ptr::eq(unsafe { kind(object) }, &raw const ffi::PyByteArray_Type) {
        seen(release, AT_ENTRY);
    }
}

/// A request at the entry.
///
/// # Safety
///
/// What `PyObject_GetBuffer` demands.
pub(super) unsafe extern "C" fn entry_get(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
    from: usize,
) -> c_int {
    // SAFETY: the address of the moved function, stored before its entry was led here.
    let call: Get = unsafe { std::mem::transmute(ENTRIES[0].load(Ordering::Relaxed)) };
    // SAFETY: the caller's promise, as it came.
    let go_on = || unsafe { call(object, view, flags) };
    // SAFETY: `object` is NULL or an object.
    let exports = !object.is_null() && unsafe { slots(kind(object)).0 } != 0;
    if !exports || view.is_null() || NO_REQUESTS.contains(&flags) {
        return go_on();
    }
    if !ON.load(Ordering::Relaxed) {
        // SAFETY: an object.
        unsafe { control(0, object) };
        return go_on();
    }
    if FILLING.get() == view {
        return go_on();
    }
    let outer = FILLING.replace(view);
    // SAFETY: an object whose type has the slot, and a struct.
    let returned = unsafe { around(object, view, flags, from, false, go_on) };
    FILLING.set(outer);
    returned
}

/// A release at the entry.
///
/// # Safety
///
/// What `PyBuffer_Release` demands.
pub(super) unsafe extern "C" fn entry_release(view: *mut Py_buffer, from: usize) {
    // SAFETY: as in `entry_get`.
    let call: unsafe extern "C" fn(*mut Py_buffer) =
        unsafe { std::mem::transmute(ENTRIES[1].load(Ordering::Relaxed)) };
    let watched = ON.load(Ordering::Relaxed) && !view.is_null();
    // SAFETY: a struct that is being released.
    let owned = !view.is_null() && unsafe { !(*view).obj.is_null() };
    if watched && !owned {
        state::with(|state| state.count(Global::NullReleases));
    } else if watched && RELEASING.get() != view {
        // SAFETY: as above.
        unsafe { observe(view, from, false) };
    } else if owned && !watched {
        // SAFETY: the owner of a view that is held.
        unsafe { control(1, (*view).obj) };
    }
    let before = RELEASING.replace(view);
    // SAFETY: the caller's promise, as it came.
    unsafe { call(view) };
    RELEASING.set(before);
}

/// A request at a slot.
///
/// # Safety
///
/// What `getbufferproc` demands; `number` is that of a thunk in use.
pub(super) unsafe extern "C" fn slot_get(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
    from: usize,
    number: usize,
) -> c_int {
    // SAFETY: the function that stood in the slot.
    let call: Get = unsafe { std::mem::transmute(original(number).0) };
    // SAFETY: the caller's promise, as it came.
    let go_on = || unsafe { call(object, view, flags) };
    if object.is_null() || view.is_null() {
        return go_on();
    }
    if !ON.load(Ordering::Relaxed) {
        seen(0, AT_SLOT);
        return go_on();
    }
    if FILLING.get() == view {
        return go_on();
    }
    let outer = FILLING.replace(view);
    // SAFETY: an object whose type has the slot, and a struct.
    let returned = unsafe { around(object, view, flags, from, true, go_on) };
    FILLING.set(outer);
    returned
}

/// A release at a slot.
///
/// # Safety
///
/// What `releasebufferproc` demands; `number` is that of a thunk in use.
pub(super) unsafe extern "C" fn slot_release(
    object: *mut PyObject,
    view: *mut Py_buffer,
    from: usize,
    number: usize,
) {
    // SAFETY: the function that stood in the slot.
    let call: Release = unsafe { std::mem::transmute(original(number).1) };
    if !ON.load(Ordering::Relaxed) {
        seen(1, AT_SLOT);
    // SAFETY: a struct that is being released, or NULL.
    } else if RELEASING.get() != view && !view.is_null() && unsafe { !(*view).obj.is_null() } {
        // SAFETY: as above.
        unsafe { observe(view, from, true) };
    }
    let before = RELEASING.replace(view);
    // SAFETY: the caller's promise, as it came.
    unsafe { call(object, view) };
    RELEASING.set(before);
}
