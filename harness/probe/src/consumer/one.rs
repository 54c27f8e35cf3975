//! One call of a consumer, in the child, and everything that is seen of it.
//!
//! Knows how a call, its result and what it leaves behind are looked at. Must never know which call comes next.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use bufcheck_model::spy::{Ended, ITSELF, OWNER, Oracle, Spied, Spy, Told, Written, moved};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};

use super::fault;
use super::function::Callable;
use super::given::Given;
use super::shared::Shared;
use super::told;
use crate::look::object::{Counts, text, type_name};
use crate::look::raised::cut;

/// Calls that are added where the first left something behind: only what grows is a leak.
const REPEATED: usize = 2;

/// Others may let go of a view from a thread of their own: they are waited for once.
const WAIT: Duration = Duration::from_millis(30);

/// Times that they are waited for in vain: then it is known that nobody lets go, and every call would have to wait.
const IN_VAIN: usize = 20;

/// Types of an exception that are named.
const BASES: usize = 12;

/// What a child needs for its calls.
pub(super) struct Caller<'py> {
    pub(super) py: Python<'py>,
    function: Bound<'py, PyAny>,
    /// Says a result in words.
    tell: Bound<'py, PyAny>,
    /// The author's expression for the right result, made a function of format, shape and bytes.
    oracle: Option<Bound<'py, PyAny>>,
    agrees: Bound<'py, PyAny>,
    collect: Bound<'py, PyAny>,
    shared: Shared,
    /// Times that somebody was waited for, and did not let go.
    in_vain: Cell<usize>,
}

/// What is out before a call: earlier ones may have left something behind.
#[derive(Clone, Copy)]
struct Before {
    held: i64,
    references: i64,
}

/// What came of one call.
struct Once {
    ended: Ended,
    /// Views that were held while the result was there.
    held: i64,
    oracle: Option<Oracle>,
}

impl<'py> Caller<'py> {
    pub(super) fn new(callable: &Callable<'py>, shared: Shared) -> PyResult<Self> {
        let py = callable.function.py();
        let oracle = callable.oracle.as_ref();
        let expected = oracle.map(|oracle| told::function(py, "expected_by")?.call1((oracle,)));
        Ok(Self {
            py,
            function: callable.function.clone(),
            tell: told::function(py, "told")?,
            oracle: expected.transpose()?,
            agrees: told::function(py, "agrees")?,
            collect: py.import("gc")?.getattr("collect")?,
            shared,
            in_vain: Cell::new(0),
        })
    }

    /// Calls the consumer and looks at what comes of it; the oracle is asked about a spy.
    pub(super) fn call(&self, given: &Given, spy: Option<(&Spy, usize)>) -> Spied {
        let expected = spy.and_then(|(spy, by)| self.expected(spy, by));
        let before = Before {
            held: given.state.held(),
            references: self.references(given),
        };
        fault::keep();
        let once = self.once(given, expected.as_ref());
        let mut seen = Spied {
            events: Vec::new(),
            faults: Vec::new(),
            ended: once.ended,
            held: once.held - before.held,
            left: Vec::new(),
            references: Vec::new(),
            written: None,
            oracle: once.oracle,
        };
        let left = self.left(given, before);
        seen.events = self.shared.events();
        seen.faults = self.shared.faults();
        if let Some((items, gaps)) = given.changed() {
            let digest = digest(&items);
            seen.written = Some(Written { digest, gaps });
        }
        if left != (0, 0) {
            seen.left.push(left.0);
            seen.references.push(left.1);
            for _ in 0..REPEATED {
                self.once(given, None);
                let left = self.left(given, before);
                seen.left.push(left.0);
                seen.references.push(left.1);
            }
        }
        seen
    }

