//! Everything once more, each request under watch, to learn what does it.
//!
//! Knows what must come again before it is told: it does so with each of several fresh objects, and is there when the
//! object is gone. Must never know what is right.

use bufcheck_model::observation::{Effect, Phase, Touched};
use pyo3::prelude::*;

use super::output::{self, Pages, Streams};
use super::quiet::Quiet;
use super::state::State;
use crate::host::mark::Marker;
use crate::look::Asker;

/// Objects that are made and asked.
const CYCLES: usize = 3;

/// The fill pattern; these answers are not recorded.
const POISON: u8 = 0x69;

/// What an object did at one place.
struct Seen {
    what: Touched,
    phase: Phase,
    request: Option<i32>,
    told: Option<String>,
}

/// How a subject is watched.
pub(super) struct Watch<'a, 'py> {
    pub(super) py: Python<'py>,
    /// How the process was.
    pub(super) base: &'a State,
    pub(super) streams: &'a Streams,
    /// The state of the process is looked at, too.
    pub(super) states: bool,
    pub(super) requests: &'a [i32],
    pub(super) keep: bool,
    /// The buffer comes from a `__buffer__`: where a request asks more than its memoryview can give, the interpreter
    /// refuses it and calls no `__release_buffer__`, so that what was opened for the view stays open.
    pub(super) python_level: bool,
    pub(super) mark: &'a Marker,
}

impl<'py> Watch<'_, 'py> {
    /// What every object does.
    pub(super) fn effects(
        &self,
        make: &mut dyn FnMut(Python<'py>) -> Option<Bound<'py, PyAny>>,
    ) -> Vec<Effect> {
        let quiet = Quiet::begin(self.py);
        // First, so that no file that is opened now takes the number of a stream that was closed.
        let pages = self.streams.restore().and_then(|()| Pages::new());
        let cycles = pages.map_or_else(|_| Vec::new(), |mut pages| self.cycles(make, &mut pages));
        output::flush(self.py);
        drop(quiet);
        repeated(&cycles)
    }

    fn cycles(
        &self,
        make: &mut dyn FnMut(Python<'py>) -> Option<Bound<'py, PyAny>>,
        pages: &mut Pages,
    ) -> Vec<Vec<Seen>> {
        let mut cycles = Vec::new();
        let mut open = 0;
        while cycles.len() < CYCLES {
            self.base.restore(self.py);
            let put = self.streams.restore().and_then(|()| pages.put());
            let seen = put.ok().and_then(|()| self.cycle(make, pages));
            let Some((mut seen, left_open)) = seen else {
                return Vec::new();
            };
            // What takes the place of what was closed meanwhile is no growth.
            if !cycles.is_empty() && left_open <= open {
                seen.retain(|seen| seen.what != Touched::Left);
            }
            open = left_open;
            let silent = seen.is_empty();
            cycles.push(seen);
            if silent {
                break;
            }
        }
        cycles
    }

    /// One object, from its making to its end; also how many descriptors are open then.
    fn cycle(
        &self,
        make: &mut dyn FnMut(Python<'py>) -> Option<Bound<'py, PyAny>>,
        pages: &mut Pages,
    ) -> Option<(Vec<Seen>, usize)> {
        self.collect();
        self.mark.phase(Phase::Make);
        let object = make(self.py)?;
        let made = State::now(self.py);
        let mut diary = Diary::new(pages);
        diary.output(self.py, Phase::Make, None);
        let mut before = State::now(self.py);
        let mut asker = Asker::new(&object, self.mark);
        for flags in self.requests.iter().copied() {
            drop(asker.ask(flags, POISON));
            diary.output(self.py, Phase::Ask, Some(flags));
            let granted = asker.granted();
            if granted {
                let changed = asker.reread(true);
                drop(asker.release(changed));
                diary.output(self.py, Phase::Release, Some(flags));
            }
            if self.states {
                let known = diary.seen.len();
                before = diary.state(self.py, &before, Phase::Ask, Some(flags));
                if self.python_level && !granted {
                    let left = diary.seen.split_off(known).into_iter();
                    diary.seen.extend(left.filter(|seen| seen.what != Touched::Left));
                }
            }
        }
        drop(asker);
        self.mark.phase(Phase::Drop);
        if self.keep {
            std::mem::forget(object);
        } else {
            drop(object);
        }
        self.collect();
        diary.output(self.py, Phase::Drop, None);
        let after = diary.state(self.py, &before, Phase::Drop, None);
        let lasting = made.differences(&after);
        let mut seen = diary.seen;
        seen.retain(|seen| {
            let output = matches!(seen.what, Touched::Output | Touched::Error);
            output || lasting.iter().any(|(what, _)| *what == seen.what)
        });
        Some((seen, after.open()))
    }

    fn collect(&self) {
        // A finaliser that raises is reported by the interpreter itself; there is nothing to note.
        drop(self.py.import("gc").and_then(|gc| gc.call_method0("collect")));
    }
}

/// What one object did so far.
struct Diary<'a> {
    pages: &'a mut Pages,
    seen: Vec<Seen>,
}

impl<'a> Diary<'a> {
    fn new(pages: &'a mut Pages) -> Self {
        Self {
            pages,
            seen: Vec::new(),
        }
    }

    fn output(&mut self, py: Python<'_>, phase: Phase, request: Option<i32>) {
        output::flush(py);
        for (what, told) in [Touched::Output, Touched::Error]
            .into_iter()
            .zip(self.pages.take())
        {
            self.seen.extend(told.map(|told| Seen {
                what,
                phase,
                request,
                told: Some(told),
            }));
        }
    }

    fn state(&mut self, py: Python<'_>, before: &State, phase: Phase, request: Option<i32>) -> State {
        let now = State::now(py);
        let found = before.differences(&now).into_iter();
        self.seen.extend(found.map(|(what, told)| Seen {
            what,
            phase,
            request,
            told,
        }));
        now
    }
}

/// What was seen in every cycle.
fn repeated(cycles: &[Vec<Seen>]) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    if cycles.len() < CYCLES {
        return effects;
    }
    let of = |seen: &Seen, effect: &Effect| seen.what == effect.what && seen.phase == effect.phase;
    for seen in &cycles[0] {
        if !effects.iter().any(|effect| of(seen, effect)) {
            effects.push(Effect {
                what: seen.what.clone(),
                phase: seen.phase,
                requests: Vec::new(),
                told: seen.told.clone(),
            });
        }
    }
    for cycle in cycles {
        effects.retain_mut(|effect| {
            let mut again = cycle.iter().filter(|seen| of(seen, effect)).peekable();
            let first = again.peek().map(|seen| seen.told.clone());
            effect.requests = again.filter_map(|seen| seen.request).collect();
            if first.as_ref() != Some(&effect.told) {
                effect.told = None;
            }
            first.is_some()
        });
    }
    effects
}
