//! A place for a worker: started when it is first needed, and again when it is lost.
//!
//! Knows which worker asks, which plays scenarios, and who was in it before. Must never know what an answer means.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use bufcheck_model::case::{Level, Make};
use bufcheck_model::chain;
use bufcheck_model::report::Subject;
use bufcheck_model::wire::{Hello, Job, JobOutcome, PATH_VARIABLE};
use pep440_rs::{Version, VersionSpecifiers};

use crate::consumer;
use crate::exporter::observed::Observed;
use crate::exporter::patience::Patience;
use crate::exporter::requests::ask;
use crate::exporter::scenarios::{ENVIRONMENT, play_all};
use crate::interpreter;
use crate::plan::{Plan, Planned};
use crate::record::SubjectRecord;
use crate::supervise::host::Host;
use crate::supervise::server::{Lost, Server};
use crate::supervise::stop::Stop;
use crate::supervise::worker::{Limits, StartError, Worker};
use crate::supervise::zygote::Zygote;

/// One worker that is started when it is first needed.
#[derive(Debug)]
pub struct Slot {
    host: Host,
    limits: Limits,
    worker: Option<Worker>,
    jobs: u64,
    output: String,
    /// A subject that broke a rule in this worker: it may have left it damaged.
    suspect: Option<String>,
    /// The commands of processes that lived on when a worker had ended.
    left: Vec<String>,
    /// The time that is left of that of the subject; nothing where it is not counted.
    left_of_budget: Option<Duration>,
    /// Folders that its workers import from, as the system writes such lists.
    path: OsString,
    /// Whether all of this is to stop.
    stop: Stop,
    /// A worker was started here before.
    begun: bool,
    /// What forks the workers that come after the first, for the modules that are needed now.
    zygote: Option<Zygote>,
    /// Modules with which nothing can be forked.
    barren: Option<Vec<String>>,
    /// Variables that are added to the worker's environment.
    environment: &'static [(&'static str, &'static str)],
    /// The slot whose worker plays scenarios, once one was needed.
    for_scenarios: Option<Box<Slot>>,
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
            suspect: None,
            left: Vec::new(),
            left_of_budget: None,
            path: OsString::new(),
            stop: Stop::default(),
            begun: false,
            zygote: None,
            barren: None,
            environment: &[],
            for_scenarios: None,
        }
    }

    /// A slot whose workers are ended when somebody wants it to stop.
    #[must_use = "the slot that stops is the one that is returned"]
    pub fn until(self, stop: &Stop) -> Self {
        Self {
            stop: stop.clone(),
            ..self
        }
    }

    /// A slot whose workers import from these folders as well.
    #[must_use = "the slot that imports from there is the one that is returned"]
    pub fn importing(self, path: &[PathBuf]) -> Self {
        // No list can hold a name with the character that divides it.
        let path = std::env::join_paths(path).unwrap_or_default();
        Self { path, ..self }
    }

    /// Where its workers live.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Starts the worker, if need be; what it said of itself.
    pub fn hello(&mut self) -> Result<&Hello, StartError> {
        self.worker(None).map(|worker| worker.hello())
    }

    /// The worker: the one that is here, else a fresh one for such objects.
    fn worker(&mut self, make: Option<&Make>) -> Result<&mut Worker, StartError> {
        let worker = if let Some(worker) = self.worker.take() {
            worker
        } else {
            self.suspect = None;
            let forked = make.filter(|_| self.begun).and_then(|make| self.fork(make));
            match forked {
                Some(worker) => worker,
                None => Worker::start_in(&self.host, self.limits, &self.variables(), &self.stop)?,
            }
        };
        self.begun = true;
        Ok(self.worker.insert(worker))
    }

    fn variables(&self) -> Vec<(&'static str, &OsStr)> {
        let mut variables: Vec<(&str, &OsStr)> = self
            .environment
            .iter()
            .map(|(name, value)| (*name, OsStr::new(*value)))
            .collect();
        variables.push((PATH_VARIABLE, &self.path));
        variables
    }

    /// A fresh worker of a zygote that has imported what these objects need, if that can be.
    fn fork(&mut self, make: &Make) -> Option<Worker> {
        let modules = make.modules();
        if self.barren.as_ref() == Some(&modules) {
            return None;
        }
        if self
            .zygote
            .as_ref()
            .is_none_or(|zygote| zygote.modules() != modules)
        {
            let variables = self.variables();
            self.zygote = Zygote::start(&self.host, self.limits, &variables, &self.stop, &modules);
        }
        let zygote = self.zygote.as_mut();
        let forked = zygote.and_then(|zygote| zygote.fork(&self.host, self.limits, &self.stop));
        if forked.is_none() {
            self.zygote = None;
            self.barren = Some(modules);
        }
        forked
    }

    /// The slot whose worker plays scenarios: its allocators overwrite what is freed.
    pub(crate) fn for_scenarios(&mut self) -> &mut Self {
        let (host, limits, stop, path) = (&self.host, self.limits, &self.stop, &self.path);
        let slot = || {
            Box::new(Self {
                environment: &ENVIRONMENT,
                path: path.clone(),
                ..Self::new(host, limits).until(stop)
            })
        };
        self.for_scenarios.get_or_insert_with(slot)
    }

    /// Lets the worker go, if there is one, and notes what it left behind.
    fn let_go(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            self.left.extend(worker.leave());
        }
    }

    /// The commands of processes that lived on when a worker of this subject had ended; all of them are ended. A worker
    /// whose processes still live is not used again.
    fn take_left(&mut self) -> Vec<String> {
        if self.worker.as_ref().is_some_and(Worker::has_started) {
            self.let_go();
        }
        let mut left = std::mem::take(&mut self.left);
        if let Some(slot) = &mut self.for_scenarios {
            left.extend(slot.take_left());
        }
        left.sort();
        left.dedup();
        left
    }

    /// What was printed by the worker since this was last asked.
    pub(crate) fn take_output(&mut self) -> String {
        std::mem::take(&mut self.output)
    }

    /// Remembers whether a subject that was in these workers may have damaged them.
    pub(crate) fn note(&mut self, subject: &Subject) {
        let breaks = subject.findings.iter().any(|finding| {
            let mut folded = finding.consequences.iter();
            finding.level == Level::Must || folded.any(|folded| folded.level == Level::Must)
        });
        if breaks {
            if self.worker.is_some() {
                self.suspect = Some(subject.id.clone());
            }
            if let Some(slot) = &mut self.for_scenarios {
                slot.note(subject);
            }
        }
    }

    /// Asks and plays a subject, or skips it where it does not exist; what it printed meanwhile goes with it.
    pub(crate) fn record(
        &mut self,
        subject: &Planned,
        plan: &Plan,
        hello: &Hello,
        place: &str,
    ) -> SubjectRecord {
        if let Some(reason) = skip(subject, hello) {
            return SubjectRecord {
                skipped: Some(reason),
                ..SubjectRecord::new(subject, place, Observed::default())
            };
        }
        self.output.clear();
        // What other subjects left is none of this one's.
        self.take_left();
        let mut observed = if subject.consumer.is_some() {
            consumer::observe(self, subject, plan)
        } else if let Some(group) = &subject.interpreter {
            interpreter::observe(self, group, subject.bend)
        } else {
            self.exporter(subject, plan, hello)
        };
        observed.leave_behind(self.take_left());
        SubjectRecord {
            output: self.take_output(),
            ..SubjectRecord::new(subject, place, observed)
        }
    }

    /// Asks an exporter, and plays its scenarios.
    fn exporter(&mut self, subject: &Planned, plan: &Plan, hello: &Hello) -> Observed {
        self.left_of_budget = Some(self.limits.budget);
        let mut patience = Patience::default();
        let (mut observed, asking) = ask(self, subject, &plan.requests, &plan.rounds, &mut patience);
        if !plan.scenarios.is_empty() {
            let left = self.left_of_budget;
            let slot = self.for_scenarios();
            slot.left_of_budget = left;
            let fatal = asking.fatal(&observed);
            play_all(slot, subject, plan, hello, &fatal, &mut observed, &mut patience);
            let (printed, left) = (slot.take_output(), slot.left_of_budget.take());
            self.left_of_budget = left;
            if self.output.is_empty() {
                self.output = printed;
            }
        }
        asking.settle(self, &mut observed, &mut patience);
        self.left_of_budget = None;
        observed
    }
}

