//! The process of a worker: its pipes, its deadlines, its end.
//!
//! Knows how what is seen of it comes together. Must never know what a job is for.
//!
//! The worker's standard input and output are the protocol (it moves them out of the way of user code before
//! anything else runs); its standard error is a file, so that whatever user code prints can be read at any
//! time, in full, without a thread, and never blocks the worker.

use std::ffi::OsStr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bufcheck_family::VARIABLE;
use bufcheck_model::observation::HowEnded;
use bufcheck_model::wire::{
    FDS_VARIABLE, ForkOrder, Hello, Job, KEEP_VARIABLE, MARK_VARIABLE, MEMORY_VARIABLE, NO_PIPE,
    PARENT_VARIABLE, PROTOCOL, Reply, ZYGOTE_VARIABLE, ZygoteSays,
};
use bufcheck_rules::death::ended;

use crate::supervise::being::Being;
use crate::supervise::damage;
use crate::supervise::family;
use crate::supervise::host::Host;
use crate::supervise::kin::Name;
use crate::supervise::output::{OUTPUT_KEPT, Output};
use crate::supervise::pipe::{Jobs, Lines};
use crate::supervise::server::{Ending, Lost};
use crate::supervise::shared::SharedMark;
use crate::supervise::starter::start;
use crate::supervise::stop::Stop;
use crate::supervise::waiting::{Look, Next, Waiting};

/// How often a silent worker is looked after.
const TICK: Duration = Duration::from_millis(50);

/// Time for the first line at least: an interpreter on a busy machine, with a cold disk.
const HELLO: Duration = Duration::from_secs(20);

/// How long a worker may take to go when there are no more jobs; it has nothing to save.
const LEAVE: Duration = Duration::from_millis(20);

/// SIGABRT, on every platform that has it.
const ABRT: i32 = 6;

/// What a worker may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one step.
    pub step: Duration,
    /// Memory on top of what it starts with, in bytes.
    pub memory: u64,
    /// Time for one subject in all.
    pub budget: Duration,
}

