//! Runs a plan: one warm worker for each interpreter and thread, subjects taken from a common queue.
//!
//! Knows threads and how interpreters are probed. Must never know what an observation means: each subject is
//! handed to [`crate::judge`] as soon as it is complete.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use bufcheck_model::chain;
use bufcheck_model::report::{Report, Subject};

use crate::bench::Bench;
use crate::event::Event;
use crate::judge::{header, judge_run};
use crate::plan::{Plan, PlanError, Planned};
use crate::record::{InterpreterRecord, Run, SubjectRecord};
use crate::supervise::host::Host;
use crate::supervise::slot::Slot;
use crate::supervise::stop::Stop;
use crate::supervise::worker::{Limits, StartError};
use crate::verdict::judge_subject;

/// How a run is carried out.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the workers live; every subject runs in each.
    pub hosts: Vec<Host>,
    /// Workers at a time.
    pub jobs: usize,
    /// What a worker may use.
    pub limits: Limits,
    /// Ends the run early.
    pub stop: Stop,
    /// Folders that workers import from, beside the current one.
    pub path: Vec<PathBuf>,
}

impl Settings {
    /// A place for workers of this host.
    pub fn slot(&self, host: &Host) -> Slot {
        Slot::new(host, self.limits)
            .until(&self.stop)
            .importing(&self.path)
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// The observations.
    pub run: Run,
    /// The verdicts, in the same order, not yet compared with the record.
    pub subjects: Vec<Subject>,
    /// How long each took, in the same order.
    pub took: Vec<Duration>,
    /// The interpreters that could not be used, with the reason.
    pub unusable: Vec<(String, String)>,
    /// The run was ended early: what is here is what was judged by then.
    pub interrupted: bool,
}

/// Carries out a plan.
pub fn run(plan: &Plan, settings: &Settings, tell: &mut dyn FnMut(Event<'_>)) -> Ran {
    let bench = Bench::of(plan);
    let work = |slot: &mut Slot, subject: &Planned, interpreter: &InterpreterRecord| {
        let record = slot.record(subject, plan, &interpreter.hello, &interpreter.id);
        let judged = judge_subject(&record, &interpreter.hello, &bench);
        (record, judged, ())
    };
    drive(plan, settings, &work, tell).0
}

/// What is done with one subject: what was observed, the verdict, and whatever else came of it.
pub(crate) type Work<'a, T> = dyn Fn(&mut Slot, &Planned, &InterpreterRecord) -> Worked<T> + Sync + 'a;

/// What came of one subject.
type Worked<T> = (SubjectRecord, Subject, T);

/// Does some work with every subject on every interpreter; what else came of it is in the order of the subjects
/// that were judged.
pub(crate) fn drive<T: Send>(
    plan: &Plan,
    settings: &Settings,
    work: &Work<'_, T>,
    tell: &mut dyn FnMut(Event<'_>),
) -> (Ran, Vec<T>) {
    let Introduced { usable, unusable } = introduce(settings, tell);
    let mut done: Vec<Option<(Duration, Worked<T>)>> = Vec::new();
    let total = plan.subjects.len() * usable.len();
    done.resize_with(total, || None);
    let mut count = 0;
    let mut interpreters = Vec::new();
    for (turn, (first, interpreter)) in usable.into_iter().enumerate() {
        let queue: Mutex<VecDeque<(usize, &Planned)>> =
            Mutex::new(plan.subjects.iter().enumerate().collect());
        let (sender, receiver) = channel();
        let threads = settings.jobs.clamp(1, plan.subjects.len().max(1));
        let host = first.host().clone();
        let new = |host| settings.slot(host);
        std::thread::scope(|scope| {
            let mut first = Some(first);
            for _ in 0..threads {
                let sender = sender.clone();
                let (queue, interpreter, host) = (&queue, &interpreter, &host);
                let mut slot = first.take().unwrap_or_else(|| new(host));
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().map_or_else(
                            |poisoned| poisoned.into_inner().pop_front(),
                            |mut queue| queue.pop_front(),
                        );
                        let Some((number, subject)) = next else { return };
                        let start = Instant::now();
                        let worked = work(&mut slot, subject, interpreter);
                        let took = start.elapsed();
                        if settings.stop.is_set() {
                            // What was cut off says nothing.
                            return;
                        }
                        slot.note(&worked.1);
                        if sender.send((number, took, worked)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (number, took, worked) in receiver {
                count += 1;
                tell(Event::Judged {
                    subject: &worked.1,
                    hello: &interpreter.hello,
                    done: count,
                    total,
                });
                done[turn * plan.subjects.len() + number] = Some((took, worked));
            }
        });
        interpreters.push(interpreter);
    }
    let mut run = Run {
        header: header(plan),
        interpreters,
        subjects: Vec::new(),
    };
    let (mut subjects, mut times, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (took, (record, judged, other)) in done.into_iter().flatten() {
        times.push(took);
        run.subjects.push(record);
        subjects.push(judged);
        others.push(other);
    }
    let ran = Ran {
        run,
        subjects,
        took: times,
        unusable,
        interrupted: settings.stop.is_set(),
    };
    (ran, others)
}

/// The interpreters of a run.
struct Introduced {
    /// Those that answer, each with its first worker.
    usable: Vec<(Slot, InterpreterRecord)>,
    /// The others, with the reason.
    unusable: Vec<(String, String)>,
}

fn introduce(settings: &Settings, tell: &mut dyn FnMut(Event<'_>)) -> Introduced {
    let mut usable: Vec<(Slot, InterpreterRecord)> = Vec::new();
    let mut unusable = Vec::new();
    for host in &settings.hosts {
        let mut slot = settings.slot(host);
        match slot.hello() {
            Err(StartError::Stopped) => break,
            Ok(hello) => {
                let base = hello.interpreter_id();
                let same = |known: &&(Slot, InterpreterRecord)| known.1.hello.interpreter_id() == base;
                let id = match usable.iter().filter(same).count() {
                    0 => base.clone(),
                    others => format!("{base}-{}", others + 1),
                };
                tell(Event::Interpreter(hello));
                let hello = hello.clone();
                usable.push((slot, InterpreterRecord { id, hello }));
            }
            Err(error) => {
                let problem = chain(&error);
                tell(Event::NoInterpreter {
                    host: &host.name(),
                    problem: &problem,
                });
                unusable.push((host.name(), problem));
            }
        }
    }
    Introduced { usable, unusable }
}

/// Checks the subject at this position of the plan, compared with the record: a report with one subject.
pub fn check_one(slot: &mut Slot, plan: &Plan, number: usize) -> Result<Report, CheckError> {
    let hello = slot.hello()?.clone();
    let id = hello.interpreter_id();
    let subject = plan.subjects.get(number).ok_or(CheckError::NoSubject(number))?;
    let record = slot.record(subject, plan, &hello, &id);
    let bench = Bench::of(plan);
    let interpreters = vec![InterpreterRecord { id, hello }];
    let run = Run {
        header: header(plan),
        interpreters,
        subjects: vec![record],
    };
    let report = judge_run(&run, &bench, false)?;
    report.subjects.iter().for_each(|subject| slot.note(subject));
    Ok(report)
}

/// A subject that could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// No worker.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The record cannot be used.
    #[error(transparent)]
    Record(#[from] PlanError),
    /// A position outside the plan.
    #[error("the plan has no subject {0}")]
    NoSubject(usize),
}
