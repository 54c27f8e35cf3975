//! One request after the other of one object, each answer looked at and given back: the hot path.
//!
//! Knows the order in which an answer must be looked at so that the looking does not change it. Must never
//! know what a right answer is, and builds nothing: what was seen stays in buffers that are used again for
//! the next request, and [`crate::look::view`] writes it down when it is new.
//!
//! The order: (1) arrays on the dead stack are copied before anything else is called; (2) the pending exception is
//! taken, which runs no code; (3) `obj` is classified before it is touched; (4) arrays and the format are copied;
//! (5) only then the message of the exception is looked for, which may run code of the exporter; (6) just before the
//! release everything is read again.

use std::ffi::c_int;

use bufcheck_model::observation::{FieldSet, ObjRef, Phase, Raised, References};
use pyo3::prelude::*;

use crate::host::mark::Marker;
use crate::look::asked::{Aftermath, Asked, Holder, Way};
use crate::look::object::Counts;
use crate::look::pages::Pages;
use crate::look::raised::Exception;
use crate::look::reader::Guarded;
use crate::look::seen::Seen;
use crate::look::view::obj_ref;

/// Asks one object.
pub(crate) struct Asker<'a, 'py> {
    py: Python<'py>,
    exporter: Bound<'py, PyAny>,
    mark: &'a Marker,
    counts: Counts,
    /// Pages verified in this round.
    pages: Pages,
    flags: c_int,
    before: Option<i64>,
    during: Option<i64>,
    /// Code of the exporter may have run since the answer was looked at.
    stale: bool,
    /// The answer to the last request.
    pub(crate) seen: Seen,
    /// Exceptions that were set before a request and that neither an answer nor a release accounts for.
    pub(crate) left_over: Vec<Raised>,
}

impl<'a, 'py> Asker<'a, 'py> {
    pub(crate) fn new(exporter: &Bound<'py, PyAny>, mark: &'a Marker) -> Self {
        Self {
            py: exporter.py(),
            exporter: exporter.clone(),
            mark,
            counts: Counts::new(exporter.py()),
            pages: Pages::new(),
            flags: 0,
            before: None,
            during: None,
            stale: false,
            seen: Seen::new(Asked::new()),
            left_over: Vec::new(),
        }
    }

    /// Forgets which memory could be read.
    pub(crate) fn begin_round(&mut self) {
        self.pages.clear();
    }

    /// Asks. The answer is in [`Asker::seen`]; the exception that the exporter left is returned. A granted
    /// view must go through [`Asker::release`] before the next request.
    #[inline]
    pub(crate) fn ask(&mut self, flags: c_int, poison: u8) -> Option<Exception<'py>> {
        if let Some(exception) = Exception::take(self.py) {
            self.note_left_over(exception);
        }
        self.flags = flags;
        self.before = self.count();
        self.mark.note(Phase::Ask, Some(flags));
        let arrays = Some(&mut *self.seen.arrays);
        let mut exception = self.seen.asked.ask(&self.exporter, flags, poison, arrays);
        self.mark.note(Phase::Read, Some(flags));
        self.seen.asked.classify(self.exporter.as_ptr(), &mut self.pages);
        if self.granted() {
            self.seen.look(&mut self.pages);
            self.during = self.count();
        }
        self.stale = exception.is_some();
        if let Some(exception) = &mut exception {
            exception.find_message();
        }
        exception
    }

    #[cold]
    fn note_left_over(&mut self, mut exception: Exception<'py>) {
        let raised = exception.describe();
        if !self.left_over.contains(&raised) {
            self.left_over.push(raised);
        }
    }

    /// Whether the last request was granted.
    #[inline]
    pub(crate) fn granted(&self) -> bool {
        self.seen.asked.granted()
    }

    /// Whether the view can be given back.
    pub(crate) fn is_trusted(&self) -> bool {
        self.seen.asked.is_trusted()
    }

    /// From here on another object is asked.
    pub(crate) fn turn_to(&mut self, exporter: Bound<'py, PyAny>) {
        self.exporter = exporter;
        self.pages.clear();
    }

    /// The object that is asked.
    pub(crate) fn exporter(&self) -> &Bound<'py, PyAny> {
        &self.exporter
    }

    /// References of the exporter now; `None` if they do not move.
    pub(crate) fn count(&self) -> Option<i64> {
        // SAFETY: `exporter` keeps the object, and `py` says that this thread is attached.
        unsafe { self.counts.of(self.exporter.as_ptr()) }
    }

    /// Says that code of the exporter may have run since the answer: it is read again with more care.
    pub(crate) fn mistrust(&mut self) {
        self.stale = true;
    }

    /// What stands in `obj`, looked at again: code of the exporter may have run.
    #[cold]
    pub(crate) fn obj(&mut self) -> ObjRef {
        self.seen.asked.classify(self.exporter.as_ptr(), &mut Guarded);
        obj_ref(self.py, &self.seen.asked)
    }

    /// What differs from [`Asker::seen`] now. `thorough`: first overwrites dead stack and freed blocks, so
    /// that arrays that stood there show.
    #[inline]
    pub(crate) fn reread(&mut self, thorough: bool) -> FieldSet {
        if thorough {
            crate::look::disturb::disturb(&[
                self.seen.axes() * size_of::<isize>(),
                self.seen.format.len() + 1,
            ]);
        }
        // What stands on the dead stack is no memory that this program may load from by itself.
        if self.stale || self.seen.asked.on_stack.contains(&true) {
            self.pages.clear();
            self.seen.changed(&mut Guarded)
        } else {
            self.seen.changed(&mut self.pages)
        }
    }

    /// Gives the view back and counts. `changed` is what [`Asker::reread`] said; the exception that was set
    /// after the release is returned.
    #[inline]
    pub(crate) fn release(&mut self, changed: FieldSet) -> (Aftermath, Option<Exception<'py>>) {
        self.mark.note(Phase::Release, Some(self.flags));
        let keep = (self.seen.asked.holder == Holder::Other).then_some(self.counts);
        let released = self.seen.asked.release(self.py, Way::Plain, changed, keep);
        let mut aftermath = released.aftermath;
        aftermath.references = match (self.before, self.during, self.count()) {
            (Some(before), Some(during), Some(after)) => Some(References {
                during: during - before,
                after: after - before,
            }),
            _ => None,
        };
        (aftermath, released.exception)
    }

    /// The change of the exporter's references since before the request, once nothing of it is left.
    #[inline]
    pub(crate) fn count_since(&self) -> Option<i64> {
        Some(self.count()? - self.before?)
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