impl Limits {
    /// With this time for one step, and three times as much for one subject.
    #[must_use = "the limits that are returned are the ones with the time"]
    pub fn with_step(self, step: Duration) -> Self {
        Self {
            step,
            budget: step.saturating_mul(3),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(10),
            memory: 2 << 30,
            budget: Duration::from_secs(30),
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
    /// Nobody wants it any more.
    #[error("interrupted")]
    Stopped,
}

/// A process that is, or is about to become, a worker.
#[derive(Debug)]
pub(crate) struct Process {
    /// Absent once it was ended.
    child: Option<Being>,
    /// Absent once there are no more.
    jobs: Option<Jobs>,
    lines: Lines,
    mark: SharedMark,
    output: Output,
    limits: Limits,
    stop: Stop,
    name: Name,
    /// The commands of processes that lived on after a worker that was lost.
    left: Vec<String>,
}

impl Process {
    /// Starts the process.
    pub(crate) fn start(
        host: &Host,
        limits: Limits,
        environment: &[(&str, &OsStr)],
        stop: &Stop,
    ) -> Result<Self, StartError> {
        let prepare = StartError::Prepare;
        let mark = SharedMark::new().map_err(prepare)?;
        let (output, printed) = Output::new().map_err(prepare)?;
        let mut command = host.command();
        let name = Name::new();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(printed))
            .env_remove(FDS_VARIABLE)
            .env_remove(ZYGOTE_VARIABLE)
            .envs(environment.iter().copied())
            .env(VARIABLE, name.variable())
            .env(PARENT_VARIABLE, std::process::id().to_string())
            .env(MARK_VARIABLE, mark.name())
            .env(MEMORY_VARIABLE, limits.memory.to_string());
        match name.keeper() {
            Some(run) => command.env(KEEP_VARIABLE, run),
            None => command.env_remove(KEEP_VARIABLE),
        };
        family::head(&mut command);
        let mut child = start(command, mark.inherited()).map_err(|source| StartError::Spawn {
            program: host.name(),
            source,
        })?;
        let broken = || StartError::Prepare(std::io::ErrorKind::BrokenPipe.into());
        let jobs = child.stdin.take().ok_or_else(broken)?;
        let lines = child.stdout.take().ok_or_else(broken)?;
        let streams = (Jobs::to(jobs), Lines::of(lines));
        let own = (mark, output, name);
        Ok(Self::around(Being::Started(child), streams, own, (limits, stop)))
    }

    /// A process that runs already, with what is its own.
    pub(crate) fn around(
        being: Being,
        (jobs, lines): (Jobs, Lines),
        (mark, output, name): (SharedMark, Output, Name),
        (limits, stop): (Limits, &Stop),
    ) -> Self {
        Self {
            child: Some(being),
            jobs: Some(jobs),
            lines,
            mark,
            output,
            limits,
            stop: stop.clone(),
            name,
            left: Vec::new(),
        }
    }

    /// What it says, for who waits for it as well.
    #[cfg(target_os = "linux")]
    pub(crate) fn lines(&self) -> Lines {
        self.lines.clone()
    }

    /// Asks a zygote for a worker; what it answers, if it does.
    #[cfg(target_os = "linux")]
    pub(crate) fn ask(&mut self, order: &ForkOrder) -> Option<ZygoteSays> {
        let mut line = serde_json::to_vec(order).ok()?;
        line.push(b'\n');
        self.jobs.as_ref()?.send(line);
        let mut waiting = Waiting::for_hello(self.limits.step.max(HELLO), Instant::now());
        loop {
            let look = self.look();
            match waiting.on(look) {
                Next::Wait => {}
                Next::Read(line) => return serde_json::from_slice(&line).ok(),
                Next::TooLong | Next::Ended(_) | Next::Stopped | Next::Spent => return None,
            }
        }
    }

    /// Looks at everything at once; waits a moment if nothing is said.
    fn look(&mut self) -> Look {
        let said = self.lines.next(TICK);
        Look {
            said,
            now: Instant::now(),
            count: self.mark.read().count,
            kept: self.child.as_ref().map_or(Duration::ZERO, family::kept_waiting),
            printed: self.output.printed(),
            started: self.child.as_ref().map_or(0, family::started),
            ended: self.child.as_mut().and_then(Being::ended),
            stopped: self.stop.is_set(),
        }
    }

    /// Waits for the worker to introduce itself.
    pub(crate) fn expect_hello(&mut self, host: &Host) -> Result<Hello, StartError> {
        let mut waiting = Waiting::for_hello(self.limits.step.max(HELLO), Instant::now());
        let mut noise = String::new();
        loop {
            let look = self.look();
            match waiting.on(look) {
                Next::Wait => {}
                // There is no budget for a start.
                Next::Stopped | Next::Spent => return Err(StartError::Stopped),
                Next::TooLong => return Err(self.no_hello(host, &noise, HowEnded::Flooded)),
                Next::Ended(how) => return Err(self.no_hello(host, &noise, how)),
                Next::Read(line) => match serde_json::from_slice::<Hello>(&line) {
                    Ok(hello) if hello.protocol == PROTOCOL => {
                        self.mark.is_open();
                        self.name.has_kept();
                        return Ok(hello);
                    }
                    Ok(hello) => {
                        return Err(StartError::Protocol {
                            program: host.name(),
                            theirs: hello.protocol,
                            tool: hello.tool,
                        });
                    }
                    // What an interpreter's start-up files print comes before the worker runs.
                    Err(_) if noise.len() < OUTPUT_KEPT => noise.push_str(&String::from_utf8_lossy(&line)),
                    Err(_) => {}
                },
            }
        }
    }

    /// Ends a process that did not become a worker; the end of what it printed says why.
    fn no_hello(&mut self, host: &Host, noise: &str, how: HowEnded) -> StartError {
        self.end();
        let how = match how {
            HowEnded::Hung | HowEnded::Silent => " in time".to_owned(),
            HowEnded::Signal(_)
            | HowEnded::Damaged(_)
            | HowEnded::Exit(_)
            | HowEnded::Flooded
            | HowEnded::Crowded
            | HowEnded::Starved => format!(" ({})", ended(how)),
        };
        let printed = format!("{noise}{}", self.take_output());
        let lines: Vec<&str> = printed.trim().lines().collect();
        let last = lines[lines.len().saturating_sub(3)..].join("\n");
        StartError::NoHello {
            program: host.name(),
            detail: if last.is_empty() {
                how
            } else {
                format!("{how}: {last}")
            },
        }
    }

    /// Sends a job and waits for its reply, for so long in all. After `Err` the worker is gone. Beside the result, how
    /// long it took.
    pub(crate) fn run(&mut self, job: &Job, budget: Duration) -> (Result<Reply, Lost>, Duration) {
        let mut waiting = Waiting::for_reply(self.limits.step, budget, Instant::now());
        let result = self.answer(job, &mut waiting);
        (result, waiting.total())
    }

    fn answer(&mut self, job: &Job, waiting: &mut Waiting) -> Result<Reply, Lost> {
        let mut line = serde_json::to_vec(job).map_err(|error| Lost::Garbled(error.to_string()))?;
        line.push(b'\n');
        if let Some(jobs) = &self.jobs {
            // A worker that does not take it has ended, or does not come back: both are seen below.
            let _ = jobs.send(line);
        }
        loop {
            let look = self.look();
            match waiting.on(look) {
                Next::Wait => {}
                Next::Read(line) => return self.read(&line, job.id),
                Next::TooLong => return Err(self.garbled("a line without end".to_owned())),
                Next::Ended(how) => return Err(self.lost(how)),
                Next::Spent => {
                    self.end();
                    return Err(Lost::Spent);
                }
                Next::Stopped => {
                    self.drop_all();
                    return Err(Lost::Stopped);
                }
            }
        }
    }

    /// The reply to this job; jobs are given one by one, so nothing else may be said.
    fn read(&mut self, line: &[u8], job: u64) -> Result<Reply, Lost> {
        let start = || {
            String::from_utf8_lossy(&line[..line.len().min(120)])
                .trim_end()
                .to_owned()
        };
        match serde_json::from_slice::<Reply>(line) {
            Ok(reply) if reply.job == job => Ok(reply),
            Ok(reply) => Err(self.garbled(format!("it answers job {}, this is job {job}", reply.job))),
            Err(error) => Err(self.garbled(format!("{error} in `{}`", start()))),
        }
    }

    fn garbled(&mut self, problem: String) -> Lost {
        self.end();
        Lost::Garbled(problem)
    }

    /// Ends what is left of the process and says how it went.
    fn lost(&mut self, how: HowEnded) -> Lost {
        let (mark, last_words) = (self.mark.read(), self.mark.last_words());
        self.end();
        let how = match how {
            HowEnded::Exit(NO_PIPE) => HowEnded::Silent,
            HowEnded::Signal(ABRT) => self.aborted(),
            other => other,
        };
        Lost::Ended(Ending {
            how,
            during: mark.in_flight,
            step: mark.step.map(|step| step as usize),
            last_words: last_words.map(Box::new),
        })
    }

    /// Why the process aborted, by its last words.
    fn aborted(&mut self) -> HowEnded {
        let printed = self.output.last();
        match damage::told(&printed) {
            Some(allocator) => HowEnded::Damaged(allocator),
            None if damage::tells_of_want(&printed) => HowEnded::Starved,
            None => HowEnded::Signal(ABRT),
        }
    }

    /// Ends the process, if it still runs, and everything it started.
    fn end(&mut self) {
        self.jobs = None;
        if let Some(child) = self.child.take() {
            self.left.extend(family::finish(child, &self.name.family()));
        }
    }

    /// The same at once.
    fn drop_all(&mut self) {
        self.jobs = None;
        if let Some(child) = self.child.take() {
            family::end(child, &self.name.family());
        }
    }

    /// Whether processes live that it has started.
    pub(crate) fn has_started(&self) -> bool {
        self.child
            .as_ref()
            .is_some_and(|child| family::started(child) > 0)
    }

    /// Lets the process go, and ends everything that it started and that lives on after it: the commands of those, and
    /// of any that were ended before.
    pub(crate) fn leave(&mut self) -> Vec<String> {
        self.jobs = None;
        if let Some(child) = self.child.take() {
            self.left.extend(family::leave(child, &self.name.family()));
        }
        std::mem::take(&mut self.left)
    }

    /// What was printed since the last call: the end of it, at most [`OUTPUT_KEPT`] bytes.
    pub(crate) fn take_output(&mut self) -> String {
        self.output.take()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // End of input asks the worker to go.
        self.jobs = None;
        let deadline = Instant::now() + LEAVE;
        while let Some(child) = &mut self.child
            && child.ended().is_none()
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.drop_all();
    }
}
