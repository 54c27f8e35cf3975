//! A server for tests that behaves as a closure says.
//!
//! Knows what it was asked. Must never start a process.

use bufcheck_model::case::{ExporterCase, Make};
use bufcheck_model::observation::{HowEnded, InFlight, Made, Phase, Sweep};
use bufcheck_model::scenario::{Played, Script};
use bufcheck_model::wire::{Job, JobOutcome, Step, StepOutcome};
use bufcheck_protocol::request::Request;

use crate::plan::Planned;
use crate::supervise::server::{Ending, Lost, Server};

/// What happens to a job; the second is its number, from 1.
pub(crate) type Behaviour<'a> = dyn FnMut(&Job, usize) -> Result<JobOutcome, Lost> + 'a;

pub(crate) struct Fake<'a> {
    behave: Box<Behaviour<'a>>,
    /// Jobs that were run.
    pub(crate) jobs: Vec<Job>,
    /// Deadlines that were waited for in vain.
    pub(crate) waited: usize,
    pub(crate) suspect: Option<&'static str>,
}

impl<'a> Fake<'a> {
    pub(crate) fn new(behave: impl FnMut(&Job, usize) -> Result<JobOutcome, Lost> + 'a) -> Self {
        Self {
            behave: Box::new(behave),
            jobs: Vec::new(),
            waited: 0,
            suspect: None,
        }
    }
}

impl Server for Fake<'_> {
    fn run(&mut self, job: &Job) -> Result<JobOutcome, Lost> {
        self.jobs.push(job.clone());
        let result = (self.behave)(job, self.jobs.len());
        if let Err(Lost::Ended(ending)) = &result {
            self.waited += usize::from(ending.how.is_endless());
        }
        result
    }

    fn refresh(&mut self) {
        self.suspect = None;
    }

    fn suspect(&self) -> Option<&str> {
        self.suspect
    }
}

pub(crate) fn subject() -> Planned {
    Planned {
        case: ExporterCase {
            id: "x".into(),
            ..ExporterCase::default()
        },
        consumer: None,
        interpreter: None,
        bend: None,
        package: None,
        make: Make::Expression {
            module: "builtins".into(),
            expression: "b''".into(),
            setup: None,
            requires: Vec::new(),
        },
        sibling: None,
        repro: String::new(),
    }
}

/// All is well: each step has its outcome.
#[allow(clippy::unnecessary_wraps, reason = "this is what a server answers")]
pub(crate) fn answered(job: &Job) -> Result<JobOutcome, Lost> {
    let steps = job.steps.iter().map(|step| match step {
        Step::Sweep { requests, .. } => StepOutcome::Sweep(Sweep {
            requests: requests.clone(),
            ..Sweep::default()
        }),
        Step::Scenario(script) => StepOutcome::Scenario(Box::new(Played {
            scenario: script.scenario.clone(),
            mutator: script.bindings.mutator.clone(),
            ..Played::default()
        })),
        Step::Consume { .. } => StepOutcome::Consume(Box::default()),
        Step::Interpret { .. } => StepOutcome::Interpret(Box::default()),
    });
    Ok(JobOutcome::Done {
        made: Made::default(),
        steps: steps.collect(),
    })
}

/// The requests of a job that asks.
pub(crate) fn asked(job: &Job) -> Vec<i32> {
    match job.steps.first() {
        Some(Step::Sweep { requests, .. }) => requests.clone(),
        _ => Vec::new(),
    }
}

/// The scripts of a job that plays.
pub(crate) fn scripts(job: &Job) -> Vec<&Script> {
    let scripts = job.steps.iter().filter_map(|step| match step {
        Step::Scenario(script) => Some(script),
        Step::Sweep { .. } | Step::Consume { .. } | Step::Interpret { .. } => None,
    });
    scripts.collect()
}

pub(crate) fn ended(how: HowEnded, phase: Phase, request: Option<i32>, step: Option<usize>) -> Lost {
    Lost::Ended(Ending {
        how,
        during: InFlight {
            phase,
            request: request.map(Request::new),
        },
        step,
        last_words: None,
    })
}

/// Ends at this request if the job asks it, else all is well.
pub(crate) fn ends_at(job: &Job, request: i32, how: HowEnded) -> Result<JobOutcome, Lost> {
    if asked(job).contains(&request) {
        Err(ended(how, Phase::Ask, Some(request), Some(0)))
    } else {
        answered(job)
    }
}
