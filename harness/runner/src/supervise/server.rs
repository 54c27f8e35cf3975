//! A worker as those see it who give it jobs: it answers, or it is lost and another one takes its place.
//!
//! Knows in which ways a job can go without an answer, and how each reads. Must never know a process.

use bufcheck_model::observation::{Crash, HowEnded, InFlight};
use bufcheck_model::wire::{Job, JobOutcome, LastWords};
use bufcheck_rules::death::{doing, ended, signal_name};

use super::symbols;

/// A worker that is started anew when it is gone.
pub trait Server {
    /// Runs a job; after `Err` the next call meets a fresh worker.
    fn run(&mut self, job: &Job) -> Result<JobOutcome, Lost>;

    /// Ends the worker, so that the next call meets a fresh one.
    fn refresh(&mut self);

    /// A subject that broke a rule in this very worker before, and may have left it damaged.
    fn suspect(&self) -> Option<&str> {
        None
    }
}

/// How a worker ended while it had a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub how: HowEnded,
    /// What was in flight.
    pub during: InFlight,
    /// The step of the job, as a position, where that is known.
    pub step: Option<usize>,
    /// What it noted when it crashed.
    pub last_words: Option<Box<LastWords>>,
}

impl Ending {
    /// How and where, in words that follow the name of the process.
    pub fn told(&self) -> String {
        format!("{} {}", ended(self.how), doing(self.during))
    }

    /// What it noted when it crashed, with the name of the signal.
    pub fn crash(&self) -> Option<Crash> {
        let words = self.last_words.as_deref()?;
        let number = i32::from(words.signal);
        let name = signal_name(number).map_or_else(|| format!("signal {number}"), str::to_owned);
        let symbol = words.offset.and_then(|offset| symbols::at(words.path(), offset));
        Some(Crash {
            symbol,
            ..words.crash(name)
        })
    }
}

/// A job that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The worker ended.
    Ended(Ending),
    /// The worker said something that is no reply.
    Garbled(String),
    /// No worker could be started.
    NoWorker(String),
    /// Nobody wants the answer any more.
    Stopped,
    /// The subject has had all of its time.
    Spent,
}

impl Lost {
    /// What happened, as a sentence without its full stop.
    pub fn told(&self) -> String {
        match self {
            Self::Ended(ending) => format!("the worker {}", ending.told()),
            Self::Garbled(problem) => format!("the worker's reply could not be read: {problem}"),
            Self::NoWorker(problem) => problem.clone(),
            Self::Stopped => "interrupted".to_owned(),
            Self::Spent => "the time of the subject was up: `--budget SECONDS` gives it longer".to_owned(),
        }
    }
}
