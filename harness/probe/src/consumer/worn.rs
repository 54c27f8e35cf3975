//! A spy in the hands of a test, in a process that is not ours.
//!
//! Knows how it is given out, and what was seen of it until it was taken back. Must never know what the test does, or
//! what is right.
//!
//! The process is the caller's: no child is forked, and nothing is caught that would have ended it. As long as the spy is
//! out, faults in its pages are written down and let in; all others are left to whoever had the signal before. When it is
//! taken back its pages are opened for good, since the test may hold on to what it got.

use std::sync::atomic::{AtomicBool, Ordering};

use bufcheck_model::spy::{Call, Dress, Ended, Spied, Spy, Written};
use pyo3::prelude::*;

use super::fault::{self, Before};
use super::given::{Given, make};
use super::one::digest;
use super::shared::Shared;

/// A spy is out: what is seen is written to one place.
static OUT: AtomicBool = AtomicBool::new(false);

/// A spy that was given out.
pub struct Worn {
    given: Given,
    shared: Shared,
    before: Option<Before>,
}

impl Worn {
    /// Makes a spy and watches it from now on. One at a time.
    ///
    /// # Errors
    ///
    /// A sentence, where another one is out or no memory is to be had.
    pub fn give(py: Python<'_>, spy: &Spy, call: Call) -> Result<Self, String> {
        if OUT.swap(true, Ordering::Acquire) {
            return Err("another spy is in use: one can be watched at a time".into());
        }
        let worn = Self::watched(py, spy, call);
        if worn.is_err() {
            OUT.store(false, Ordering::Release);
        }
        worn
    }

    fn watched(py: Python<'_>, spy: &Spy, call: Call) -> Result<Self, String> {
        let shared = Shared::map().map_err(|error| error.to_string())?;
        let given = make(py, spy, (call, Dress::Spy))
            .map_err(|problem| format!("the spy `{}` could not be made: {problem}", spy.id))?;
        shared.begin(0);
        let before = fault::borrow_signals().map_err(|error| error.to_string())?;
        Ok(Self {
            given,
            shared,
            before: Some(before),
        })
    }

    /// The object that a function is given.
    pub fn object(&self, py: Python<'_>) -> Py<PyAny> {
        self.given.object.clone_ref(py)
    }

    /// Views that are held now.
    pub fn held(&self) -> i64 {
        self.given.state.held()
    }

    /// Stops watching; what was seen. `ended` is how it ended, in the eyes of the caller. A second time nothing was.
    pub fn take_back(&mut self, ended: Ended) -> Option<Spied> {
        let before = self.before.take()?;
        let seen = Spied {
            events: self.shared.events(),
            faults: self.shared.faults(),
            ended,
            held: self.held(),
            left: Vec::new(),
            references: Vec::new(),
            written: self.given.changed().map(|(items, gaps)| Written {
                digest: digest(&items),
                gaps,
            }),
            oracle: None,
        };
        before.give_back();
        if let Some(guarded) = self.given.state.guarded {
            guarded.open_for_good();
        }
        OUT.store(false, Ordering::Release);
        Some(seen)
    }
}

impl Drop for Worn {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            before.give_back();
            OUT.store(false, Ordering::Release);
        }
    }
}
