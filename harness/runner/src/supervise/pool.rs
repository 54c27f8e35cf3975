//! Runs a plan: one warm worker for each interpreter and thread, subjects taken from a common queue.
//!
//! Knows threads and how interpreters are probed. Must never know what an observation means: each subject is
//! handed to [`crate::judge`] as soon as it is complete.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use bufcheck_model::chain;
use bufcheck_model::report::{Report, Subject};
use bufcheck_model::wire::{Hello, Job, JobOutcome};
use pep440_rs::{Version, VersionSpecifiers};

use crate::bench::Bench;
use crate::blame::{Failure, Served, Server, serve};
use crate::event::Event;
use crate::exporter::perform::{ENVIRONMENT, perform};
use crate::judge::{header, judge_run};
use crate::plan::{Plan, PlanError, Planned};
use crate::record::{InterpreterRecord, Run, SubjectRecord};
use crate::supervise::host::Host;
use crate::supervise::worker::{Limits, StartError, Worker};
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
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// The observations.
    pub run: Run,
    /// The verdicts, in the same order, not yet compared with the record.
    pub subjects: Vec<Subject>,
    /// The interpreters that could not be used, with the reason.
    pub unusable: Vec<(String, String)>,
}

/// One worker that is started when it is first needed.
#[derive(Debug)]
pub struct Slot {
    host: Host,
    limits: Limits,
    worker: Option<Worker>,
    jobs: u64,
    output: String,
    /// Variables that are added to the worker's environment.
    environment: &'static [(&'static str, &'static str)],
    /// The slot whose worker plays scenarios, once one was needed.
    stage: Option<Box<Slot>>,
}

impl Slot {
    /// A slot without a worker yet.
    pub fn new(host: &Host, limits: Limits) -> Self {
        Self {
            host: host.clone(),
            limits,
            worker: None,
            jobs: 0,
            output: String::new(),
            environment: &[],
            stage: None,
        }
    }

    /// Starts the worker, if need be; what it said of itself.
    pub fn hello(&mut self) -> Result<&Hello, StartError> {
        self.worker().map(|worker| worker.hello())
    }

    fn worker(&mut self) -> Result<&mut Worker, StartError> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start_in(&self.host, self.limits, self.environment)?,
        };
        Ok(self.worker.insert(worker))
    }

    /// The slot whose worker plays scenarios: its allocators overwrite what is freed.
    pub(crate) fn stage(&mut self) -> &mut Self {
        let (host, limits) = (&self.host, self.limits);
        let stage = || {
            Box::new(Self {
                environment: &ENVIRONMENT,
                ..Self::new(host, limits)
            })
        };
        self.stage.get_or_insert_with(stage)
    }

    /// What was printed by the worker since this was last asked.
    pub(crate) fn take_output(&mut self) -> String {
        std::mem::take(&mut self.output)
    }

    /// Serves a subject, or skips it where it does not exist; what it printed meanwhile goes with it.
    pub(crate) fn record(
        &mut self,
        subject: &Planned,
        plan: &Plan,
        hello: &Hello,
        interpreter: &str,
    ) -> SubjectRecord {
        if let Some(reason) = skip(subject, hello) {
            return SubjectRecord {
                skipped: Some(reason),
                ..SubjectRecord::new(subject, interpreter, Served::default())
            };
        }
        self.output.clear();
        let mut served = serve(self, subject, &plan.requests, &plan.rounds);
        if !plan.scenarios.is_empty() {
            let stage = self.stage();
            perform(stage, subject, plan, hello, &mut served);
            let printed = stage.take_output();
            if self.output.is_empty() {
                self.output = printed;
            }
        }
        SubjectRecord {
            output: self.take_output(),
            ..SubjectRecord::new(subject, interpreter, served)
        }
    }
}

impl Server for Slot {
    fn run(&mut self, job: &Job) -> Result<JobOutcome, Failure> {
        self.jobs += 1;
        let job = Job {
            id: self.jobs,
            ..job.clone()
        };
        let worker = self.worker().map_err(|error| Failure::NoWorker(chain(&error)))?;
        let result = worker.run(&job);
        // Repetitions print the same again: the latest is enough.
        let printed = worker.take_output();
        if !printed.is_empty() {
            self.output = printed;
        }
        match result {
            Ok(reply) => Ok(reply.outcome),
            Err(lost) => {
                self.worker = None;
                Err(Failure::Lost(lost))
            }
        }
    }

    fn refresh(&mut self) {
        self.worker = None;
    }
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
pub(crate) type Work<'a, T> =
    dyn Fn(&mut Slot, &Planned, &InterpreterRecord) -> (SubjectRecord, Subject, T) + Sync + 'a;

/// Does some work with every subject on every interpreter; what else came of it is in the order of the subjects
/// that were judged.
pub(crate) fn drive<T: Send>(
    plan: &Plan,
    settings: &Settings,
    work: &Work<'_, T>,
    tell: &mut dyn FnMut(Event<'_>),
) -> (Ran, Vec<T>) {
    let Introduced { usable, unusable } = introduce(settings, tell);
    let mut done: Vec<Option<(SubjectRecord, Subject, T)>> = Vec::new();
    let total = plan.subjects.len() * usable.len();
    done.resize_with(total, || None);
    let mut count = 0;
    let mut interpreters = Vec::new();
    for (turn, (first, interpreter)) in usable.into_iter().enumerate() {
        let queue: Mutex<VecDeque<(usize, &Planned)>> =
            Mutex::new(plan.subjects.iter().enumerate().collect());
        let (sender, receiver) = channel();
        let threads = settings.jobs.clamp(1, plan.subjects.len().max(1));
        let host = first.host.clone();
        std::thread::scope(|scope| {
            let mut first = Some(first);
            for _ in 0..threads {
                let sender = sender.clone();
                let (queue, interpreter, host) = (&queue, &interpreter, &host);
                let mut slot = first.take().unwrap_or_else(|| Slot::new(host, settings.limits));
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().map_or_else(
                            |poisoned| poisoned.into_inner().pop_front(),
                            |mut queue| queue.pop_front(),
                        );
                        let Some((number, subject)) = next else { return };
                        if sender
                            .send((number, work(&mut slot, subject, interpreter)))
                            .is_err()
                        {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for (number, worked) in receiver {
                count += 1;
                tell(Event::Judged {
                    subject: &worked.1,
                    done: count,
                    total,
                });
                done[turn * plan.subjects.len() + number] = Some(worked);
            }
        });
        interpreters.push(interpreter);
    }
    let mut run = Run {
        header: header(plan),
        interpreters,
        subjects: Vec::new(),
    };
    let (mut subjects, mut others) = (Vec::new(), Vec::new());
    for (record, judged, other) in done.into_iter().flatten() {
        run.subjects.push(record);
        subjects.push(judged);
        others.push(other);
    }
    let ran = Ran {
        run,
        subjects,
        unusable,
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
        let mut slot = Slot::new(host, settings.limits);
        match slot.hello() {
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
    Ok(judge_run(&run, &bench, false)?)
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

/// Why a subject is not tested in this interpreter.
fn skip(subject: &Planned, hello: &Hello) -> Option<String> {
    let range = subject.case.python.as_deref()?;
    let [major, minor, micro] = hello.version;
    let version = Version::new([u64::from(major), u64::from(minor), u64::from(micro)]);
    let within = range
        .parse::<VersionSpecifiers>()
        .is_ok_and(|range| range.contains(&version));
    (!within).then(|| format!("needs Python {range}, this is {version}"))
}
