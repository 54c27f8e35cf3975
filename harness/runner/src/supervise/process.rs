//! The process of a worker: its pipes, its deadlines, its end.
//!
//! Knows lines, the in-flight mark and the file that takes what is printed. Must never know what a job is for.
//!
//! The worker's standard input and output are the protocol (it moves them out of the way of user code before
//! anything else runs); its standard error is a file, so that whatever user code prints can be read at any
//! time, in full, without a thread, and never blocks the worker.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use bufcheck_model::observation::{Allocator, HowEnded};
use bufcheck_model::wire::{
    FDS_VARIABLE, Hello, Job, MARK_VARIABLE, MAX_LINE, MEMORY_VARIABLE, Mark, PROTOCOL, Reply,
};
use tempfile::NamedTempFile;

use crate::supervise::damage;
use crate::supervise::host::Host;
use crate::supervise::server::{Ending, Lost};

/// How often a silent worker is looked after.
const TICK: Duration = Duration::from_millis(50);

/// Bytes of output after which a worker is taken to print without end.
const OUTPUT_LIMIT: u64 = 64 << 20;

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

/// A process that is, or is about to become, a worker.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    jobs: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    mark: NamedTempFile,
    output: File,
    /// How far the output has been taken.
    taken: u64,
    limits: Limits,
}

