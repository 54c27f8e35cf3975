//! One `Py_buffer`, from the fill to the release: asked for, and given back in one of several ways.
//!
//! Knows the struct and what stands in `obj`. Must never read what the other fields point to: this is the bare form
//! of a request, for those that nobody looks at; [`crate::look::examine`] looks at one.

use std::ffi::c_int;
use std::ptr;

use bufcheck_model::observation::{Field, FieldSet, References};
use bufcheck_model::scenario::Block;
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi::{self, Py_buffer, PyObject};
use pyo3::prelude::*;

use crate::look::heap;
use crate::look::memory::stack_floor;
use crate::look::object::{Counts, is_plausible};
use crate::look::pinned::PinnedView;
use crate::look::raised::Exception;
use crate::look::reader::{Arrays, Reader};

/// Bytes below the asking frame that count as its dead stack; slots rarely use more.
const DEAD_STACK: usize = 256 << 10;

/// The message of the exception that is set around a release.
const PENDING: &str = "set before the release";

/// What stands in `obj`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Holder {
    /// NULL.
    #[default]
    Null,
    /// The fill pattern.
    Untouched,
    /// The object that was asked.
    Exporter,
    /// Another object.
    Other,
    /// An address where no object can be.
    Stray,
}

/// What happened between the grant and the next request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aftermath {
    /// What had changed just before the release.
    pub(crate) changed: FieldSet,
    /// Bytes around the struct were overwritten.
    pub(crate) overrun: bool,
    /// The view was not given back: its `obj` could not be trusted.
    pub(crate) unreleased: bool,
    /// References of the exporter.
    pub(crate) references: Option<References>,
    /// References of another owner.
    pub(crate) obj_references: Option<References>,
}

/// A request and its answer, as far as the struct itself says it.
pub(crate) struct Asked {
    pub(super) pinned: PinnedView,
    pub(super) poison: u8,
    /// What the slot returned.
    pub(super) returned: c_int,
    /// The struct right after.
    pub(super) raw: Py_buffer,
    /// What stands in `obj`.
    pub(super) holder: Holder,
    /// Which of shape, strides and suboffsets stood on the dead stack.
    pub(super) on_stack: [bool; 3],
    /// Bytes around the struct were overwritten.
    pub(crate) overrun: bool,
    /// Whether the block of `buf` is looked up.
    look_up: bool,
    /// The block that `buf` lay in right after the exporter returned, if it was looked up and is known.
    pub(crate) block: Option<Block>,
}

/// How a view is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The struct itself.
    Plain,
    /// A bitwise copy at another address.
    Copy,
    /// The struct itself, twice.
    Twice,
    /// The struct itself, while an exception is set.
    Pending,
}

/// What a release left behind.
pub(crate) struct Released<'py> {
    pub(crate) aftermath: Aftermath,
    /// The exception that was set afterwards, once nothing of the view was left; not one that was set before.
    pub(crate) exception: Option<Exception<'py>>,
    /// `obj` of the released struct is not NULL.
    pub(crate) obj_kept: bool,
    /// For a release with an exception set: whether that very exception was set afterwards.
    pub(crate) pending_kept: Option<bool>,
}

impl Asked {
    pub(crate) fn new() -> Self {
        Self {
            pinned: PinnedView::new(),
            poison: 0,
            returned: -1,
            raw: Py_buffer::new(),
            holder: Holder::Null,
            on_stack: [false; 3],
            overrun: false,
            look_up: false,
            block: None,
        }
    }

    /// Looks the block of `buf` up at the next grant: before anything else is done, since memory that an exporter gave
    /// back before it handed it out is free only until somebody takes it, and the first may be this worker.
    pub(crate) fn looking_up() -> Self {
        heap::prepare();
        Self {
            look_up: true,
            ..Self::new()
        }
    }

