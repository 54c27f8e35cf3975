//! Calls in forked children: what ends one of them costs one call.
//!
//! Knows how a child is started, waited for and succeeded. Must never know what is called, or what it shows.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bufcheck_model::observation::{HowEnded, Phase};
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::{self, ENDED_BY_HANDLER};
use super::shared::Shared;
use crate::host::children::{fork, leave, readable, silence, wait};
use crate::host::mark::Marker;

/// Time for one call.
const LIMIT: Duration = Duration::from_secs(3);

/// Children that may die for one consumer.
const MAX_DEATHS: usize = 60;

/// Calls that may hang.
const MAX_HANGS: usize = 3;

/// Calls that are made one after the other.
pub(super) trait Calls {
    /// What is seen in one.
    type Seen: Serialize + DeserializeOwned;

    /// How many there are.
    fn count(&self) -> usize;

    /// Makes one, in the child; `None` where the child can go no further.
    fn call(&self, number: usize) -> Option<Self::Seen>;

    /// What is known of one that ended the child.
    fn died(&self, number: usize, how: HowEnded) -> Self::Seen;
}

/// Makes all calls; what was seen, and why the rest was not made.
pub(super) fn make_all<C: Calls>(py: Python<'_>, calls: &C, mark: &Marker) -> (Vec<C::Seen>, Option<String>) {
    let mut batch = Batch {
        calls,
        mark,
        seen: Vec::new(),
        deaths: 0,
        hangs: 0,
    };
    let gave_up = batch.run(py).err();
    (batch.seen, gave_up)
}

struct Batch<'a, C: Calls> {
    calls: &'a C,
    mark: &'a Marker,
    seen: Vec<C::Seen>,
    deaths: usize,
    hangs: usize,
}

impl<C: Calls> Batch<'_, C> {
    fn run(&mut self, py: Python<'_>) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("no child could be started: {error}");
        let shared = Shared::map().map_err(|error| failed(&error))?;
        // What there is by now need not be looked through by the collector after each call.
        let collector = py.import("gc").map_err(|error| failed(&error))?;
        let _ = collector
            .call_method0("collect")
            .and_then(|_| collector.call_method0("freeze"));
        let mut ended = Ok(());
        while self.seen.len() < self.calls.count() && ended.is_ok() {
            ended = self.child(py, shared);
        }
        let _ = collector.call_method0("unfreeze");
        ended
    }

    /// Lets one child make the calls that are left, and counts the call that killed it.
    fn child(&mut self, py: Python<'_>, shared: Shared) -> Result<(), String> {
        let failed = |error: io::Error| format!("no child could be started: {error}");
        shared.forget();
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(|error| failed(error.into()))?;
        let first = self.seen.len();
        let child = fork(py).map_err(|error| format!("no child could be started: {error}"))?;
        if child == 0 {
            drop(reader);
            let work = || self.work(writer, first, shared);
            let status = if catch_unwind(AssertUnwindSafe(work)).is_ok() {
                0
            } else {
                70
            };
            leave(status);
        }
        drop(writer);
        let hung = !self.listen(py, reader);
        let how = wait(child, hung);
        if self.seen.len() == self.calls.count() {
            return Ok(());
        }
        if shared.call() != Some(self.seen.len()) {
            return Err("the process ended between two calls".into());
        }
        let signal = shared
            .signal()
            .filter(|_| how == HowEnded::Exit(ENDED_BY_HANDLER));
        let how = signal.map_or(how, HowEnded::Signal);
        self.seen.push(self.calls.died(self.seen.len(), how));
        self.deaths += 1;
        self.hangs += usize::from(hung);
        if self.hangs >= MAX_HANGS {
            return Err(format!("{MAX_HANGS} calls did not come back"));
        }
        if self.deaths >= MAX_DEATHS {
            return Err(format!("{MAX_DEATHS} calls ended the process"));
        }
        Ok(())
    }

    /// In the child: makes the calls, one line each.
    fn work(&self, writer: OwnedFd, first: usize, shared: Shared) {
        silence();
        let own = std::process::id();
        if fault::install().is_err() {
            return;
        }
        let mut writer = File::from(writer);
        for number in first..self.calls.count() {
            shared.begin(number);
            let Some(seen) = self.calls.call(number) else {
                return;
            };
            // A consumer that forks returns twice.
            if std::process::id() != own {
                return;
            }
            let Ok(mut line) = serde_json::to_vec(&seen) else {
                return;
            };
            line.push(b'\n');
            if writer.write_all(&line).is_err() {
                return;
            }
        }
    }

    /// Takes in what the child says until it ends; whether it came back from every call in time.
    fn listen(&mut self, py: Python<'_>, reader: OwnedFd) -> bool {
        let mut reader = File::from(reader);
        let (mut text, mut piece) = (Vec::new(), [0; 1 << 14]);
        let mut since = Instant::now();
        loop {
            self.mark.phase(Phase::Ask);
            if !py.detach(|| readable(&reader)) {
                if since.elapsed() > LIMIT {
                    return false;
                }
                continue;
            }
            match reader.read(&mut piece) {
                Ok(0) | Err(_) => return true,
                Ok(count) => text.extend_from_slice(&piece[..count]),
            }
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let Ok(seen) = serde_json::from_slice(&line) else {
                    return true;
                };
                self.seen.push(seen);
                since = Instant::now();
            }
            if self.seen.len() == self.calls.count() {
                return true;
            }
        }
    }
}
