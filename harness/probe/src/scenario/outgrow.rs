//! A mutator that is run until it tells something: one call may fit into room that was left over, and moves nothing.
//!
//! Knows when to stop. Must never know what that means for the views that are held meanwhile.

use bufcheck_model::observation::{Phase, Raised};
use bufcheck_model::scenario::Seen;
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::held::note;
use super::python::{Statement, Unraisable};
use crate::host::mark::Marker;
use crate::look::Places;
use crate::look::raised::describe;

/// How often it runs in all before each look at the time.
const ROUNDS: [u32; 3] = [10, 1_000, 100_000];

/// Processor time, in nanoseconds, that a round is expected to need at most, or it is not begun.
const BUDGET: u64 = 500_000_000;

/// Runs `code` on `x` until it raises, or a view asked with `request` lies elsewhere or has another length.
pub(super) fn run(
    x: &Bound<'_, PyAny>,
    code: &str,
    request: Request,
    mark: &Marker,
    unraisable: &Unraisable,
) -> Seen {
    let py = x.py();
    let mut places = Places::new();
    let mut place = || {
        note(mark, request.flags());
        let place = places.next(x, request.flags(), || mark.phase(Phase::Release));
        // What is reported here is no matter of the mutator.
        drop(unraisable.take(py));
        place
    };
    let first = place();
    mark.phase(Phase::Mutate);
    let statement = match Statement::compile(py, code, x) {
        Ok(statement) => statement,
        Err(error) => return ended(0, false, Some(describe(py, &error))),
    };
    let (begun, mut times) = (moment(), 0);
    for round in ROUNDS {
        let spent = moment().saturating_sub(begun);
        if spent.saturating_mul(u64::from(round)) > BUDGET.saturating_mul(u64::from(times)) && times > 0 {
            break;
        }
        while times < round {
            mark.phase(Phase::Mutate);
            times += 1;
            if let Err(error) = statement.run() {
                return ended(times, false, Some(describe(py, &error)));
            }
            // Where a second view is refused nobody can tell.
            if first.is_some() && place() != first {
                return ended(times, true, None);
            }
        }
    }
    ended(times, false, None)
}

fn ended(times: u32, moved: bool, raised: Option<Raised>) -> Seen {
    Seen::Outgrown { times, moved, raised }
}

/// Processor time of this thread in nanoseconds: that of the clock on the wall depends on who else is there.
fn moment() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}