    /// Asks; the exception that the exporter left is returned. Arrays on the dead stack are copied to `arrays`, if it
    /// is given. A granted view must go through [`Asked::release`] before the next request.
    #[inline]
    pub(crate) fn ask<'py>(
        &mut self,
        exporter: &Bound<'py, PyAny>,
        flags: c_int,
        poison: u8,
        arrays: Option<&mut Arrays>,
    ) -> Option<Exception<'py>> {
        self.poison = poison;
        self.pinned.fill(poison);
        self.call(exporter.as_ptr(), flags, arrays);
        if self.look_up && self.granted() {
            self.block = heap::block_of(self.raw.buf as u64);
        }
        let exception = Exception::take(exporter.py());
        self.overrun = self.pinned.take_overrun();
        exception
    }

    /// Where the view lies, and its length in bytes, as the struct says.
    pub(crate) fn place(&self) -> (u64, i64) {
        (self.raw.buf as u64, self.raw.len as i64)
    }

    /// Whether the request was granted.
    #[inline]
    pub(crate) fn granted(&self) -> bool {
        self.returned != -1
    }

    /// Calls the slot and copies what stands on the dead stack before any other call can overwrite it.
    ///
    /// Written without a single helper on purpose: even an inlined one may be a call in a debug build, and
    /// `memcpy` needs no more stack than the call of the slot itself did.
    #[inline(never)]
    fn call(&mut self, exporter: *mut PyObject, flags: c_int, arrays: Option<&mut Arrays>) {
        let anchor = 0u8;
        let frame = &raw const anchor as usize;
        let reach = frame.saturating_sub(DEAD_STACK);
        let lowest = stack_floor();
        let floor = if lowest > reach { lowest } else { reach };
        let view = self.pinned.as_ptr();
        let mut shape = ptr::null_mut::<libc::c_void>();
        let mut strides = ptr::null_mut::<libc::c_void>();
        let mut suboffsets = ptr::null_mut::<libc::c_void>();
        if let Some(arrays) = arrays {
            shape = (&raw mut arrays[0]).cast();
            strides = (&raw mut arrays[1]).cast();
            suboffsets = (&raw mut arrays[2]).cast();
        }
        // SAFETY: `exporter` is a live object and this thread is attached; `view` is pinned, as large as a
        // `Py_buffer` and lives until after the release. What an exporter does beyond its contract cannot be guarded
        // against here: that is why this is a process of its own. The copies read this thread's own stack,
        // between its floor and this frame, at most 512 bytes beyond it, into arrays of 512 bytes.
        unsafe {
            let returned = ffi::PyObject_GetBuffer(exporter, view, flags);
            let ndim = (*view).ndim;
            if returned != -1 && ndim > 0 && ndim <= 64 && !shape.is_null() {
                let bytes = ndim.unsigned_abs() as usize * size_of::<isize>();
                if (*view).shape as usize >= floor && ((*view).shape as usize) < frame {
                    libc::memcpy(shape, (*view).shape as *const libc::c_void, bytes);
                }
                if (*view).strides as usize >= floor && ((*view).strides as usize) < frame {
                    libc::memcpy(strides, (*view).strides as *const libc::c_void, bytes);
                }
                if (*view).suboffsets as usize >= floor && ((*view).suboffsets as usize) < frame {
                    libc::memcpy(suboffsets, (*view).suboffsets as *const libc::c_void, bytes);
                }
            }
            self.returned = returned;
        }
        self.raw = self.pinned.read();
        let raw = &self.raw;
        let on_stack = |pointer: usize| pointer >= floor && pointer < frame;
        self.on_stack = [
            on_stack(raw.shape as usize),
            on_stack(raw.strides as usize),
            on_stack(raw.suboffsets as usize),
        ];
    }

    /// Finds out what stands in `obj`.
    #[inline]
    pub(crate) fn classify(&mut self, exporter: *mut PyObject, reader: &mut impl Reader) {
        let address = self.raw.obj as usize;
        self.holder = if address == exporter as usize {
            Holder::Exporter
        } else if address == 0 {
            Holder::Null
        } else if address == usize::from_ne_bytes([self.poison; size_of::<usize>()]) {
            Holder::Untouched
        } else if is_plausible(reader, address) {
            Holder::Other
        } else {
            Holder::Stray
        };
    }

    /// Whether `obj` is NULL or an object, so that the view can be given back.
    #[inline]
    pub(crate) fn is_trusted(&self) -> bool {
        matches!(self.holder, Holder::Null | Holder::Exporter | Holder::Other)
    }

    /// Says that `obj` is no object any more.
    pub(crate) fn lose_owner(&mut self) {
        self.holder = Holder::Stray;
    }

    /// The fields of the struct itself that are no longer as they were.
    #[inline]
    pub(crate) fn changed(&self) -> FieldSet {
        differences(&self.raw, &self.pinned.read())
    }

    /// Gives the view back, unless its owner cannot be trusted. `changed` is what differed from the grant right
    /// before; `keep` holds its owner until all is counted, so that an owner that was given up twice shows.
    #[inline]
    pub(crate) fn release<'py>(
        &mut self,
        py: Python<'py>,
        way: Way,
        changed: FieldSet,
        keep: Option<Counts>,
    ) -> Released<'py> {
        let mut released = Released {
            aftermath: Aftermath {
                changed,
                overrun: self.overrun,
                ..Aftermath::default()
            },
            exception: None,
            obj_kept: false,
            pending_kept: None,
        };
        // The owner may be another object by now; then nobody knows whose reference it is.
        if !self.is_trusted() || changed.contains(Field::Obj) {
            released.aftermath.unreleased = true;
            return released;
        }
        let owner = self.raw.obj.cast::<PyObject>();
        let kept = keep
            .filter(|_| !owner.is_null())
            .map(|counts| Kept::new(owner, counts));
        if way == Way::Pending {
            PyRuntimeError::new_err(PENDING).restore(py);
        }
        released.obj_kept = self.call_release(way);
        released.exception = Exception::take(py);
        if way == Way::Pending {
            let pending = released.exception.take_if(|exception| exception.says(PENDING));
            released.pending_kept = Some(pending.is_some());
        }
        if let Some(kept) = kept {
            released.aftermath.obj_references = kept.let_go();
            // What the end of the owner left belongs to this release, and to no later request.
            released.exception = released.exception.or_else(|| Exception::take(py));
            drop(Exception::take(py));
        }
        released.aftermath.overrun |= self.pinned.take_overrun();
        released
    }

    /// Calls `PyBuffer_Release`; whether `obj` is still set afterwards.
    #[inline]
    fn call_release(&mut self, way: Way) -> bool {
        if way == Way::Copy {
            return self.release_copy();
        }
        let view = self.pinned.as_ptr();
        // SAFETY: the struct is the one that the exporter filled, at the same address; not yet released; its `obj`
        // is NULL or an object.
        unsafe { ffi::PyBuffer_Release(view) };
        if way == Way::Twice {
            // SAFETY: the first call has set `obj` to NULL, which makes this one harmless.
            unsafe { ffi::PyBuffer_Release(view) };
        }
        // SAFETY: the struct is ours and plain data.
        unsafe { !(*view).obj.is_null() }
    }

    /// [`Asked::call_release`] of a copy.
    #[cold]
    fn release_copy(&mut self) -> bool {
        let copy = PinnedView::new();
        // SAFETY: both structs are ours and as large; whatever the first one holds moves with its bytes.
        unsafe { ptr::copy_nonoverlapping(self.pinned.as_ptr(), copy.as_ptr(), 1) };
        // Nobody may use the struct at its old place any more.
        self.pinned.fill(0xa5);
        // SAFETY: as in `call_release`, but for the address, which no exporter may rely on.
        unsafe {
            ffi::PyBuffer_Release(copy.as_ptr());
            !(*copy.as_ptr()).obj.is_null()
        }
    }
}

