//! One request, from the fill of the struct to the release: the hot path.
//!
//! Knows the order in which an answer must be looked at so that the looking does not change it. Must never
//! know what a right answer is, and builds nothing: what was seen stays in buffers that are used again for
//! the next request, and [`crate::look::view`] writes it down when it is new.
//!
//! The order: (1) arrays on the dead stack or in the struct itself are copied before anything else is called;
//! (2) the pending exception is taken; (3) other arrays and the format are copied, from verified pages only;
//! (4) `obj` is classified before it is touched; (5) just before the release everything is read again.

use std::ffi::c_int;
use std::ptr;

use bufcheck_model::observation::{Field, FieldSet, Phase, References};
use bufcheck_protocol::layout::MAX_NDIM;
use pyo3::ffi::{self, Py_buffer, PyObject};
use pyo3::prelude::*;

use crate::host::mark::Marker;
use crate::look::memory::{Pages, stack_floor};
use crate::look::object::{Counts, is_plausible};
use crate::look::pinned::{PinnedView, VIEW_BYTES};
use crate::look::raised::Exception;
use crate::look::seen::{ARRAYS, Aftermath, Ending, FORMAT_BOUND, Holder, Place, Seen};

/// Bytes below the asking frame that count as its dead stack; slots rarely use more.
const DEAD_STACK: usize = 256 << 10;

/// The set of this one field, if it is in it.
#[inline]
fn bit(is_in: bool, field: Field) -> u16 {
    u16::from(is_in) << field as u16
}

/// Asks one object.
pub(crate) struct Asker<'a, 'py> {
    py: Python<'py>,
    exporter: &'a Bound<'py, PyAny>,
    mark: &'a Marker,
    counts: Counts,
    view: PinnedView,
    /// Pages verified in this round.
    pub(crate) pages: Pages,
    stack_floor: usize,
    flags: c_int,
    before: Option<i64>,
    during: Option<i64>,
    /// The answer to the last request.
    pub(crate) seen: Seen,
}

impl<'a, 'py> Asker<'a, 'py> {
    pub(crate) fn new(exporter: &'a Bound<'py, PyAny>, mark: &'a Marker) -> Self {
        Self {
            py: exporter.py(),
            exporter,
            mark,
            counts: Counts::new(exporter.py()),
            view: PinnedView::new(),
            pages: Pages::new(),
            stack_floor: stack_floor(),
            flags: 0,
            before: None,
            during: None,
            seen: Seen {
                returned: 0,
                raw: Py_buffer::new(),
                untouched: FieldSet::EMPTY,
                holder: Holder::Null,
                places: [Place::Null; 3],
                arrays: Box::new([[0; MAX_NDIM]; 3]),
                ending: Ending::Null,
                format: Vec::with_capacity(FORMAT_BOUND),
                overrun: false,
            },
        }
    }