impl Server for Slot {
    fn run(&mut self, job: &Job) -> Result<JobOutcome, Lost> {
        let left = self.left_of_budget.unwrap_or(Duration::MAX);
        if left.is_zero() {
            return Err(Lost::Spent);
        }
        self.jobs += 1;
        let job = Job {
            id: self.jobs,
            ..job.clone()
        };
        let worker = self
            .worker(Some(&job.make))
            .map_err(|error| Lost::NoWorker(chain(&error)))?;
        let (result, took) = worker.run_within(&job, left);
        // Repetitions print the same again: the latest is enough.
        let printed = worker.take_output();
        if !printed.is_empty() {
            self.output = printed;
        }
        self.left_of_budget = self.left_of_budget.map(|left| left.saturating_sub(took));
        result.map(|reply| reply.outcome).inspect_err(|_| self.let_go())
    }

    fn refresh(&mut self) {
        self.let_go();
    }

    fn suspect(&self) -> Option<&str> {
        self.suspect.as_deref()
    }
}

/// Why a subject is not tested in this interpreter.
pub(crate) fn skip(subject: &Planned, hello: &Hello) -> Option<String> {
    let range = subject.case.python.as_deref()?;
    let [major, minor, micro] = hello.version;
    let version = Version::new([u64::from(major), u64::from(minor), u64::from(micro)]);
    let within = range
        .parse::<VersionSpecifiers>()
        .is_ok_and(|range| range.contains(&version));
    (!within).then(|| format!("needs Python {range}, this is {version}"))
}
