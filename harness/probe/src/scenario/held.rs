//! A view that is held: asked for, read again at any time, given back in one of several ways.
//!
//! Knows the life of one `Py_buffer`. Must never know why it is held.
//!
//! Unlike the sweep, which reads what its pages were found to hold, everything is read here with the kernel's
//! help each time: between two readings anything may have been freed or unmapped.

use std::ptr;

use bufcheck_model::observation::{Answer, Array, Field, FieldSet, ObjRef, Phase, Refusal, Text, View};
use bufcheck_model::scenario::Release;
use bufcheck_protocol::layout::{MAX_NDIM, Memory as _};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi::{self, Py_buffer, PyObject};
use pyo3::prelude::*;

use crate::look::memory::{OwnMemory, Pages};
use crate::look::object::{Counts, is_plausible, owner};
use crate::look::raised::Exception;
use crate::look::{PinnedView, VIEW_BYTES};

use super::python::Unraisable;

/// Bytes of a format that are read in search of its end.
const FORMAT_BOUND: usize = 4096;

/// Bytes of an item that are written at most.
const ITEM_BOUND: usize = 4096;

/// The message of the exception that is set around a release.
const PENDING: &str = "set before the release";

/// A granted view.
pub(super) struct Held {
    pinned: PinnedView,
    raw: Py_buffer,
    /// As it was granted.
    pub(super) view: View,
    /// `obj` is NULL or an object.
    trusted: bool,
}

// SAFETY: the struct may be released by any thread that holds the GIL, and its fields are only read.
unsafe impl Send for Held {}

/// How a view is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The struct itself.
    Plain,
    /// A bitwise copy at another address.
    Copy,
    /// The struct itself, twice.
    Twice,
    /// The struct itself, while an exception is set.
    Pending,
}

/// Asks `exporter` for a view.
pub(super) fn ask(exporter: &Bound<'_, PyAny>, flags: i32, counts: Counts) -> Result<Held, Answer> {
    let py = exporter.py();
    let object = exporter.as_ptr();
    let mut pinned = PinnedView::new();
    pinned.fill(0);
    // SAFETY: `exporter` keeps the object, the token says that the GIL is held.
    let before = unsafe { counts.of(object) };
    // SAFETY: the object is alive, the struct is pinned and lives until after the release.
    let returned = unsafe { ffi::PyObject_GetBuffer(object, pinned.as_ptr(), flags) };
    let exception = Exception::take(py);
    // SAFETY: the struct is ours and plain data, whatever its bytes are.
    let raw = unsafe { *pinned.as_ptr() };
    let obj = classify(py, object, raw.obj);
    let overrun = pinned.take_overrun();
    let raised = exception.as_ref().map(Exception::describe);
    drop(exception);
    // SAFETY: as above.
    let change = unsafe { counts.of(object) }
        .zip(before)
        .map(|(now, before)| now - before);
    if returned == -1 {
        return Err(Answer::Refused(Refusal {
            raised,
            obj,
            references: change,
            overrun,
        }));
    }
    let trusted = !matches!(obj, ObjRef::Stray(_) | ObjRef::Untouched);
    let start = pinned.as_ptr() as usize;
    let view = View {
        returned,
        raised,
        untouched: FieldSet::EMPTY,
        buf: raw.buf as u64,
        obj,
        len: raw.len as i64,
        itemsize: raw.itemsize as i64,
        readonly: raw.readonly,
        ndim: raw.ndim,
        format: text(raw.format as usize),
        shape: array(raw.shape as usize, raw.ndim, start),
        strides: array(raw.strides as usize, raw.ndim, start),
        suboffsets: array(raw.suboffsets as usize, raw.ndim, start),
        changed: FieldSet::EMPTY,
        overrun,
        unreleased: !trusted,
        raised_by_release: None,
        references: None,
        obj_references: None,
        content: None,
    };
    Ok(Held {
        pinned,
        raw,
        view,
        trusted,
    })
}

impl Held {
    /// What differs from the grant now.
    pub(super) fn changed(&self) -> FieldSet {
        let then = &self.raw;
        // SAFETY: the struct is ours and plain data.
        let now = unsafe { *self.pinned.as_ptr() };
        let mut changed = FieldSet::EMPTY;
        let mut differs = |differs: bool, field| {
            if differs {
                changed.insert(field);
            }
        };
        differs(now.buf != then.buf, Field::Buf);
        differs(now.obj != then.obj, Field::Obj);
        differs(now.len != then.len, Field::Len);
        differs(now.itemsize != then.itemsize, Field::Itemsize);
        differs(now.readonly != then.readonly, Field::Readonly);
        differs(now.ndim != then.ndim, Field::Ndim);
        differs(now.internal != then.internal, Field::Internal);
        let start = self.pinned.as_ptr() as usize;
        let view = &self.view;
        differs(text(now.format as usize) != view.format, Field::Format);
        differs(
            array(now.shape as usize, then.ndim, start) != view.shape,
            Field::Shape,
        );
        differs(
            array(now.strides as usize, then.ndim, start) != view.strides,
            Field::Strides,
        );
        differs(
            array(now.suboffsets as usize, then.ndim, start) != view.suboffsets,
            Field::Suboffsets,
        );
        changed
    }

