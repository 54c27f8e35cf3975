//! Several threads that ask, read and release at once, while one more may try a mutator.
//!
//! Knows how they share one object and how their sums are gathered. Must never know which sums are right.
//!
//! Between the request and the release each thread lets go of the interpreter and reads the memory without
//! it, as a consumer may. Without a mutator the threads do everything three times, and wait for each other in between:
//! the first time fills whatever the object fills at first use, and references are counted around the two others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use bufcheck_model::observation::{Answer, Content, Phase, Raised};
use bufcheck_model::scenario::Seen;
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;

use super::held::release;
use super::player::Player;
use super::python;
use crate::host::mark::Tick;
use crate::look::object::{Counts, collect};
use crate::look::{Held, Way};

/// Requests of each at most, each time.
const MAX_TIMES: u32 = 500;

/// Tries of a mutator at most. The interpreter may let it run thousands of times before the others get on, and one that
/// makes an object grow then costs seconds; most often a few dozen go by.
const MAX_TRIES: usize = 1000;

/// Pairs of contents that are kept.
const MAX_PAIRS: usize = 8;

/// Bytes that are read through each view.
const BUDGET: usize = 64;

/// What the threads are to do.
pub(super) struct Tumult<'a> {
    pub(super) object: &'a Py<PyAny>,
    pub(super) threads: usize,
    /// Requests of each thread, each time.
    pub(super) times: u32,
    pub(super) requests: &'a [Request],
    pub(super) mutator: Option<&'a str>,
}

/// The sums of one thread, or of all.
#[derive(Default)]
struct Sums {
    granted: u32,
    refused: u32,
    refusal: Option<Raised>,
    changed: u32,
    unreadable: u32,
    others: Vec<(Content, Content)>,
    raised: Option<Raised>,
    mutated: u32,
    /// The reference count at the end of each time; what was garbage by then is collected.
    counts: Vec<Option<i64>>,
}

/// Lets the threads run, and sums up.
pub(super) fn tumult(player: &mut Player<'_>, py: Python<'_>, tumult: &Tumult<'_>) -> Seen {
    let first = tumult.requests.first().map(|request| request.flags());
    player.mark.note(Phase::Ask, first);
    let counts = player.counts;
    let ticks: Vec<Tick> = (0..tumult.threads.max(1))
        .map_while(|thread| player.mark.tick(thread))
        .collect();
    let Some(mut all) = py.detach(|| tumult.run(counts, &ticks)) else {
        return Seen::Fault("a thread of the harness did not come to its end".to_owned());
    };
    player.mark.phase(Phase::Read);
    all.raised = all.raised.or(player.unraisable.take(py));
    let others = all.others.into_iter().take(MAX_PAIRS);
    let others = others
        .map(|(one, two)| (player.intern(one), player.intern(two)))
        .collect();
    let halves = match all.counts[..] {
        [Some(start), Some(middle), Some(end)] => Some([middle - start, end - middle]),
        _ => None,
    };
    Seen::Threads {
        granted: all.granted,
        refused: all.refused,
        refusal: all.refusal,
        changed: all.changed,
        unreadable: all.unreadable,
        others,
        raised: all.raised,
        mutated: all.mutated,
        references: halves.map(|[first, second]| first + second),
        halves,
    }
}