    /// Asks. The answer is in [`Asker::seen`]; the exception that the exporter left is returned. A granted
    /// view must go through [`Asker::release`] before the next request.
    #[inline]
    pub(crate) fn ask(&mut self, flags: c_int, poison: u8) -> Option<Exception<'py>> {
        self.flags = flags;
        self.view.fill(poison);
        self.before = self.exporter_count();
        self.mark.note(Phase::Ask, Some(flags));
        self.call();
        let exception = Exception::take(self.py);
        self.mark.note(Phase::Read, Some(flags));
        self.examine(poison);
        exception
    }

    /// Whether the last request was granted.
    #[inline]
    pub(crate) fn granted(&self) -> bool {
        self.seen.returned != -1
    }

    fn exporter_count(&self) -> Option<i64> {
        // SAFETY: `exporter` keeps the object, and `py` the GIL.
        unsafe { self.counts.of(self.exporter.as_ptr()) }
    }

    /// Calls the slot and copies what stands on the dead stack before any other call can overwrite it.
    ///
    /// Written without a single helper on purpose: even an inlined one may be a call in a debug build, and
    /// `memcpy` needs no more stack than the call of the slot itself did.
    #[inline(never)]
    fn call(&mut self) {
        let anchor = 0u8;
        let frame = &raw const anchor as usize;
        let reach = frame.saturating_sub(DEAD_STACK);
        let floor = if self.stack_floor > reach {
            self.stack_floor
        } else {
            reach
        };
        let exporter = self.exporter.as_ptr();
        let flags = self.flags;
        let view = self.view.as_ptr();
        let shape = (&raw mut self.seen.arrays[0]).cast::<libc::c_void>();
        let strides = (&raw mut self.seen.arrays[1]).cast::<libc::c_void>();
        let suboffsets = (&raw mut self.seen.arrays[2]).cast::<libc::c_void>();
        // SAFETY: `exporter` is a live object and the GIL is held; `view` is pinned, as large as a `Py_buffer`
        // and lives until after the release. What an exporter does beyond its contract cannot be guarded
        // against here: that is why this is a process of its own. The copies read this thread's own stack,
        // between its floor and this frame, at most 512 bytes beyond it, into arrays of 512 bytes.
        unsafe {
            let returned = ffi::PyObject_GetBuffer(exporter, view, flags);
            let ndim = (*view).ndim;
            if returned != -1 && ndim > 0 && ndim <= 64 {
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
            self.seen.returned = returned;
        }
        let stack = floor..frame;
        self.seen.raw = self.view.read();
        for which in 0..3 {
            let on_stack = stack.contains(&self.seen.pointer(which));
            self.seen.places[which] = if on_stack { Place::OnStack } else { Place::Null };
        }
    }

    /// Looks at the struct and at what it points to.
    #[inline]
    fn examine(&mut self, poison: u8) {
        self.seen.overrun = self.view.take_overrun();
        self.classify_holder(poison);
        if !self.granted() {
            return;
        }
        self.find_untouched(poison);
        for which in 0..3 {
            self.seen.places[which] = self.copy_array(which);
        }
        self.copy_format();
        self.during = self.exporter_count();
    }

    #[inline]
    fn find_untouched(&mut self, poison: u8) {
        let word = usize::from_ne_bytes([poison; size_of::<usize>()]);
        let int = c_int::from_ne_bytes([poison; size_of::<c_int>()]);
        let raw = &self.seen.raw;
        self.seen.untouched = FieldSet(
            bit(raw.buf as usize == word, Field::Buf)
                | bit(raw.obj as usize == word, Field::Obj)
                | bit(raw.len.cast_unsigned() == word, Field::Len)
                | bit(raw.itemsize.cast_unsigned() == word, Field::Itemsize)
                | bit(raw.readonly == int, Field::Readonly)
                | bit(raw.ndim == int, Field::Ndim)
                | bit(raw.format as usize == word, Field::Format)
                | bit(raw.shape as usize == word, Field::Shape)
                | bit(raw.strides as usize == word, Field::Strides)
                | bit(raw.suboffsets as usize == word, Field::Suboffsets)
                | bit(raw.internal as usize == word, Field::Internal),
        );
    }

    #[inline]
    fn classify_holder(&mut self, poison: u8) {
        let address = self.seen.raw.obj as usize;
        self.seen.holder = if address == self.exporter.as_ptr() as usize {
            Holder::Exporter
        } else if address == 0 {
            Holder::Null
        } else if address == usize::from_ne_bytes([poison; size_of::<usize>()]) {
            Holder::Untouched
        } else if is_plausible(&mut self.pages, address) {
            Holder::Other
        } else {
            Holder::Stray
        };
    }

    #[inline]
    fn copy_array(&mut self, which: usize) -> Place {
        let address = self.seen.pointer(which);
        if address == 0 || self.seen.untouched.contains(ARRAYS[which]) {
            return Place::Null;
        }
        let axes = self.seen.axes();
        if axes == 0 {
            return Place::Unread;
        }
        if self.seen.places[which] == Place::OnStack {
            return Place::OnStack;
        }
        let view = self.view.as_ptr() as usize;
        let in_view = (view..view + VIEW_BYTES).contains(&address);
        if !in_view && !self.pages.readable(address, axes * size_of::<isize>()) {
            return Place::Unreadable;
        }
        // SAFETY: the bytes can be read: they lie on pages just verified, or start in the pinned struct, whose
        // allocation goes on for longer than the longest array. The target holds `MAX_NDIM` numbers.
        unsafe {
            ptr::copy_nonoverlapping(
                address as *const u8,
                self.seen.arrays[which].as_mut_ptr().cast(),
                axes * size_of::<isize>(),
            );
        }
        if in_view { Place::InView } else { Place::Elsewhere }
    }

    #[inline]
    fn copy_format(&mut self) {
        self.seen.format.clear();
        let start = self.seen.raw.format as usize;
        self.seen.ending = if start == 0 || self.seen.untouched.contains(Field::Format) {
            Ending::Null
        } else if !self.pages.readable(start, 1) {
            Ending::Unreadable
        } else {
            self.copy_text(start)
        };
    }

    #[inline]
    fn copy_text(&mut self, start: usize) -> Ending {
        for at in 0..FORMAT_BOUND {
            let address = start.wrapping_add(at);
            if !self.pages.readable(address, 1) {
                return Ending::Unterminated;
            }
            // SAFETY: the byte lies on a page just verified.
            match unsafe { (address as *const u8).read() } {
                0 => return Ending::Terminated,
                byte => self.seen.format.push(byte),
            }
        }
        Ending::Unterminated
    }

    /// What differs from [`Asker::seen`] now. `thorough`: first overwrites dead stack and freed blocks, so
    /// that arrays that stood there show.
    pub(crate) fn reread(&mut self, thorough: bool) -> FieldSet {
        if thorough {
            crate::look::disturb::disturb(&[
                self.seen.axes() * size_of::<isize>(),
                self.seen.format.len() + 1,
            ]);
        }
        let seen = &self.seen;
        let now = self.view.read();
        let (then, mut changed) = (&seen.raw, FieldSet::EMPTY);
        changed.0 |= bit(now.buf != then.buf, Field::Buf)
            | bit(now.obj != then.obj, Field::Obj)
            | bit(now.len != then.len, Field::Len)
            | bit(now.itemsize != then.itemsize, Field::Itemsize)
            | bit(now.readonly != then.readonly, Field::Readonly)
            | bit(now.ndim != then.ndim, Field::Ndim)
            | bit(now.format != then.format, Field::Format)
            | bit(now.shape != then.shape, Field::Shape)
            | bit(now.strides != then.strides, Field::Strides)
            | bit(now.suboffsets != then.suboffsets, Field::Suboffsets)
            | bit(now.internal != then.internal, Field::Internal);
        for (which, field) in ARRAYS.into_iter().enumerate() {
            if seen.places[which].is_read() && !holds(seen.pointer(which), seen.array(which)) {
                changed.insert(field);
            }
        }
        if seen.ending == Ending::Terminated && !holds(seen.raw.format as usize, &seen.format) {
            changed.insert(Field::Format);
        }
        changed
    }

    /// Gives the view back and counts. `changed` is what [`Asker::reread`] said; the exception that was set
    /// after the release is returned.
    #[inline]
    pub(crate) fn release(&mut self, changed: FieldSet) -> (Aftermath, Option<Exception<'py>>) {
        let mut aftermath = Aftermath {
            changed,
            overrun: self.seen.overrun,
            ..Aftermath::default()
        };
        // The owner may be another object by now; then nobody knows whose reference it is.
        let trusted = match self.seen.holder {
            Holder::Null | Holder::Exporter | Holder::Other => !changed.contains(Field::Obj),
            Holder::Untouched | Holder::Stray => false,
        };
        let mut exception = None;
        if trusted {
            let other = (self.seen.holder == Holder::Other).then_some(self.seen.raw.obj);
            let held = other.and_then(|object| self.keep(object));
            self.mark.note(Phase::Release, Some(self.flags));
            // SAFETY: the struct is the one that the exporter filled, at the same address, not yet released,
            // and its `obj` is NULL or an object.
            unsafe { ffi::PyBuffer_Release(self.view.as_ptr()) };
            exception = self.take_exception();
            if let Some(object) = other {
                aftermath.obj_references = self.let_go(object, held);
            }
            aftermath.overrun |= self.view.take_overrun();
        }
        aftermath.unreleased = !trusted;
        aftermath.references = match (self.before, self.during, self.exporter_count()) {
            (Some(before), Some(during), Some(after)) => Some(References {
                during: during - before,
                after: after - before,
            }),
            _ => None,
        };
        (aftermath, exception)
    }

    #[inline]
    fn take_exception(&self) -> Option<Exception<'py>> {
        Exception::take(self.py)
    }

    /// The change of the exporter's references since before the request, once nothing of it is left.
    #[inline]
    pub(crate) fn count_since(&self) -> Option<i64> {
        Some(self.exporter_count()? - self.before?)
    }

    /// Takes a reference to `object`; its count before that.
    fn keep(&self, object: *mut PyObject) -> Option<i64> {
        // SAFETY: `object` was found to be an object, and the view that holds it is not yet released.
        unsafe {
            let held = self.counts.of(object);
            ffi::Py_INCREF(object);
            held
        }
    }

    /// Gives up the reference of [`Asker::keep`]; the change of the count since.
    fn let_go(&self, object: *mut PyObject, held: Option<i64>) -> Option<References> {
        // SAFETY: our own reference keeps the object until it is given up here. Where the count shows that
        // the exporter has given up more than it had, ours is gone too, and is not given up again.
        unsafe {
            let now = self.counts.of(object);
            if now.is_none_or(|now| now > 0) {
                ffi::Py_DECREF(object);
            }
            let after = now? - 1 - held?;
            Some(References { during: 0, after })
        }
    }
}

/// Asks the same request `count` times and gives each view back, with everything that is looked at and nothing
/// recorded: what the benchmark compares with a bare pair of calls.
pub fn ask_repeatedly(exporter: &Bound<'_, PyAny>, flags: c_int, count: usize, mark: &Marker) {
    let mut asker = Asker::new(exporter, mark);
    for _ in 0..count {
        drop(asker.ask(flags, 0xa5));
        if asker.granted() {
            let changed = asker.reread(false);
            drop(asker.release(changed));
        }
        std::hint::black_box(&asker.seen);
    }
}

/// Whether these values still stand at an address that was read before.
#[inline]
fn holds<T: PartialEq + Copy>(address: usize, values: &[T]) -> bool {
    values.iter().enumerate().all(|(at, value)| {
        // SAFETY: the bytes could be read a moment ago, and no code of the exporter has run since; a
        // misaligned or overwritten value is still plain data.
        (unsafe { (address as *const T).add(at).read_unaligned() }) == *value
    })
}
