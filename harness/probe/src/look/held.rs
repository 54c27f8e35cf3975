//! A view that is held: asked for, read again at any time, given back in one of several ways.
//!
//! Knows the life of one `Py_buffer` that others come and go beside. Must never know why it is held.
//!
//! Everything is read with the kernel's help each time: between two readings anything may have been freed or
//! unmapped. A view that nobody looks at is not read at all.

use bufcheck_model::observation::{Answer, FieldSet, Refusal, View};
use bufcheck_model::scenario::Block;
use bufcheck_protocol::layout::Memory as _;
use pyo3::prelude::*;

use crate::look::asked::{Asked, Released, Way};
use crate::look::content::layout;
use crate::look::heap;
use crate::look::memory::{OwnMemory, write};
use crate::look::object::{Counts, is_plausible};
use crate::look::raised::Exception;
use crate::look::reader::Guarded;
use crate::look::seen::Seen;
use crate::look::view::{obj_ref, view};

/// The fill pattern of the struct.
const POISON: u8 = 0xa5;

/// Bytes of an item that are written at most.
const ITEM_BOUND: usize = 4096;

/// A granted view.
pub(crate) struct Held(Form);

/// How much of a view is known.
#[allow(
    clippy::large_enum_variant,
    reason = "a view moves seldom, and in a box of its own it would take memory once more"
)]
enum Form {
    /// Its struct: nobody looks at it.
    Bare(Asked),
    /// Everything that it points to, too.
    Looked { seen: Seen, view: View, counts: Counts },
}

// SAFETY: a view may be asked for in one thread and read or released in another that is attached, one at a time; the
// pointers in the copy of its struct are only compared, or read by the kernel.
unsafe impl Send for Held {}

impl Held {
    /// Asks `exporter` for a view and looks at it.
    pub(crate) fn ask(exporter: &Bound<'_, PyAny>, flags: i32, counts: Counts) -> Result<Self, Answer> {
        Self::ask_into(Asked::new(), exporter, flags, counts)
    }

    /// [`Held::ask`]; the block that `buf` lies in is looked up at once.
    pub(crate) fn ask_with_block(
        exporter: &Bound<'_, PyAny>,
        flags: i32,
        counts: Counts,
    ) -> Result<Self, Answer> {
        Self::ask_into(Asked::looking_up(), exporter, flags, counts)
    }

    fn ask_into(
        asked: Asked,
        exporter: &Bound<'_, PyAny>,
        flags: i32,
        counts: Counts,
    ) -> Result<Self, Answer> {
        let (py, object) = (exporter.py(), exporter.as_ptr());
        // An exception that somebody else left is not this exporter's answer.
        drop(Exception::take(py));
        let mut seen = Seen::new(asked);
        // SAFETY: `exporter` keeps the object, the token says that this thread is attached.
        let before = unsafe { counts.of(object) };
        let mut exception = seen.asked.ask(exporter, flags, POISON, Some(&mut seen.arrays));
        seen.asked.classify(object, &mut Guarded);
        if seen.asked.granted() {
            seen.look(&mut Guarded);
            let mut view = view(py, &seen, exception.as_mut());
            view.overrun = seen.asked.overrun;
            view.unreleased = !seen.asked.is_trusted();
            return Ok(Self(Form::Looked { seen, view, counts }));
        }
        let obj = obj_ref(py, &seen.asked);
        let raised = exception.as_mut().map(Exception::describe);
        drop(exception);
        // SAFETY: as above.
        let now = unsafe { counts.of(object) };
        Err(Answer::Refused(Refusal {
            raised,
            obj,
            references: now.zip(before).map(|(now, before)| now - before),
            overrun: seen.asked.overrun,
        }))
    }

    /// Asks `exporter` for a view that nobody will look at: nothing but the struct is read. `None` if it was refused.
    pub(crate) fn ask_bare(exporter: &Bound<'_, PyAny>, flags: i32) -> Option<Self> {
        let mut asked = Asked::new();
        drop(Exception::take(exporter.py()));
        drop(asked.ask(exporter, flags, POISON, None));
        asked.classify(exporter.as_ptr(), &mut Guarded);
        asked.granted().then_some(Self(Form::Bare(asked)))
    }

    fn asked(&self) -> &Asked {
        match &self.0 {
            Form::Bare(asked)
            | Form::Looked {
                seen: Seen { asked, .. },
                ..
            } => asked,
        }
    }