/// References to the owner of a view, held across its release.
struct Kept {
    owner: *mut PyObject,
    counts: Counts,
    before: Option<i64>,
}

impl Kept {
    /// More than one, so that an owner that is given up once too often is still there to be counted.
    const MORE: i64 = 2;

    fn new(owner: *mut PyObject, counts: Counts) -> Self {
        // SAFETY: `owner` was found to be an object, and the view that holds it is not yet released.
        let before = unsafe {
            let before = counts.of(owner);
            for _ in 0..Self::MORE {
                ffi::Py_INCREF(owner);
            }
            before
        };
        Self {
            owner,
            counts,
            before,
        }
    }

    /// Gives the references up; the change of the count since. What the exporter gave up beyond its own is taken
    /// from ours.
    fn let_go(self) -> Option<References> {
        // An exporter that gave up even more has ended the object, so it is not simply loaded from.
        let now = self.counts.guarded(self.owner);
        let after = self.before.map(|before| now.unwrap_or(0) - Self::MORE - before);
        let taken = after.map_or(0, |after| (-1 - after).max(0));
        for _ in taken..Self::MORE {
            // SAFETY: the reference is ours, and none of those that the exporter gave up for us.
            unsafe { ffi::Py_DECREF(self.owner) };
        }
        Some(References {
            during: 0,
            after: after?,
        })
    }
}

/// The fields in which two structs differ; nothing that they point to is looked at.
#[inline]
pub(crate) fn differences(then: &Py_buffer, now: &Py_buffer) -> FieldSet {
    FieldSet(
        bit(now.buf != then.buf, Field::Buf)
            | bit(now.obj != then.obj, Field::Obj)
            | bit(now.len != then.len, Field::Len)
            | bit(now.itemsize != then.itemsize, Field::Itemsize)
            | bit(now.readonly != then.readonly, Field::Readonly)
            | bit(now.ndim != then.ndim, Field::Ndim)
            | bit(now.format != then.format, Field::Format)
            | bit(now.shape != then.shape, Field::Shape)
            | bit(now.strides != then.strides, Field::Strides)
            | bit(now.suboffsets != then.suboffsets, Field::Suboffsets)
            | bit(now.internal != then.internal, Field::Internal),
    )
}

/// The set of this one field, if it is in it.
#[inline]
pub(super) fn bit(is_in: bool, field: Field) -> u16 {
    u16::from(is_in) << field as u16
}