    /// What the oracle says of the content of a spy, which was moved by so many items.
    fn expected(&self, spy: &Spy, by: usize) -> Option<PyResult<Bound<'py, PyAny>>> {
        let oracle = self.oracle.as_ref()?;
        let data = spy.bytes().and_then(|memory| spy.items(&memory)).ok()?;
        let data = PyBytes::new(self.py, &moved(&data, spy.itemsize, by));
        let expected = oracle.call1((spy.format.as_str(), spy.itemsize, spy.shape.clone(), data));
        expected
            .map(|found| (!found.is_none()).then_some(found))
            .transpose()
    }

    /// Compares a result with what the oracle expects.
    fn compared(&self, result: &Bound<'py, PyAny>, expected: &PyResult<Bound<'py, PyAny>>) -> Option<Oracle> {
        let expected = match expected {
            Ok(expected) => expected,
            Err(error) => return Some(Oracle::Raises(cut(&error.to_string()).to_owned())),
        };
        let differs = self.agrees.call1((result, expected.get_item(0).ok()?));
        let told = differs.and_then(|differs| differs.extract::<Option<String>>());
        match told {
            Ok(None) => Some(Oracle::Agrees),
            Ok(Some(wanted)) => Some(Oracle::Differs(cut(&wanted).to_owned())),
            // What cannot be read is told of the result.
            Err(error) => {
                forget(self.py, error);
                None
            }
        }
    }

    /// One call, its result read and dropped; and how many views were held while it was there.
    fn once(&self, given: &Given, expected: Option<&PyResult<Bound<'py, PyAny>>>) -> Once {
        let result = self.function.call1((&given.object,));
        let held = given.state.held();
        self.shared.after_call();
        let mut oracle = None;
        let ended = match result {
            Ok(result) => {
                oracle = expected.and_then(|expected| self.compared(&result, expected));
                self.told(&result)
            }
            Err(error) => self.raised(error),
        };
        Once { ended, held, oracle }
    }

    /// One call with any object.
    pub(super) fn outcome(&self, object: &Bound<'py, PyAny>) -> Ended {
        fault::keep();
        let result = self.function.call1((object,));
        self.shared.after_call();
        match result {
            Ok(result) => self.told(&result),
            Err(error) => self.raised(error),
        }
    }

    /// A result in words.
    fn told(&self, result: &Bound<'py, PyAny>) -> Ended {
        match self
            .tell
            .call1((result,))
            .and_then(|told| told.extract::<String>())
        {
            Ok(told) => Ended::Returned(words(&told)),
            Err(error) => {
                let kind = type_name(&error.get_type(self.py));
                forget(self.py, error);
                Ended::Unreadable(words(&kind))
            }
        }
    }

    fn raised(&self, error: PyErr) -> Ended {
        let py = self.py;
        let kind = error.get_type(py);
        let name = |kind: &Bound<'_, PyType>| type_name(kind);
        let bases = kind
            .mro()
            .iter()
            .take(BASES)
            .filter_map(|base| base.cast_into::<PyType>().ok());
        let value = error.value(py);
        let message = value
            .str()
            .map_or_else(|_| String::new(), |message| cut(&text(&message)).to_owned());
        let cause = ["__cause__", "__context__"].iter().find_map(|attribute| {
            let found = value.getattr(*attribute).ok().filter(|found| !found.is_none())?;
            Some(type_name(&found.get_type()))
        });
        let ended = Ended::Raised {
            type_name: name(&kind),
            bases: bases.map(|base| name(&base)).collect(),
            message,
            cause,
        };
        forget(py, error);
        ended
    }

    /// Views and references that a call left behind; references that it dropped too often are given back.
    fn left(&self, given: &Given, before: Before) -> (i64, i64) {
        let count = || {
            let held = given.state.held() - before.held;
            // Whoever gives back what an earlier call had left drops its reference rightly.
            let references = self.references(given) - before.references - held.min(0);
            (held.max(0), references)
        };
        let mut left = count();
        if left != (0, 0) {
            // An exception of the collector is nobody's.
            let _ = self.collect.call0();
            left = count();
        }
        if left.0 > 0 && self.in_vain.get() < IN_VAIN {
            self.py.detach(|| std::thread::sleep(WAIT));
            left = count();
            self.in_vain.set(self.in_vain.get() + usize::from(left.0 > 0));
        }
        for _ in left.1..0 {
            // The spy must outlive whoever drops more than their own.
            std::mem::forget(given.object.clone_ref(self.py));
        }
        left
    }

    /// References to the spy and to its owner.
    fn references(&self, given: &Given) -> i64 {
        let counts = Counts::new(self.py);
        let all = [Some(&given.object), given.owner.as_ref()];
        let counted = all.into_iter().flatten().map(|object| {
            // SAFETY: both are objects, and the token says that this thread is attached.
            unsafe { counts.of(object.as_ptr()) }.unwrap_or(0)
        });
        counted.sum()
    }
}

/// Drops an exception with all frames that hold on to the spy.
fn forget(py: Python<'_>, error: PyErr) {
    let mut next = Some(error.into_value(py).into_bound(py).into_any());
    for _ in 0..BASES {
        let Some(value) = next.take() else { return };
        let _ = value.setattr("__traceback__", py.None());
        next = value.getattr("__context__").ok().filter(|found| !found.is_none());
    }
}

fn words(told: &str) -> Told {
    Told {
        text: cut(told).to_owned(),
        // Which of the two objects came back is told, and makes no other result.
        digest: digest(told.replace(OWNER, ITSELF).as_bytes()),
    }
}

pub(super) fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