    /// As it was granted, if it was looked at.
    pub(crate) fn view(&self) -> Option<&View> {
        match &self.0 {
            Form::Bare(_) => None,
            Form::Looked { view, .. } => Some(view),
        }
    }

    /// The block that `buf` lay in when it was granted, if it was looked up then and is known for certain: it is the
    /// same one now, or was free already.
    pub(crate) fn block(&self) -> Option<Block> {
        let asked = self.asked();
        let now = || heap::block_of(asked.raw.buf as u64);
        asked.block.filter(|then| then.freed || now() == Some(*then))
    }

    /// Notes which content it was granted with.
    pub(crate) fn keep_content(&mut self, content: Option<u32>) {
        if let Form::Looked { view, .. } = &mut self.0 {
            view.content = content;
        }
    }

    /// What differs from the grant now.
    pub(crate) fn changed(&self) -> FieldSet {
        match &self.0 {
            Form::Bare(asked) => asked.changed(),
            Form::Looked { seen, .. } => seen.changed(&mut Guarded),
        }
    }

    /// Gives the view back, if its owner can be trusted.
    pub(crate) fn release(self, py: Python<'_>, way: Way) -> Released<'_> {
        drop(Exception::take(py));
        let changed = self.changed();
        match self.0 {
            Form::Bare(mut asked) => asked.release(py, way, changed, None),
            Form::Looked { mut seen, counts, .. } => {
                // Whoever took no reference to it may have lost it meanwhile.
                let asked = &mut seen.asked;
                if !asked.raw.obj.is_null() && !is_plausible(&mut Guarded, asked.raw.obj as usize) {
                    asked.lose_owner();
                }
                asked.release(py, way, changed, Some(counts))
            }
        }
    }

    /// Inverts the bits of the first item, behind all pointers; its size, and whether it could be written.
    pub(crate) fn invert_first(&self) -> (u64, bool) {
        self.first_item().map_or((0, false), |(address, bytes)| {
            let inverted: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
            (bytes.len() as u64, write(address, &inverted))
        })
    }

    /// The address and the bytes of the first item.
    fn first_item(&self) -> Option<(u64, Vec<u8>)> {
        let view = self.view()?;
        let layout = layout(view)?;
        let size = usize::try_from(layout.itemsize()).ok()?;
        if layout.is_empty() || size > ITEM_BOUND {
            return None;
        }
        let first = vec![0; layout.ndim()];
        let address = layout.locate(view.buf, &mut OwnMemory, &first).ok()?;
        let mut bytes = vec![0; size];
        OwnMemory.read(address, &mut bytes).ok()?;
        Some((address, bytes))
    }
}

/// Views that nobody looks at, one after the other, all in the same struct.
pub(crate) struct Places(Asked);

impl Places {
    pub(crate) fn new() -> Self {
        Self(Asked::new())
    }

