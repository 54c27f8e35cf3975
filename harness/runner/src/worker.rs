//! A worker: started, introduced, given jobs.
//!
//! Knows what can go wrong with one. Must never know pipes: that is for [`crate::process`].

use std::time::Duration;

use bufcheck_spec::observation::{HowEnded, InFlight};
use bufcheck_spec::wire::{Hello, Job, PROTOCOL, Reply};

use crate::host::Host;
use crate::process::Process;

/// Bytes of a worker's output that are kept for one subject.
pub const OUTPUT_KEPT: usize = 4096;

/// What a worker may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one step.
    pub step: Duration,
    /// Memory on top of what it starts with, in bytes.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(10),
            memory: 2 << 30,
        }
    }
}

/// A worker that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or a pipe could not be made.
    #[error("failed to prepare a worker")]
    Prepare(#[source] std::io::Error),
    /// The program could not be run.
    #[error("failed to start `{program}`")]
    Spawn {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It ended, or kept silent, instead of saying hello.
    #[error("`{program}` did not become a worker{detail}")]
    NoHello {
        /// The program.
        program: String,
        /// What it printed instead.
        detail: String,
    },
    /// It is of another version of bufcheck.
    #[error(
        "`{program}` speaks protocol {theirs} (bufcheck {tool}), this is protocol {PROTOCOL}: install the same version of bufcheck there"
    )]
    Protocol {
        /// The program.
        program: String,
        /// Its protocol.
        theirs: u32,
        /// Its version.
        tool: String,
    },
}

/// A job that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The worker ended while this was in flight.
    Ended(HowEnded, InFlight),
    /// The worker said something that is no reply.
    Garbled(String),
}

/// A running worker that has introduced itself.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    hello: Hello,
}

impl Worker {
    /// Starts a worker and waits for its hello.
    pub fn start(host: &Host, limits: Limits) -> Result<Self, StartError> {
        Self::start_in(host, limits, &[])
    }

    /// Starts a worker with more variables in its environment and waits for its hello.
    pub fn start_in(host: &Host, limits: Limits, environment: &[(&str, &str)]) -> Result<Self, StartError> {
        let mut process = Process::start(host, limits, environment)?;
        let hello = process.expect_hello(host)?;
        Ok(Self { process, hello })
    }

    /// What the worker said of itself.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Sends a job and waits for its reply. After `Err` the worker is gone.
    pub fn run(&mut self, job: &Job) -> Result<Reply, Lost> {
        self.process.run(job)
    }

    /// What was printed since the last call: the end of it, at most [`OUTPUT_KEPT`] bytes.
    pub fn take_output(&mut self) -> String {
        self.process.take_output()
    }
}
