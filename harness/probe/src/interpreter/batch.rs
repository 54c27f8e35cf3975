//! A batch of calls in forked children.
//!
//! Knows how a child is started, heard and succeeded. Must never know what a call shows.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bufcheck_model::interpreter::{Answer, Ask, Interpreted};
use bufcheck_model::observation::Phase;
use pyo3::prelude::*;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

use super::calls::call;
use super::room::Room;
use super::table::Table;
use crate::host::children::{fork, leave, readable, silence, wait};
use crate::host::mark::Marker;

/// Time for one call.
const LIMIT: Duration = Duration::from_secs(8);

/// Children that may die in one batch: most of what ends a process does so with many arguments.
const MAX_DEATHS: usize = 400;

/// Calls that may hang.
const MAX_HANGS: usize = 3;

/// Calls functions of the interpreter, each once.
pub(crate) fn interpret(py: Python<'_>, asks: &[Ask], mark: &Marker) -> Interpreted {
    let mut batch = Batch {
        asks,
        table: Table::find(),
        mark,
        answers: Vec::with_capacity(asks.len()),
        deaths: 0,
        hangs: 0,
    };
    let gave_up = batch.run(py).err();
    Interpreted {
        answers: batch.answers,
        gave_up,
    }
}

struct Batch<'a> {
    asks: &'a [Ask],
    table: Table,
    mark: &'a Marker,
    answers: Vec<Answer>,
    deaths: usize,
    hangs: usize,
}

impl Batch<'_> {
    fn run(&mut self, py: Python<'_>) -> Result<(), String> {
        let failed = |error: io::Error| format!("no child could be started: {error}");
        let mut room = Room::new().map_err(failed)?;
        let begun = begun().map_err(failed)?;
        while self.answers.len() < self.asks.len() {
            self.child(py, &mut room, begun)?;
        }
        Ok(())
    }

    /// Lets one child make the calls that are left, and counts the call that ended it.
    fn child(&mut self, py: Python<'_>, room: &mut Room, begun: &AtomicU64) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("no child could be started: {error}");
        let flags = rustix::pipe::PipeFlags::CLOEXEC;
        let (reader, writer) = rustix::pipe::pipe_with(flags).map_err(|error| failed(&error))?;
        begun.store(0, Relaxed);
        let child = fork(py).map_err(|error| failed(&error))?;
        if child == 0 {
            drop(reader);
            let done = catch_unwind(AssertUnwindSafe(|| self.work(py, room, writer, begun)));
            leave(if done.is_ok() { 0 } else { 70 });
        }
        drop(writer);
        let hung = !self.listen(py, reader);
        let how = wait(child, hung);
        if self.answers.len() == self.asks.len() {
            return Ok(());
        }
        // What is noted is counted from 1.
        if usize::try_from(begun.load(Relaxed)).ok() != Some(self.answers.len() + 1) {
            return Err("the process ended between two calls".into());
        }
        self.answers.push(Answer::Died(how));
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
    fn work(&self, py: Python<'_>, room: &mut Room, writer: OwnedFd, begun: &AtomicU64) {
        silence();
        let mut writer = io::BufWriter::new(File::from(writer));
        for (number, ask) in self.asks.iter().enumerate().skip(self.answers.len()) {
            begun.store(number as u64 + 1, Relaxed);
            let answer = call(py, ask, self.table, room);
            let Ok(mut line) = serde_json::to_vec(&answer) else {
                return;
            };
            line.push(b'\n');
            // Flushed at once: what is not written yet would be lost with the process.
            if writer.write_all(&line).and_then(|()| writer.flush()).is_err() {
                return;
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
                if since.elapsed() > LIMIT {
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
                let Ok(answer) = serde_json::from_slice(&text[taken..taken + end]) else {
                    return true;
                };
                taken += end + 1;
                self.answers.push(answer);
                since = Instant::now();
            }
            text.drain(..taken);
            if self.answers.len() == self.asks.len() {
                return true;
            }
        }
    }
}

/// The number of the call that was begun last, from 1, where parent and child both see it.
fn begun() -> io::Result<&'static AtomicU64> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh mapping at an address that the kernel chooses touches no memory of ours.
    let start = unsafe {
        mmap_anonymous(
            std::ptr::null_mut(),
            size_of::<AtomicU64>(),
            protection,
            MapFlags::SHARED,
        )
    }?;
    // SAFETY: the mapping is large enough, starts at a page, holds zeroes, is never unmapped, and is only ever used
    // through this atomic word.
    Ok(unsafe { &*start.cast::<AtomicU64>() })
}
