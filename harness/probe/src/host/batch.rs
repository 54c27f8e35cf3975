//! Calls in forked children: what ends one of them costs one call.
//!
//! Knows how a child is started, heard and succeeded. Must never know what is called, or what it shows.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bufcheck_model::observation::{HowEnded, Phase};
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::children::{fork, readable, silence, wait};
use super::fork::leave;
use super::mark::Marker;

/// Exit status of a child whose parent does not hear it any more.
const UNHEARD: i32 = 76;

/// Calls that may hang in one batch.
const MAX_HANGS: usize = 3;

/// Calls that are made one after the other.
pub(crate) trait Calls {
    /// What is seen in one.
    type Seen: Serialize + DeserializeOwned;

    /// Time for one.
    const LIMIT: Duration;

    /// Children that may die.
    const MAX_DEATHS: usize;

    /// How many there are.
    fn count(&self) -> usize;

    /// A child is about to be started: none was begun in it.
    fn forget(&self);

    /// The one that was begun last, as the parent sees it.
    fn begun(&self) -> Option<usize>;

    /// In the child, before its first one; false where it can make none.
    fn prepare(&self) -> bool {
        true
    }

    /// Notes where the parent sees it that one begins, and makes it, in the child; `None` where the child can go no
    /// further.
    fn call(&mut self, number: usize) -> Option<Self::Seen>;

    /// What is known of one that ended the child.
    fn died(&self, number: usize, how: HowEnded) -> Self::Seen;
}

/// Makes all calls; what was seen, and why the rest was not made.
pub(crate) fn make_all<C: Calls>(
    py: Python<'_>,
    calls: &mut C,
    mark: &Marker,
) -> (Vec<C::Seen>, Option<String>) {
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

/// The sentence for a batch that cannot be begun.
pub(crate) fn no_child(error: &dyn std::fmt::Display) -> String {
    format!("no child could be started: {error}")
}

struct Batch<'a, C: Calls> {
    calls: &'a mut C,
    mark: &'a Marker,
    seen: Vec<C::Seen>,
    deaths: usize,
    hangs: usize,
}

impl<C: Calls> Batch<'_, C> {
    fn run(&mut self, py: Python<'_>) -> Result<(), String> {
        while self.seen.len() < self.calls.count() {
            self.child(py)?;
        }
        Ok(())
    }

    /// Lets one child make the calls that are left, and counts the call that ended it.
    fn child(&mut self, py: Python<'_>) -> Result<(), String> {
        self.calls.forget();
        let flags = rustix::pipe::PipeFlags::CLOEXEC;
        let (reader, writer) = rustix::pipe::pipe_with(flags).map_err(|error| no_child(&error))?;
        let child = fork(py).map_err(|error| no_child(&error))?;
        if child == 0 {
            drop(reader);
            let done = catch_unwind(AssertUnwindSafe(|| self.work(py, aside(writer))));
            leave(if done.is_ok() { 0 } else { 70 });
        }
        drop(writer);
        let hung = !self.listen(py, reader);
        let how = wait(child, hung);
        let number = self.seen.len();
        if number == self.calls.count() {
            return Ok(());
        }
        if how == HowEnded::Exit(UNHEARD) {
            return Err(
                "it closed descriptors that it did not open, so that nothing more could be heard of it: it may close \
                 what it opened itself"
                    .into(),
            );
        }
        if self.calls.begun() != Some(number) {
            return Err("the process ended between two calls".into());
        }
        self.seen.push(self.calls.died(number, how));
        self.deaths += 1;
        self.hangs += usize::from(hung);
        if self.hangs >= MAX_HANGS {
            return Err(format!("{MAX_HANGS} calls did not come back"));
        }
        if self.deaths >= C::MAX_DEATHS {
            return Err(format!("{} calls ended the process", C::MAX_DEATHS));
        }
        Ok(())
    }

    /// In the child: makes the calls, one line each, written at once: what is not would be lost with the process.
    fn work(&mut self, py: Python<'_>, writer: OwnedFd) {
        silence(py);
        let own = std::process::id();
        if !self.calls.prepare() {
            return;
        }
        let mut writer = File::from(writer);
        for number in self.seen.len()..self.calls.count() {
            let Some(seen) = self.calls.call(number) else {
                return;
            };
            // A function that forks returns twice.
            if std::process::id() != own {
                return;
            }
            let Ok(mut line) = serde_json::to_vec(&seen) else {
                return;
            };
            line.push(b'\n');
            if writer.write_all(&line).is_err() {
                // Without closing it: it may be closed already, or be somebody else's by now.
                leave(UNHEARD);
            }
        }
    }

    /// Takes in what the child says until it ends; whether it came back from every call in time.
    fn listen(&mut self, py: Python<'_>, reader: OwnedFd) -> bool {
        let mut reader = File::from(reader);
        let (mut text, mut piece) = (Vec::new(), vec![0; 1 << 16]);
        let mut since = Instant::now();
        loop {
            self.mark.phase(Phase::Ask);
            if !py.detach(|| readable(&reader)) {
                if since.elapsed() > C::LIMIT {
                    return false;
                }
                continue;
            }
            match reader.read(&mut piece) {
                Ok(0) | Err(_) => return true,
                Ok(count) => text.extend_from_slice(&piece[..count]),
            }
            let mut taken = 0;
            while let Some(end) = text[taken..].iter().position(|byte| *byte == b'\n') {
                let Ok(seen) = serde_json::from_slice(&text[taken..taken + end]) else {
                    return true;
                };
                taken += end + 1;
                self.seen.push(seen);
                since = Instant::now();
            }
            text.drain(..taken);
            if self.seen.len() == self.calls.count() {
                return true;
            }
        }
    }
}

/// The descriptor under a high number: who closes all that they may have opened begins below.
fn aside(writer: OwnedFd) -> OwnedFd {
    const HIGHEST: u64 = 1 << 16;
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let number = most.map_or(HIGHEST, |most| most.min(HIGHEST)).saturating_sub(2);
    let number = i32::try_from(number).unwrap_or(0);
    rustix::io::fcntl_dupfd_cloexec(&writer, number).unwrap_or(writer)
}