impl Process {
    /// Starts the process.
    pub(crate) fn start(
        host: &Host,
        limits: Limits,
        environment: &[(&str, &str)],
    ) -> Result<Self, StartError> {
        let prepare = StartError::Prepare;
        let mut mark = NamedTempFile::new().map_err(prepare)?;
        mark.write_all(&[0; Mark::SIZE]).map_err(prepare)?;
        let output_file = NamedTempFile::new().map_err(prepare)?;
        let output = output_file.reopen().map_err(prepare)?;
        let mut command = host.command();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(output_file.into_file()))
            .envs(environment.iter().copied())
            .env_remove(FDS_VARIABLE)
            .env(MARK_VARIABLE, mark.path())
            .env(MEMORY_VARIABLE, limits.memory.to_string());
        let mut child = command.spawn().map_err(|source| StartError::Spawn {
            program: host.name(),
            source,
        })?;
        let jobs = child.stdin.take();
        let lines = child.stdout.take().map_or_else(|| channel().1, read_lines);
        Ok(Self {
            child,
            jobs,
            lines,
            mark,
            output,
            taken: 0,
            limits,
        })
    }

    /// Waits for the worker to introduce itself.
    pub(crate) fn expect_hello(&mut self, host: &Host) -> Result<Hello, StartError> {
        let deadline = Instant::now() + self.limits.step.max(Duration::from_secs(20));
        let mut noise = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                return Err(self.no_hello(host, &noise));
            };
            match serde_json::from_slice::<Hello>(&line) {
                Ok(hello) if hello.protocol == PROTOCOL => return Ok(hello),
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
            }
        }
    }

    /// Ends a process that did not become a worker; the end of what it printed says why.
    fn no_hello(&mut self, host: &Host, noise: &str) -> StartError {
        // A process that closed its pipe is usually about to end: its own exit says more than our signal.
        let own = self.wait(Duration::from_secs(1));
        self.end();
        let how = own.map_or_else(|| " in time".to_owned(), |status| format!(" ({status})"));
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

    /// Sends a job and waits for its reply. After `Err` the worker is gone.
    pub(crate) fn run(&mut self, job: &Job) -> Result<Reply, Lost> {
        let mut line = serde_json::to_vec(job).map_err(|error| Lost::Garbled(error.to_string()))?;
        line.push(b'\n');
        // A worker that died between jobs shows here or at the first wait: both end in `lost`.
        let sent = self
            .jobs
            .as_mut()
            .is_some_and(|jobs| jobs.write_all(&line).and_then(|()| jobs.flush()).is_ok());
        if !sent {
            return Err(self.lost(None));
        }
        let mut seen = self.read_mark().count;
        let mut since = Instant::now();
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => return self.reply(job.id, &line),
                Err(RecvTimeoutError::Disconnected) => return Err(self.lost(None)),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // A process that it started may hold the pipe open when it is gone itself.
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return self.last_words(job.id);
            }
            let count = self.read_mark().count;
            if count != seen {
                (seen, since) = (count, Instant::now());
            }
            let flooded = self
                .output
                .metadata()
                .is_ok_and(|meta| meta.len() > self.taken + OUTPUT_LIMIT);
            if since.elapsed() > self.limits.step || flooded {
                return Err(self.lost(Some(HowEnded::Hung)));
            }
        }
    }

    /// Jobs are done one by one: any line is the reply to the one that was sent last, or nonsense.
    fn reply(&mut self, job: u64, line: &[u8]) -> Result<Reply, Lost> {
        match serde_json::from_slice::<Reply>(line) {
            Ok(reply) if reply.job == job => Ok(reply),
            Ok(reply) => {
                self.end();
                Err(Lost::Garbled(format!("it answers job {}, not {job}", reply.job)))
            }
            Err(error) => Err(self.garbled(line, &error)),
        }
    }

    /// The reply that was on its way when the process ended, if there is one.
    fn last_words(&mut self, job: u64) -> Result<Reply, Lost> {
        match self.lines.recv_timeout(TICK) {
            Ok(line) => self.reply(job, &line),
            Err(_) => Err(self.lost(None)),
        }
    }

    fn garbled(&mut self, line: &[u8], error: &serde_json::Error) -> Lost {
        self.end();
        let start = String::from_utf8_lossy(&line[..line.len().min(120)]).into_owned();
        Lost::Garbled(format!("{error} in `{start}`"))
    }

    /// Ends what is left of the process and says how it went.
    fn lost(&mut self, known: Option<HowEnded>) -> Lost {
        let mark = self.read_mark();
        // A process that closed its pipe is usually about to end: its own exit says more than our signal.
        let own = if known.is_some() {
            None
        } else {
            self.wait(Duration::from_secs(1))
        };
        self.end();
        let how = known.or_else(|| own.map(how_ended)).unwrap_or(HowEnded::Silent);
        let how = self.damage(how).map_or(how, HowEnded::Damaged);
        Lost::Ended(Ending {
            how,
            during: mark.in_flight,
            step: mark.step.map(|step| step as usize),
        })
    }

    /// Who told of damaged memory before the process aborted, if it did.
    fn damage(&mut self, how: HowEnded) -> Option<Allocator> {
        /// SIGABRT, on every platform that has it.
        const ABRT: i32 = 6;
        if how != HowEnded::Signal(ABRT) {
            return None;
        }
        let taken = self.taken;
        let printed = self.take_output();
        // It is only looked at.
        self.taken = taken;
        damage::told(&printed)
    }

    fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Kills the process if it still runs; its status, if it had ended by itself.
    fn end(&mut self) -> Option<ExitStatus> {
        self.jobs = None;
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(status);
        }
        // It may end between the two calls; then there is nothing to kill, and `wait` reaps it.
        let _ = self.child.kill();
        let _ = self.child.wait();
        None
    }

    fn read_mark(&mut self) -> Mark {
        let mut bytes = [0; Mark::SIZE];
        let file = self.mark.as_file_mut();
        match file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.read_exact(&mut bytes))
        {
            Ok(()) => Mark::from_bytes(&bytes),
            Err(_) => Mark::EMPTY,
        }
    }

    /// What was printed since the last call: the end of it, at most [`OUTPUT_KEPT`] bytes.
    pub(crate) fn take_output(&mut self) -> String {
        let length = self.output.metadata().map_or(self.taken, |meta| meta.len());
        let fresh = length.saturating_sub(self.taken);
        self.taken = length;
        if fresh == 0 {
            return String::new();
        }
        let kept = fresh.min(OUTPUT_KEPT as u64);
        let mut bytes = Vec::new();
        let read = self
            .output
            .seek(SeekFrom::Start(length - kept))
            .and_then(|_| Read::by_ref(&mut self.output).take(kept).read_to_end(&mut bytes));
        match read {
            Ok(_) if kept < fresh => format!(
                "[{} bytes left out] {}",
                fresh - kept,
                String::from_utf8_lossy(&bytes)
            ),
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(the output could not be read: {error})"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // End of input asks the worker to go; it has nothing to save, so it is not waited for at length.
        self.jobs = None;
        if self.wait(Duration::from_millis(20)).is_none() {
            self.end();
        }
    }
}

#[cfg(unix)]
fn how_ended(status: ExitStatus) -> HowEnded {
    use std::os::unix::process::ExitStatusExt;
    status
        .signal()
        .map_or_else(|| HowEnded::Exit(status.code().unwrap_or(-1)), HowEnded::Signal)
}

#[cfg(not(unix))]
fn how_ended(status: ExitStatus) -> HowEnded {
    HowEnded::Exit(status.code().unwrap_or(-1))
}

/// Reads lines in a thread, so that waiting for one can have a deadline. A line over the bound ends it.
fn read_lines(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::with_capacity(1 << 16, stream);
        loop {
            let mut line = Vec::new();
            let read = Read::by_ref(&mut reader)
                .take(MAX_LINE as u64)
                .read_until(b'\n', &mut line);
            if !matches!(read, Ok(length) if length > 0)
                || !line.ends_with(b"\n")
                || sender.send(line).is_err()
            {
                return;
            }
        }
    });
    receiver
}
