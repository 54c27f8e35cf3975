//! A consumer and somebody else's exporter.
//!
//! Knows how the exporter's content is measured, and which plain buffers are like it. Must never know which of the two
//! is to blame.

use std::cell::RefCell;

use bufcheck_model::case::Make;
use bufcheck_model::observation::{Answer, HowEnded, View};
use bufcheck_model::spy::{Dress, Ended, Event, Lie, Measured, Met, Outcome, Spied, Spy, Twin};
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::children::{Calls, make_all};
use super::function::Callable;
use super::given::{Given, twin};
use super::one::{Caller, digest};
use super::shared::Shared;
use crate::exporter::make::{Maker, NotMade};
use crate::host::mark::Marker;
use crate::look::content;
use crate::look::object::{Counts, type_name};
use crate::look::{Held, Way};

/// Bytes of an exporter that are compared.
const BUDGET: usize = 1 << 16;

/// Different words that an exporter is asked.
const WORDS: usize = 16;

/// Gives a consumer one exporter after the other. What is asked of spies is asked of each exporter, too.
pub(super) fn meet(
    callable: &Callable<'_>,
    makes: &[Make],
    seen: &[Spied],
    maker: &mut Maker,
    mark: &Marker,
) -> (Vec<Met>, Option<String>) {
    let py = callable.function.py();
    if makes.is_empty() {
        return (Vec::new(), None);
    }
    // What needs importing is imported once, before any child is started.
    let unmade = makes
        .iter()
        .map(|make| maker.prepare(py, make).err().as_ref().map(told));
    let failed = |error: &dyn std::fmt::Display| (Vec::new(), Some(error.to_string()));
    let shared = match Shared::map() {
        Ok(shared) => shared,
        Err(error) => return failed(&error),
    };
    let unmade = unmade.collect();
    let caller = match Caller::new(callable, shared) {
        Ok(caller) => caller,
        Err(error) => return failed(&error),
    };
    let meetings = Meetings {
        caller,
        makes,
        unmade,
        words: words(seen),
        maker: RefCell::new(maker),
        shared,
    };
    make_all(py, &meetings, shared, mark)
}

fn told(failed: &NotMade) -> String {
    format!("{}: {}", failed.raised.type_name, failed.raised.message)
}

/// The different words that were asked.
fn words(seen: &[Spied]) -> Vec<Request> {
    let mut words = Vec::new();
    for event in seen.iter().flat_map(|spied| &spied.events) {
        if let Event::Asked { request, .. } = event
            && words.len() < WORDS
            && !words.contains(request)
        {
            words.push(*request);
        }
    }
    words
}

struct Meetings<'a, 'py> {
    caller: Caller<'py>,
    makes: &'a [Make],
    unmade: Vec<Option<String>>,
    words: Vec<Request>,
    maker: RefCell<&'a mut Maker>,
    shared: Shared,
}

impl Calls for Meetings<'_, '_> {
    type Seen = Met;

    fn count(&self) -> usize {
        self.makes.len()
    }

    fn call(&self, number: usize) -> Option<Met> {
        let mut met = Met {
            exporter: number,
            unmade: self.unmade[number].clone(),
            ..Met::default()
        };
        if met.unmade.is_none()
            && let Err(problem) = self.meeting(number, &mut met)
        {
            met.unmade = Some(problem);
        }
        Some(met)
    }

    fn died(&self, number: usize, how: HowEnded) -> Met {
        Met {
            exporter: number,
            real: Some(Outcome {
                ended: Ended::Died(how),
                left: None,
            }),
            ..Met::default()
        }
    }
}

