//! One request: the struct is filled with a pattern before, and looked at afterwards.
//!
//! Knows the tables, and that the struct must leave as it would have left unwatched. Must never decide anything.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufcheck_model::observation::{Field, FieldSet, Made, Raised};
use bufcheck_model::trace::{Cell, Global, Record, Site, Told};
use pyo3::ffi::{self, Py_buffer, PyObject, PyTypeObject};
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::answer::Seen;
use super::modules;
use super::place::{Undisturbed, place};
use super::raw::{Procs, TypeHead, kind, slots};
use super::readable::may_hold;
use super::state::{self, Asking};
use super::thunk;
use crate::look::object::type_name;

/// The two bytes that structs are filled with, in turn.
const POISON: [u8; 2] = [0xa5, 0x5a];

/// The function in the slots of classes with `__buffer__`; 0 where there are none.
pub(super) static OF_CLASSES: AtomicUsize = AtomicUsize::new(0);

/// Tells whether this thread is attached: the function of the interpreter that says so.
pub(super) static THREAD_STATE: AtomicUsize = AtomicUsize::new(0);

/// Whether this thread is attached to the interpreter.
#[inline]
pub(super) fn attached() -> bool {
    let function = THREAD_STATE.load(Ordering::Relaxed);
    // SAFETY: `PyThreadState_GetUnchecked`, found when the trace began; it takes nothing and answers NULL or a pointer.
    let state: unsafe extern "C" fn() -> *mut libc::c_void = unsafe { std::mem::transmute(function) };
    // SAFETY: as above; it may be called at any time.
    function != 0 && !unsafe { state() }.is_null()
}

/// Asks by `go_on`, and sees what comes of it. `from` is where it returns to; `by_slot` tells that only a slot saw it.
///
/// # Safety
///
/// `object` is an object, `view` a struct, and `go_on` asks the one to fill the other.
pub(super) unsafe fn around(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
    from: usize,
    by_slot: bool,
    go_on: impl FnOnce() -> c_int,
) -> c_int {
    if !attached() {
        state::with(|state| {
            state.count(Global::Requests);
            state.count(Global::WithoutLock);
        });
        return go_on();
    }
    let asking = Asking {
        // SAFETY: the caller's promise.
        kind: unsafe { kind(object) } as usize,
        flags,
        from,
    };
    let site = state::with(|state| {
        state.count(Global::Requests);
        if by_slot {
            state.count(Global::SlotOnlyRequests);
        }
        state.site(&asking)
    });
    let Some(site) = site else {
        return go_on();
    };
    let (site, turn) = match site {
        Some((site, turn)) => (Some(site), turn),
        None => (add_site(asking), 0),
    };
    let poison = POISON[turn];
    // SAFETY: the caller's promise; both threads' states are this thread's own.
    let (old, error) = unsafe { (*view, !ffi::PyErr_Occurred().is_null()) };
    // SAFETY: a struct is plain data, and whatever it held is put back where it is left alone.
    unsafe { ptr::write_bytes(view.cast::<u8>(), poison, size_of::<Py_buffer>()) };
    let returned = go_on();
    // SAFETY: the struct is still the caller's.
    let raw = unsafe { *view };
    let untouched = untouched(&raw, poison);
    if !untouched.is_empty() {
        // SAFETY: as above.
        unsafe { *view = restored(raw, &old, untouched) };
    }
    let Some(site) = site else {
        state::with(|state| state.count(Global::BeyondSites));
        return returned;
    };
    let seen = Seen {
        exporter: object,
        address: view as usize,
        raw,
        untouched,
        returned,
        poison,
        // SAFETY: the thread is attached.
        errors: [error, unsafe { !ffi::PyErr_Occurred().is_null() }],
    };
    note(&seen, site, view, by_slot);
    returned
}

/// Counts an answer, keeps its view in mind, and writes it down if it is new.
#[inline]
fn note(seen: &Seen, site: u32, view: *mut Py_buffer, by_slot: bool) {
    let signature = seen.signature();
    let held = seen.returned == 0 && !seen.raw.obj.is_null() && !seen.untouched.contains(Field::Obj);
    // What only a slot saw may be part of another request, of a type that is not watched: a class with `__buffer__` passes
    // it on to a memoryview, and the interpreter puts another owner into the struct.
    let releases = held && !by_slot && owner_releases(seen);
    let new = state::with(|state| {
        state.count_of(site, Cell::Requests);
        state.count_of(
            site,
            if seen.granted() {
                Cell::Grants
            } else {
                Cell::Refusals
            },
        );
        if held {
            // As the caller finds it, what was left alone included.
            // SAFETY: the struct is still the caller's.
            let granted = unsafe { *view };
            if !state
                .live
                .insert(view as usize, &granted, site, seen.untouched.0, releases)
            {
                state.count(Global::Untracked);
            }
        }
        state.is_new(site, signature)
    });
    if new == Some(true) {
        write_answer(seen, site);
    }
}

/// Whether the type of the owner has a release slot, and what is released through it is seen. An owner that cannot be read has none.
#[inline]
fn owner_releases(seen: &Seen) -> bool {
    let owner = seen.raw.obj;
    if owner == seen.exporter {
        // SAFETY: the object that was asked.
        return thunk::sees(unsafe { slots(kind(owner)).1 });
    }
    if !may_hold::<PyObject>(owner as usize) {
        return false;
    }
    // SAFETY: it can be read, and only the pointer is.
    let kind = unsafe { kind(owner) };
    if !may_hold::<TypeHead>(kind as usize) {
        return false;
    }
    // SAFETY: as far as can be told a type: its head can be read.
    let procs = unsafe { TypeHead::of(kind) }.buffer as usize;
    // SAFETY: as above, and so can its slots.
    procs != 0 && may_hold::<Procs>(procs) && thunk::sees(unsafe { slots(kind) }.1)
}