    /// Asks `exporter` for a view and gives it back; where it lay, and its length in bytes. `None` if it was refused.
    /// Before the release `releasing` is told.
    pub(crate) fn next(
        &mut self,
        exporter: &Bound<'_, PyAny>,
        flags: i32,
        releasing: impl FnOnce(),
    ) -> Option<(u64, i64)> {
        let (asked, py) = (&mut self.0, exporter.py());
        drop(Exception::take(py));
        drop(asked.ask(exporter, flags, POISON, None));
        asked.classify(exporter.as_ptr(), &mut Guarded);
        if !asked.granted() {
            return None;
        }
        let place = asked.place();
        releasing();
        drop(Exception::take(py));
        let changed = asked.changed();
        drop(asked.release(py, Way::Plain, changed, None));
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bufcheck_model::observation::{Array, Field, ObjRef, Text};

    fn with(code: &std::ffi::CStr, test: impl FnOnce(Bound<'_, PyAny>, Counts)) {
        Python::initialize();
        Python::attach(|py| test(py.eval(code, None, None).unwrap(), Counts::new(py)));
    }

    #[test]
    fn a_view_is_looked_at_and_given_back() {
        with(c"bytearray(b'abcd')", |object, counts| {
            let held = Held::ask(&object, 0x11c, counts).unwrap_or_else(|_| panic!("refused"));
            let view = held.view().unwrap();
            assert_eq!(view.obj, ObjRef::Exporter);
            assert_eq!(view.format, Text::Ascii("B".to_owned()));
            assert!(matches!(&view.shape, Array::InView(shape) if shape == &[4]));
            assert!(view.untouched.iter().all(|field| field == Field::Internal));
            assert!(held.changed().is_empty());
            assert_eq!(held.invert_first(), (1, true));
            let released = held.release(object.py(), Way::Plain);
            assert!(!released.aftermath.unreleased && released.exception.is_none() && !released.obj_kept);
            assert_eq!(object.repr().unwrap().to_string(), r"bytearray(b'\x9ebcd')");
        });
    }

    #[test]
    fn every_way_gives_the_reference_back_once() {
        for way in [Way::Plain, Way::Copy, Way::Twice, Way::Pending] {
            with(c"bytearray(b'abcd')", |object, counts| {
                let before = counts.guarded(object.as_ptr());
                let held = Held::ask(&object, 0x11c, counts).unwrap_or_else(|_| panic!("refused"));
                let released = held.release(object.py(), way);
                assert_eq!(released.pending_kept, (way == Way::Pending).then_some(true));
                assert!(released.exception.is_none());
                assert_eq!(counts.guarded(object.as_ptr()), before);
                assert!(object.call_method1("extend", (b"x",)).is_ok(), "the lock is gone");
                let bare = Held::ask_bare(&object, 0).unwrap();
                assert!(bare.view().is_none() && bare.changed().is_empty());
                assert!(bare.release(object.py(), way).exception.is_none());
                assert_eq!(counts.guarded(object.as_ptr()), before);
            });
        }
    }

    #[test]
    fn an_owner_that_went_away_is_not_released() {
        with(c"bytearray(b'abcd')", |object, counts| {
            let mut held = Held::ask(&object, 0x11c, counts).unwrap_or_else(|_| panic!("refused"));
            let Form::Looked { seen, .. } = &mut held.0 else {
                panic!("it was not looked at");
            };
            // As if the object had been freed: nothing is left that looks like one.
            let gone = [0usize; 4];
            let (was, view) = (seen.asked.raw.obj, seen.asked.pinned.as_ptr());
            seen.asked.raw.obj = gone.as_ptr().cast_mut().cast();
            // SAFETY: the struct is there, and this is its owner; the real one is given back below.
            unsafe { (*view).obj = seen.asked.raw.obj };
            assert!(held.release(object.py(), Way::Plain).aftermath.unreleased);
            // SAFETY: the reference that the view took.
            unsafe { pyo3::ffi::Py_DECREF(was.cast()) };
        });
    }

    #[test]
    fn an_exception_that_somebody_else_left_is_no_answer() {
        with(c"b'abcd'", |object, counts| {
            let left = || pyo3::exceptions::PyValueError::new_err("left").restore(object.py());
            left();
            let held = Held::ask(&object, 0, counts).unwrap_or_else(|_| panic!("refused"));
            assert_eq!(held.view().unwrap().raised, None);
            left();
            assert!(held.release(object.py(), Way::Plain).exception.is_none());
            left();
            assert!(Held::ask_bare(&object, 1).is_none());
            left();
            let Err(Answer::Refused(refused)) = Held::ask(&object, 1, counts) else {
                panic!("it was granted");
            };
            assert!(refused.raised.is_some_and(|raised| raised.is_buffer_error));
        });
    }

    #[test]
    fn places_follow_each_other_in_one_struct() {
        with(c"bytearray(b'abcd')", |object, counts| {
            let before = counts.guarded(object.as_ptr());
            let held = Held::ask_bare(&object, 0).unwrap();
            let there = Some(held.asked().place());
            let (mut places, told) = (Places::new(), std::cell::Cell::new(0));
            let mut next = |flags| places.next(&object, flags, || told.set(told.get() + 1));
            assert_eq!([next(0), next(1), next(0x11c)], [there; 3]);
            assert_eq!(told.get(), 3);
            drop(held.release(object.py(), Way::Plain));
            assert!(object.call_method1("extend", (b"x",)).is_ok(), "the lock is gone");
            assert_eq!(next(0).map(|(_, len)| len), Some(5));
            let constant = pyo3::types::PyBytes::new(object.py(), b"abcd");
            assert_eq!(places.next(&constant, 1, || panic!("it was granted")), None);
            assert_eq!(counts.guarded(object.as_ptr()), before);
        });
    }
}