    /// Gives the view back, if its owner can be trusted.
    pub(super) fn release(mut self, py: Python<'_>, way: Way, unraisable: Option<&Unraisable>) -> Release {
        let mut release = Release {
            changed: self.changed(),
            ..Release::default()
        };
        if !self.trusted || release.changed.contains(Field::Obj) {
            return release;
        }
        let copy = PinnedView::new();
        let target = match way {
            Way::Plain | Way::Twice | Way::Pending => self.pinned.as_ptr(),
            Way::Copy => {
                // SAFETY: both structs are ours and as large; whatever the first one holds moves with its bytes.
                unsafe { ptr::copy_nonoverlapping(self.pinned.as_ptr(), copy.as_ptr(), 1) };
                // Nobody may use the struct at its old place any more.
                self.pinned.fill(0xa5);
                copy.as_ptr()
            }
        };
        if way == Way::Pending {
            PyRuntimeError::new_err(PENDING).restore(py);
        }
        // SAFETY: the struct is the one that the exporter filled, or a copy of it; not yet released; its `obj`
        // is NULL or an object.
        unsafe { ffi::PyBuffer_Release(target) };
        if way == Way::Twice {
            // SAFETY: the first call has set `obj` to NULL, which makes this one harmless.
            unsafe { ffi::PyBuffer_Release(target) };
        }
        let raised = Exception::take(py).map(|exception| exception.describe());
        let pending = raised.as_ref().is_some_and(|raised| raised.message == PENDING);
        if way == Way::Pending {
            release.pending_kept = Some(pending);
        }
        release.raised = raised.filter(|_| !pending);
        release.unraisable = unraisable.and_then(|log| log.take(py));
        // SAFETY: the struct is ours and plain data.
        release.obj_kept = unsafe { !(*target).obj.is_null() };
        release
    }

    /// Inverts the bits of the first item; its size, and whether it could be written.
    pub(super) fn invert_first(&self) -> (u64, bool) {
        let Some(layout) = crate::look::content::layout(&self.view) else {
            return (0, false);
        };
        let Ok(walked) = layout.walk(self.view.buf, &mut OwnMemory, ITEM_BOUND) else {
            return (0, false);
        };
        let size = usize::try_from(layout.itemsize()).unwrap_or(0);
        if walked.bytes.len() < size || size == 0 || layout.needs_indirection() {
            return (0, false);
        }
        let inverted: Vec<u8> = walked.bytes[..size].iter().map(|byte| !byte).collect();
        (size as u64, super::write::write(self.view.buf, &inverted))
    }
}

fn classify(py: Python<'_>, exporter: *mut PyObject, obj: *mut PyObject) -> ObjRef {
    if obj.is_null() {
        ObjRef::Null
    } else if obj == exporter {
        ObjRef::Exporter
    } else if is_plausible(&mut Pages::new(), obj as usize) {
        // SAFETY: it was found to be an object.
        ObjRef::Other(unsafe { owner(py, obj) })
    } else {
        ObjRef::Stray(obj as u64)
    }
}

fn array(address: usize, ndim: i32, view: usize) -> Array {
    if address == 0 {
        return Array::Null;
    }
    let axes = match usize::try_from(ndim) {
        Ok(axes) if (1..=MAX_NDIM).contains(&axes) => axes,
        _ => return Array::Unread(address as u64),
    };
    let mut bytes = [0; MAX_NDIM * size_of::<isize>()];
    let bytes = &mut bytes[..axes * size_of::<isize>()];
    if OwnMemory.read(address as u64, bytes).is_err() {
        return Array::Unreadable(address as u64);
    }
    let numbers = bytes
        .chunks_exact(size_of::<isize>())
        .map(|chunk| isize::from_ne_bytes(chunk.try_into().unwrap_or_default()) as i64)
        .collect();
    if (view..view + VIEW_BYTES).contains(&address) {
        Array::InView(numbers)
    } else {
        Array::Elsewhere(numbers)
    }
}

fn text(address: usize) -> Text {
    const STEP: usize = 64;
    if address == 0 {
        return Text::Null;
    }
    let mut found = Vec::new();
    while found.len() < FORMAT_BOUND {
        let at = address.wrapping_add(found.len());
        // Up to the next multiple of the step, so that no page beyond the end is touched.
        let mut bytes = [0; STEP];
        let bytes = &mut bytes[..STEP - at % STEP];
        if OwnMemory.read(at as u64, bytes).is_err() {
            let unreadable = found.is_empty();
            return if unreadable {
                Text::Unreadable(address as u64)
            } else {
                Text::Unterminated(escape(&found))
            };
        }
        if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            found.extend_from_slice(&bytes[..end]);
            return match String::from_utf8(found) {
                Ok(text) if text.is_ascii() => Text::Ascii(text),
                Ok(text) => Text::Bytes(escape(text.as_bytes())),
                Err(error) => Text::Bytes(escape(error.as_bytes())),
            };
        }
        found.extend_from_slice(bytes);
    }
    Text::Unterminated(escape(&found))
}

fn escape(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// Notes that a request is about to be made.
pub(super) fn note(mark: &crate::host::mark::Marker, flags: i32) {
    mark.note(Phase::Ask, Some(flags));
}