#[cold]
fn write_answer(seen: &Seen, site: u32) {
    // SAFETY: the thread is attached, as `around` has found.
    let (undisturbed, py) = unsafe {
        let raised = raised();
        ((Undisturbed::new(), raised), Python::assume_attached())
    };
    let (_undisturbed, raised) = undisturbed;
    let told = Record::Answer(Box::new(Told {
        site,
        poison: seen.poison,
        answer: seen.answer(py, raised),
        error_before: seen.errors[0],
        // SAFETY: attached, and undisturbed.
        place: unsafe { place() },
    }));
    state::with(|state| state.write(&told));
}

/// The exception that is set, by the name of its type: nothing of it is run or made.
///
/// # Safety
///
/// The thread is attached.
unsafe fn raised() -> Option<Raised> {
    // SAFETY: the caller's promise; the type is borrowed and lives as long as the exception is set.
    unsafe {
        let kind = ffi::PyErr_Occurred();
        if kind.is_null() {
            return None;
        }
        let head = TypeHead::of(kind.cast::<PyTypeObject>());
        Some(Raised {
            type_name: std::ffi::CStr::from_ptr(head.name).to_string_lossy().into_owned(),
            is_buffer_error: ffi::PyErr_ExceptionMatches(ffi::PyExc_BufferError) != 0,
            message: String::new(),
        })
    }
}

/// A site that is seen for the first time.
#[cold]
fn add_site(asking: Asking) -> Option<u32> {
    // SAFETY: the thread is attached, as `around` has found.
    let (_undisturbed, py) = unsafe { (Undisturbed::new(), Python::assume_attached()) };
    let pointer = asking.kind as *mut PyObject;
    // SAFETY: the type of an object that is alive.
    let (get, release) = unsafe { slots(pointer.cast()) };
    // SAFETY: as above; the new reference ends with this function.
    let kind = unsafe { Bound::from_borrowed_ptr(py, pointer) };
    let kind = kind.cast::<PyType>().ok();
    let name = kind.map_or_else(|| "?".to_owned(), type_name);
    if let (Some(kind), Some(watch)) = (kind, thunk::NEW_TYPE.get()) {
        watch(kind);
    }
    let asked_by = modules::native(asking.from);
    let through = if asked_by.interpreter {
        modules::outside()
    } else {
        None
    };
    let mut site = Site {
        site: 0,
        made: Made {
            type_name: name,
            exports: true,
            releases: release != 0,
            python_level: get != 0 && get == OF_CLASSES.load(Ordering::Relaxed),
            ..Made::default()
        },
        flags: asking.flags,
        asked_by,
        through,
        // SAFETY: attached, and undisturbed.
        place: unsafe { place() },
    };
    state::with(|state| {
        state.add_site(asking, |number| {
            site.site = number;
            serde_json::to_vec(&Record::Site(Box::new(site))).unwrap_or_default()
        })
    })?
}

/// The fields that still hold the pattern.
#[inline]
fn untouched(raw: &Py_buffer, poison: u8) -> FieldSet {
    let word = usize::from_ne_bytes([poison; size_of::<usize>()]);
    let int = c_int::from_ne_bytes([poison; size_of::<c_int>()]);
    let mut fields = FieldSet::EMPTY;
    let mut check = |is: bool, field: Field| fields.0 |= u16::from(is) << field as u16;
    check(raw.buf as usize == word, Field::Buf);
    check(raw.obj as usize == word, Field::Obj);
    check(raw.len.cast_unsigned() == word, Field::Len);
    check(raw.itemsize.cast_unsigned() == word, Field::Itemsize);
    check(raw.readonly == int, Field::Readonly);
    check(raw.ndim == int, Field::Ndim);
    check(raw.format as usize == word, Field::Format);
    check(raw.shape as usize == word, Field::Shape);
    check(raw.strides as usize == word, Field::Strides);
    check(raw.suboffsets as usize == word, Field::Suboffsets);
    check(raw.internal as usize == word, Field::Internal);
    fields
}

/// The struct with what was left alone as it was before.
fn restored(mut raw: Py_buffer, old: &Py_buffer, untouched: FieldSet) -> Py_buffer {
    for field in untouched.iter() {
        match field {
            Field::Buf => raw.buf = old.buf,
            Field::Obj => raw.obj = old.obj,
            Field::Len => raw.len = old.len,
            Field::Itemsize => raw.itemsize = old.itemsize,
            Field::Readonly => raw.readonly = old.readonly,
            Field::Ndim => raw.ndim = old.ndim,
            Field::Format => raw.format = old.format,
            Field::Shape => raw.shape = old.shape,
            Field::Strides => raw.strides = old.strides,
            Field::Suboffsets => raw.suboffsets = old.suboffsets,
            Field::Internal => raw.internal = old.internal,
        }
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_alone_is_put_back_and_what_is_written_stays() {
        let mut old = Py_buffer::new();
        old.len = 7;
        old.internal = ptr::without_provenance_mut(9);
        let mut raw = old;
        // SAFETY: plain data of this test.
        unsafe { ptr::write_bytes(&raw mut raw, 0x5a, 1) };
        assert_eq!(untouched(&raw, 0xa5), FieldSet::EMPTY);
        raw.ndim = 3;
        let left = untouched(&raw, 0x5a);
        assert!(!left.contains(Field::Ndim) && left.contains(Field::Internal));
        let back = restored(raw, &old, left);
        assert_eq!((back.len, back.ndim, back.internal as usize), (7, 3, 9));
    }
}
