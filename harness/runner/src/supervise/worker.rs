//! A worker: started, introduced, given jobs.
//!
//! Knows in which order that goes. Must never know pipes: that is for `process`.

use std::ffi::OsStr;
use std::time::Duration;

use bufcheck_model::wire::{Hello, Job, Reply};

use crate::supervise::host::Host;
pub use crate::supervise::output::OUTPUT_KEPT;
use crate::supervise::process::Process;
pub use crate::supervise::process::{Limits, StartError};
use crate::supervise::server::Lost;
use crate::supervise::stop::Stop;

/// A running worker that has introduced itself.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    hello: Hello,
}

impl Worker {
    /// Starts a worker and waits for its hello.
    pub fn start(host: &Host, limits: Limits) -> Result<Self, StartError> {
        Self::start_in(host, limits, &[], &Stop::default())
    }

    /// Starts a worker with more variables in its environment and waits for its hello, unless that is to stop.
    pub fn start_in(
        host: &Host,
        limits: Limits,
        environment: &[(&str, &OsStr)],
        stop: &Stop,
    ) -> Result<Self, StartError> {
        let mut process = Process::start(host, limits, environment, stop)?;
        let hello = process.expect_hello(host)?;
        Ok(Self { process, hello })
    }

    /// A worker that has said this of itself.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(process: Process, hello: Hello) -> Self {
        Self { process, hello }
    }

    /// What the worker said of itself.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Sends a job and waits for its reply. After `Err` the worker is gone.
    pub fn run(&mut self, job: &Job) -> Result<Reply, Lost> {
        self.run_within(job, Duration::MAX).0
    }

    /// The same for so long in all. Beside the result, how long it took.
    pub fn run_within(&mut self, job: &Job, budget: Duration) -> (Result<Reply, Lost>, Duration) {
        self.process.run(job, budget)
    }

    /// Whether processes live that it has started.
    pub fn has_started(&self) -> bool {
        self.process.has_started()
    }

    /// Lets the worker go, and ends everything that it started and that lives on after it: the commands of those, and
    /// of any that were ended when it was lost.
    pub fn leave(&mut self) -> Vec<String> {
        self.process.leave()
    }

    /// What was printed since the last call: the end of it, at most [`OUTPUT_KEPT`] bytes.
    pub fn take_output(&mut self) -> String {
        self.process.take_output()
    }
}
