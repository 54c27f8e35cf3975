//! Several threads that ask, read and release at once, while one more may try a mutator.
//!
//! Knows how they share one object and how their sums are gathered. Must never know which sums are right.
//!
//! Between the request and the release each thread lets go of the interpreter and reads the memory without
//! it, as a consumer may.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use bufcheck_model::observation::{Answer, Content, Phase, Raised};
use bufcheck_model::scenario::Seen;
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::held::{Way, ask};
use super::player::Player;
use super::python;
use crate::look::object::Counts;

/// Threads at most.
const MAX_THREADS: usize = 16;

/// Requests of each at most.
const MAX_TIMES: u32 = 500;

/// Pairs of contents that are kept.
const MAX_PAIRS: usize = 8;

/// Bytes that are read through each view.
const BUDGET: usize = 64;

/// The sums of one thread.
#[derive(Default)]
struct Sums {
    granted: u32,
    refused: u32,
    refusal: Option<Raised>,
    changed: u32,
    unreadable: u32,
    others: Vec<(Content, Content)>,
    raised: Option<Raised>,
}

/// Lets the threads run, and sums up.
pub(super) fn tumult(
    player: &mut Player<'_>,
    py: Python<'_>,
    object: &Py<PyAny>,
    count: usize,
    times: u32,
    requests: &[Request],
    mutator: Option<&str>,
) -> Seen {
    player
        .mark
        .note(Phase::Ask, requests.first().map(|request| request.flags()));
    let counts = player.counts;
    // SAFETY: `object` is a reference to a live object, and the token says that the GIL is held.
    let before = unsafe { counts.of(object.as_ptr()) };
    let mutated = AtomicU32::new(0);
    let sums = py.detach(|| run(object, count, times, requests, mutator, counts, &mutated));
    player.mark.phase(Phase::Read);
    // SAFETY: as above.
    let references = unsafe { counts.of(object.as_ptr()) }
        .zip(before)
        .map(|(after, before)| after - before);
    let mut all = Sums::default();
    for one in sums {
        all.granted += one.granted;
        all.refused += one.refused;
        all.refusal = all.refusal.or(one.refusal);
        all.changed += one.changed;
        all.unreadable += one.unreadable;
        all.others.extend(one.others);
        all.raised = all.raised.or(one.raised);
    }
    all.raised = all.raised.or(player.unraisable.take(py));
    all.others.truncate(MAX_PAIRS);
    let others = all
        .others
        .into_iter()
        .map(|(one, two)| (player.intern(one), player.intern(two)))
        .collect();
    Seen::Threads {
        granted: all.granted,
        refused: all.refused,
        refusal: all.refusal,
        changed: all.changed,
        unreadable: all.unreadable,
        others,
        raised: all.raised,
        mutated: mutated.into_inner(),
        references,
    }
}

fn run(
    object: &Py<PyAny>,
    count: usize,
    times: u32,
    requests: &[Request],
    mutator: Option<&str>,
    counts: Counts,
    mutated: &AtomicU32,
) -> Vec<Sums> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..count.clamp(1, MAX_THREADS))
            .map(|first| scope.spawn(move || served(object, first, times.min(MAX_TIMES), requests, counts)))
            .collect();
        if let Some(code) = mutator {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    if Python::attach(|py| python::run(py, code, object.bind(py))).is_none() {
                        mutated.fetch_add(1, Ordering::Relaxed);
                    }
                    std::thread::yield_now();
                }
            });
        }
        let sums = askers.into_iter().filter_map(|asker| asker.join().ok()).collect();
        done.store(true, Ordering::Relaxed);
        sums
    })
}

fn served(object: &Py<PyAny>, first: usize, times: u32, requests: &[Request], counts: Counts) -> Sums {
    let mut sums = Sums::default();
    let mut turns = requests.iter().cycle().skip(first);
    for _ in 0..times {
        let Some(request) = turns.next() else { return sums };
        let asked = Python::attach(|py| ask(object.bind(py), request.flags(), counts));
        let held = match asked {
            Ok(held) => held,
            Err(answer) => {
                sums.refused += 1;
                if let Answer::Refused(refusal) = answer {
                    sums.refusal = sums
                        .refusal
                        .or(refusal.raised.filter(|raised| !raised.is_buffer_error));
                }
                continue;
            }
        };
        sums.granted += 1;
        let before = crate::look::content::read(&held.view, BUDGET);
        std::thread::yield_now();
        let after = crate::look::content::read(&held.view, BUDGET);
        sums.changed += u32::from(!held.changed().is_empty());
        if let (Some(before), Some(after)) = (before, after) {
            if before.unreadable.is_none() && after.unreadable.is_some() {
                sums.unreadable += 1;
            } else if before.bytes != after.bytes && sums.others.len() < MAX_PAIRS {
                sums.others.push((before, after));
            }
        }
        let release = Python::attach(|py| held.release(py, Way::Plain, None));
        sums.raised = sums.raised.or(release.raised);
    }
    sums
}