impl<'py> Meetings<'_, 'py> {
    fn meeting(&self, number: usize, met: &mut Met) -> Result<(), String> {
        let py = self.caller.py;
        let made = self.maker.borrow_mut().make(py, &self.makes[number]);
        let object = made.map_err(|failed| told(&failed))?;
        met.type_name = type_name(&object.get_type());
        let before = measure(&object);
        met.answers = self
            .words
            .iter()
            .map(|word| (*word, refusal(&object, *word)))
            .collect();
        let ended = self.caller.outcome(&object);
        let left = measure(&object).ok().map(|(_, bytes)| digest(&bytes));
        met.real = Some(Outcome { ended, left });
        let Ok((measured, bytes)) = before else {
            return Ok(());
        };
        let spy = Spy {
            format: measured.format.clone(),
            itemsize: measured.itemsize,
            shape: measured.shape.clone(),
            ..Spy::default()
        };
        let (readonly, lie) = (i32::from(measured.readonly), measured.lie);
        met.content = Some(measured);
        let like = |kind, bytes: &[u8]| {
            let given = twin(py, &spy, bytes.to_vec(), (readonly, Dress::Spy), kind).ok()?;
            self.shared.begin(number);
            Some(self.plain(&given, bytes))
        };
        met.items = like(Twin::Layout, &bytes);
        met.bytes = like(Twin::Bytes, &bytes);
        if lie == Lie::Fortran {
            met.memory = like(Twin::Bytes, &as_fortran(&bytes, &spy.shape, spy.itemsize));
        }
        let differs = |plain: &Option<Outcome>| plain.is_some() && *plain != met.real;
        if differs(&met.items) && differs(&met.bytes) {
            met.viewed = self.viewed(number, py);
        }
        Ok(())
    }

    /// The call with a plain buffer.
    fn plain(&self, given: &Given, bytes: &[u8]) -> Outcome {
        let ended = self.caller.outcome(given.object.bind(self.caller.py));
        let left = given
            .changed()
            .map_or_else(|| digest(bytes), |(items, _)| digest(&items));
        Outcome {
            ended,
            left: Some(left),
        }
    }

    /// The call with a memoryview of another such object.
    fn viewed(&self, number: usize, py: Python<'py>) -> Option<Outcome> {
        let object = self.maker.borrow_mut().make(py, &self.makes[number]).ok()?;
        let view = py
            .import("builtins")
            .and_then(|builtins| builtins.call_method1("memoryview", (&object,)));
        let ended = self.caller.outcome(&view.ok()?);
        let left = measure(&object).ok().map(|(_, bytes)| digest(&bytes));
        Some(Outcome { ended, left })
    }
}

/// What the exporter shows to who asks for everything, and its bytes.
fn measure(object: &Bound<'_, PyAny>) -> Result<(Measured, Vec<u8>), ()> {
    let py = object.py();
    let held = Held::ask(object, Request::FULL_RO.flags(), Counts::new(py)).map_err(drop)?;
    let found = held
        .view()
        .and_then(|view| Some((measured(view)?, content::read(view, BUDGET)?)));
    drop(held.release(py, Way::Plain));
    let (measured, content) = found.ok_or(())?;
    if content.complete && content.unreadable.is_none() {
        Ok((measured, content.bytes))
    } else {
        Err(())
    }
}

/// What the exporter says to a word; nothing where it grants it.
fn refusal(object: &Bound<'_, PyAny>, word: Request) -> Option<String> {
    let py = object.py();
    match Held::ask(object, word.flags(), Counts::new(py)) {
        Ok(held) => {
            drop(held.release(py, Way::Plain));
            None
        }
        Err(Answer::Refused(refusal)) => Some(refusal.raised.map_or_else(
            || "no exception".to_owned(),
            |raised| format!("{}: {}", raised.type_name, raised.message),
        )),
        Err(Answer::Granted(_)) => None,
    }
}

/// Items in C order, put into the order in which Fortran memory holds them.
fn as_fortran(bytes: &[u8], shape: &[usize], itemsize: usize) -> Vec<u8> {
    let items = shape.iter().product::<usize>();
    let place = |number: usize| {
        let (mut left, mut at, mut step) = (number, 0, items);
        let mut index = vec![0; shape.len()];
        for (axis, extent) in shape.iter().enumerate() {
            index[axis] = left % extent;
            left /= extent;
        }
        for (axis, extent) in shape.iter().enumerate() {
            step /= extent;
            at += index[axis] * step;
        }
        at * itemsize
    };
    let items = (0..items).filter_map(|number| bytes.get(place(number)..place(number) + itemsize));
    items.flatten().copied().collect()
}

/// The format of a view; one without is of bytes.
fn format_of(view: &View) -> Option<String> {
    if view.format.is_null() {
        return Some("B".to_owned());
    }
    view.format.ascii().map(str::to_owned)
}

/// The numbers of a view that makes sense.
fn measured(view: &View) -> Option<Measured> {
    let layout = content::layout(view)?;
    let extents = layout.shape().iter().map(|extent| usize::try_from(*extent).ok());
    Some(Measured {
        format: format_of(view)?,
        itemsize: usize::try_from(layout.itemsize()).ok()?,
        shape: extents.collect::<Option<_>>()?,
        lie: Lie::of(&layout),
        readonly: view.readonly != 0,
    })
}
