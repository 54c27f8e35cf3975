//! Calls of a consumer as a batch of forked children: what it touches and what ends it is written down in shared memory.
//!
//! Knows what a child needs before it calls, and what is known of one that a signal ended. Must never know what is
//! called.

use std::time::Duration;

use bufcheck_model::observation::HowEnded;
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::{self, ENDED_BY_HANDLER};
use super::shared::Shared;
use crate::host::batch::{self, no_child};
use crate::host::mark::Marker;

/// Calls that are made one after the other.
pub(super) trait Calls {
    /// What is seen in one.
    type Seen: Serialize + DeserializeOwned;

    /// How many there are.
    fn count(&self) -> usize;

    /// Makes one, in the child; `None` where the child can go no further.
    fn call(&self, number: usize) -> Option<Self::Seen>;

    /// What is known of one that ended the child.
    fn died(&self, number: usize, how: HowEnded) -> Self::Seen;
}

/// Makes all calls; what was seen, and why the rest was not made.
pub(super) fn make_all<C: Calls>(
    py: Python<'_>,
    calls: &C,
    shared: Shared,
    mark: &Marker,
) -> (Vec<C::Seen>, Option<String>) {
    let collector = match py.import("gc") {
        Ok(collector) => collector,
        Err(error) => return (Vec::new(), Some(no_child(&error))),
    };
    // What there is by now need not be looked through by the collector after each call.
    let _ = collector
        .call_method0("collect")
        .and_then(|_| collector.call_method0("freeze"));
    let made = batch::make_all(py, &mut Watched { calls, shared }, mark);
    let _ = collector.call_method0("unfreeze");
    made
}

/// Calls whose faults are written down.
struct Watched<'a, C> {
    calls: &'a C,
    shared: Shared,
}

impl<C: Calls> batch::Calls for Watched<'_, C> {
    type Seen = C::Seen;

    const LIMIT: Duration = Duration::from_secs(3);

    const MAX_DEATHS: usize = 60;

    fn count(&self) -> usize {
        self.calls.count()
    }

    fn forget(&self) {
        self.shared.forget();
    }

    fn begun(&self) -> Option<usize> {
        self.shared.call()
    }

    fn prepare(&self) -> bool {
        fault::install().is_ok()
    }

    fn call(&mut self, number: usize) -> Option<C::Seen> {
        self.shared.begin(number);
        self.calls.call(number)
    }

    fn died(&self, number: usize, how: HowEnded) -> C::Seen {
        let signal = self.shared.signal();
        let signal = signal.filter(|_| how == HowEnded::Exit(ENDED_BY_HANDLER));
        self.calls.died(number, signal.map_or(how, HowEnded::Signal))
    }
}
