//! A batch of calls with spies.
//!
//! Knows which call is given what, and that each is made in a forked child. Must never know what a call shows.

use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Call, Consumed, Dress, Ended, Spied, Spy, Twin};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::children::{Calls, make_all};
use super::function::Callable;
use super::given::Wardrobe;
use super::guests::Guests;
use super::meet::meet;
use super::one::Caller;
use super::shared::Shared;
use crate::exporter::make::Maker;
use crate::host::batch::no_child;
use crate::host::mark::Marker;

/// Calls a consumer with everything that it is given.
pub(crate) fn consume(
    (callable, dress): (&Callable<'_>, Dress),
    guests: &Guests<'_>,
    (wardrobe, maker): (&mut Wardrobe, &mut Maker),
    mark: &Marker,
) -> Consumed {
    let dressed = dressed(callable, dress).map_err(|error| error.to_string());
    let spied = dressed.and_then(|callable| spied((&callable, dress), guests, wardrobe, mark));
    let (mut calls, mut gave_up) = spied.unwrap_or_else(|problem| (Vec::new(), Some(problem)));
    if let Some(first) = calls.iter().position(hung)
        && let Some(threads) = needs_threads(callable, mark)
    {
        calls.truncate(first);
        gave_up = Some(threads);
    }
    let mut met = Vec::new();
    if gave_up.is_none() {
        (met, gave_up) = meet(callable, guests.meets, &calls, maker, mark);
    }
    Consumed {
        calls,
        dress,
        gave_up,
        met,
    }
}

fn hung(spied: &Spied) -> bool {
    matches!(spied.ended, Ended::Died(HowEnded::Hung))
}

/// Whoever works with threads that were started before has none of them in a forked child, and may wait there for ever.
/// Such a call does not come back with plain bytes either: then what did not come back says nothing.
fn needs_threads(callable: &Callable<'_>, mark: &Marker) -> Option<String> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let shared = Shared::map().ok().filter(|_| threads > 1)?;
    let caller = Caller::new(callable, shared).ok()?;
    let py = caller.py;
    let (plain, _) = make_all(py, &Plain { caller }, shared, mark);
    matches!(plain.as_slice(), [Ended::Died(HowEnded::Hung)]).then(|| {
        format!(
            "it does not come back with plain bytes either where it is called in a forked process, which has none of the \
             {threads} threads that run here: a `setup` that keeps its module to one thread lets it be called"
        )
    })
}

/// One call with plain bytes.
struct Plain<'py> {
    caller: Caller<'py>,
}

impl Calls for Plain<'_> {
    type Seen = Ended;

    fn count(&self) -> usize {
        1
    }

    fn call(&self, _: usize) -> Option<Ended> {
        let plain = PyBytes::new(self.caller.py, &[0; 16]);
        Some(self.caller.outcome(plain.as_any()))
    }

    fn died(&self, _: usize, how: HowEnded) -> Ended {
        Ended::Died(how)
    }
}

/// The function, as it is handed spies.
fn dressed<'py>(callable: &Callable<'py>, dress: Dress) -> PyResult<Callable<'py>> {
    let function = &callable.function;
    let function = match dress {
        Dress::Spy | Dress::Sequence | Dress::NoRelease => function.clone(),
        Dress::Memoryview => {
            let py = function.py();
            let wrap = py.eval(
                c"lambda function: lambda buf: function(memoryview(buf))",
                None,
                None,
            )?;
            wrap.call1((function,))?
        }
    };
    Ok(Callable {
        function,
        oracle: callable.oracle.clone(),
    })
}

type Made = (Vec<Spied>, Option<String>);

/// Calls it with every spy.
fn spied(
    (callable, dress): (&Callable<'_>, Dress),
    guests: &Guests<'_>,
    wardrobe: &mut Wardrobe,
    mark: &Marker,
) -> Result<Made, String> {
    let py = callable.function.py();
    let Guests { spies, calls, .. } = *guests;
    for call in calls {
        let spy = spies
            .get(call.spy)
            .ok_or("a call names a spy that is not there")?;
        let made = wardrobe.prepare(py, spy, (*call, dress));
        made.map_err(|problem| format!("the spy `{}` could not be made: {problem}", spy.id))?;
    }
    let shared = Shared::map().map_err(|error| no_child(&error))?;
    let batch = Batch {
        caller: Caller::new(callable, shared).map_err(|error| no_child(&error))?,
        spies,
        calls,
        dress,
        wardrobe,
        shared,
    };
    Ok(make_all(py, &batch, shared, mark))
}

struct Batch<'a, 'py> {
    caller: Caller<'py>,
    spies: &'a [Spy],
    calls: &'a [Call],
    dress: Dress,
    wardrobe: &'a Wardrobe,
    shared: Shared,
}

impl Calls for Batch<'_, '_> {
    type Seen = Spied;

    fn count(&self) -> usize {
        self.calls.len()
    }

    fn call(&self, number: usize) -> Option<Spied> {
        let call = self.calls[number];
        let spy = &self.spies[call.spy];
        let given = self.wardrobe.given(spy, (call, self.dress))?;
        // Its bytes are moved as its items are.
        let as_bytes = call.twin == Some(Twin::Bytes);
        let unit = if as_bytes { spy.itemsize } else { given.itemsize };
        given.begin(call, unit);
        let asked = call.twin.is_none() && spy.refuses.is_none() && call.refuses.is_none();
        Some(self.caller.call(given, asked.then_some((spy, call.moved))))
    }

    fn died(&self, _: usize, how: HowEnded) -> Spied {
        Spied {
            events: self.shared.events(),
            faults: self.shared.faults(),
            ended: Ended::Died(how),
            held: 0,
            left: Vec::new(),
            references: Vec::new(),
            written: None,
            oracle: None,
        }
    }
}