impl Tumult<'_> {
    /// How often everything is done.
    fn rounds(&self) -> usize {
        // Nobody counts references while a mutator runs.
        if self.mutator.is_some() { 1 } else { 3 }
    }

    /// The sums of all threads, of which there are as many as ticks; `None` if one of them panicked.
    fn run(&self, counts: Counts, ticks: &[Tick]) -> Option<Sums> {
        let barrier = Barrier::new(ticks.len() + 1);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let barrier = &barrier;
            let askers: Vec<_> = ticks
                .iter()
                .enumerate()
                .map(|(number, tick)| {
                    let asker = Asker {
                        tumult: self,
                        number,
                        counts,
                        tick: *tick,
                    };
                    scope.spawn(move || asker.rounds(barrier))
                })
                .collect();
            let mutator = self.mutator.map(|code| scope.spawn(|| self.mutate(code, &done)));
            let counted = self.count_rounds(counts, barrier);
            let mut all = Sums {
                counts: counted,
                ..Sums::default()
            };
            let mut whole = true;
            for asker in askers {
                match asker.join().ok().flatten() {
                    Some(sums) => all.add(sums),
                    None => whole = false,
                }
            }
            done.store(true, Ordering::Relaxed);
            if let Some(mutator) = mutator {
                match mutator.join() {
                    Ok(mutated) => all.mutated = mutated,
                    Err(_) => whole = false,
                }
            }
            whole.then_some(all)
        })
    }

    /// Waits for each round to end, and counts the references of the object.
    fn count_rounds(&self, counts: Counts, barrier: &Barrier) -> Vec<Option<i64>> {
        let mut last = Python::attach(|py| self.references(py, counts));
        (0..self.rounds())
            .map(|_| {
                barrier.wait();
                barrier.wait();
                last = Python::attach(|py| {
                    let now = self.references(py, counts);
                    if now == last {
                        return now;
                    }
                    collect(py);
                    self.references(py, counts)
                });
                last
            })
            .collect()
    }

    fn references(&self, _: Python<'_>, counts: Counts) -> Option<i64> {
        // SAFETY: it is a reference to a live object, and the token says that this thread is attached.
        unsafe { counts.of(self.object.as_ptr()) }
    }

    /// Tries the mutator until the others are done, or it was tried often enough; how often it returned.
    fn mutate(&self, code: &str, done: &AtomicBool) -> u32 {
        let mut mutated = 0;
        for _ in 0..MAX_TRIES {
            if done.load(Ordering::Relaxed) {
                break;
            }
            let raised = Python::attach(|py| python::run(py, code, self.object.bind(py)));
            mutated += u32::from(raised.is_none());
            std::thread::yield_now();
        }
        mutated
    }
}

/// One thread of a tumult.
struct Asker<'a> {
    tumult: &'a Tumult<'a>,
    number: usize,
    counts: Counts,
    /// A slow exporter is not taken for one that never comes back.
    tick: Tick,
}

impl Asker<'_> {
    /// All rounds; `None` if one panicked. The others are not kept waiting for it.
    fn rounds(&self, barrier: &Barrier) -> Option<Sums> {
        Python::attach(|py| {
            let mut all = Some(Sums::default());
            for round in 0..self.tumult.rounds() {
                let looks = round + 1 == self.tumult.rounds();
                py.detach(|| barrier.wait());
                let sums = catch_unwind(AssertUnwindSafe(|| self.round(py, looks)));
                all = all.zip(sums.ok()).map(|(mut all, sums)| {
                    all.add(sums);
                    all
                });
                py.detach(|| barrier.wait());
            }
            all
        })
    }

    /// The requests of one thread in one round.
    fn round(&self, py: Python<'_>, looks: bool) -> Sums {
        let mut sums = Sums::default();
        let turns = self.tumult.requests.iter().cycle().skip(self.number);
        for request in turns.take(self.tumult.times.min(MAX_TIMES) as usize) {
            self.tick.tick();
            match Held::ask(self.tumult.object.bind(py), request.flags(), self.counts) {
                Ok(granted) => {
                    let held;
                    (held, sums) = py.detach(move || sums.meanwhile(granted, looks));
                    self.tick.tick();
                    let release = release(held, py, Way::Plain, None);
                    sums.raised = sums.raised.or(release.raised);
                }
                Err(answer) => {
                    sums.refused += 1;
                    if let Answer::Refused(refusal) = answer {
                        let other = refusal.raised.filter(|raised| !raised.is_buffer_error);
                        sums.refusal = sums.refusal.or(other);
                    }
                }
            }
            py.detach(std::thread::yield_now);
        }
        sums
    }
}

impl Sums {
    /// What is done with a granted view while others run.
    fn meanwhile(mut self, held: Held, looks: bool) -> (Held, Self) {
        self.granted += 1;
        if looks {
            self.look(&held);
        } else {
            std::thread::yield_now();
        }
        (held, self)
    }

    /// Reads a held view twice, while others run.
    fn look(&mut self, held: &Held) {
        let content = || crate::look::content::read(held.view()?, BUDGET);
        let before = content();
        std::thread::yield_now();
        let after = content();
        self.changed += u32::from(!held.changed().is_empty());
        if let (Some(before), Some(after)) = (before, after) {
            if before.unreadable.is_none() && after.unreadable.is_some() {
                self.unreadable += 1;
            } else if before.bytes != after.bytes && self.others.len() < MAX_PAIRS {
                self.others.push((before, after));
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.granted += other.granted;
        self.refused += other.refused;
        self.refusal = self.refusal.take().or(other.refusal);
        self.changed += other.changed;
        self.unreadable += other.unreadable;
        self.others.extend(other.others);
        self.raised = self.raised.take().or(other.raised);
    }
}
