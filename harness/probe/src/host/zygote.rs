//! A process that has imported modules and made nothing, and that forks workers: a fresh one is then there at once.
//!
//! Knows how a child becomes a worker of its own. Must never know what workers are for, nor make an object.
//!
//! Between two orders it waits for the one child that it has, and leaves it a zombie until the next order comes: so long
//! nobody else bears its number, and the orchestrator can end it by that.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::PathBuf;

use bufcheck_model::observation::HowEnded;
use bufcheck_model::wire::{ForkOrder, MAX_LINE, ZygoteSays};
use pyo3::prelude::*;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::exporter::make::import;
use crate::host::channel;
use crate::host::children::fork;
use crate::host::fork::leave;
use crate::host::hello::hello;
use crate::host::life;
use crate::host::serve::{ServeError, flush_python, say};

/// Where the memory begins that the system shows as the environment of a process, in the words of `/proc/self/stat` behind
/// the name of the program.
const ENV_START: usize = 47;

/// What a child is made of.
pub(crate) struct Worker {
    pub(crate) jobs: File,
    pub(crate) replies: File,
    pub(crate) mark: PathBuf,
}

/// Says hello, then forks a worker for each order until the input ends. In the child: what it works with.
pub(crate) fn serve(py: Python<'_>, input: File, output: File) -> Result<Option<Worker>, ServeError> {
    let own = std::process::id();
    let mut input = BufReader::new(input);
    say(&output, &hello(py).map_err(ServeError::Hello)?)?;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let mut bounded = input.by_ref().take(MAX_LINE as u64);
        if bounded.read_until(b'\n', &mut line).map_err(ServeError::Read)? == 0 {
            break;
        }
        reap();
        let order: ForkOrder =
            serde_json::from_slice(&line).map_err(|source| ServeError::NoJob { line: number, source })?;
        for module in &order.modules {
            // The worker imports once more, and tells what that raises.
            let _ = import(py, module);
        }
        flush_python(py);
        match born(py) {
            Err(why) => say(&output, &ZygoteSays::Refused { why })?,
            Ok(0) => {
                drop((input, output));
                match become_worker(py, own, order) {
                    Ok(worker) => return Ok(Some(worker)),
                    // That it never says hello is answer enough.
                    Err(_) => leave(1),
                }
            }
            Ok(pid) => {
                say(&output, &ZygoteSays::Forked { pid })?;
                let how = awaited(pid);
                say(&output, &ZygoteSays::Ended { how })?;
            }
        }
    }
    // What they have used is counted to this process only then.
    reap();
    Ok(None)
}

/// Forks: 0 in the child.
fn born(py: Python<'_>) -> Result<libc::pid_t, String> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    if threads != 1 {
        return Err(format!("{threads} threads run"));
    }
    fork(py).map_err(|error| error.to_string())
}

/// How the child ended. It keeps its number.
fn awaited(child: libc::pid_t) -> HowEnded {
    let Some(child) = Pid::from_raw(child) else {
        return HowEnded::Silent;
    };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(child), options) {
            Ok(Some(status)) => {
                return match status.terminating_signal() {
                    Some(signal) => HowEnded::Signal(signal),
                    None => HowEnded::Exit(status.exit_status().unwrap_or(-1)),
                };
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return HowEnded::Silent,
        }
    }
}

/// Lets go of every child that has ended, and of theirs, which come here when they lose their parent.
fn reap() {
    // SAFETY: no status is wanted; without a child that has ended the call comes back at once.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
}

/// In the child: takes its own files, group, name and death in place of those of the zygote.
fn become_worker(py: Python<'_>, zygote: u32, order: ForkOrder) -> PyResult<Worker> {
    rustix::process::setpgid(None, None).map_err(io::Error::from)?;
    let (jobs, replies) = channel::open_files(&order.jobs, &order.replies, &order.printed)?;
    life::follow(zygote, &jobs);
    bear(&order.family)?;
    let environment = py.import("os")?.getattr("environ")?;
    environment.set_item(bufcheck_family::VARIABLE, &order.family)?;
    Ok(Worker {
        jobs,
        replies,
        mark: order.mark,
    })
}

/// Writes the name of the family over that of the zygote, in the memory that `/proc` shows as the environment: what this
/// process forks off is known by that.
fn bear(family: &str) -> io::Result<()> {
    let unknown = || io::Error::other("the environment is not where the system says");
    let environment = std::fs::read("/proc/self/environ")?;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program stands in brackets and may hold any.
    let words = stat.rsplit(')').next().unwrap_or_default();
    let start: usize = words
        .split_whitespace()
        .nth(ENV_START)
        .and_then(|word| word.parse().ok())
        .filter(|start| *start != 0)
        .ok_or_else(unknown)?;
    let mut at = 0;
    for variable in environment.split_inclusive(|byte| *byte == 0) {
        let prefix = bufcheck_family::VARIABLE.len() + 1;
        let (name, value) = variable.split_at(prefix.min(variable.len()));
        if name.strip_suffix(b"=") == Some(bufcheck_family::VARIABLE.as_bytes()) {
            if value.strip_suffix(b"\0").map(<[u8]>::len) != Some(family.len()) {
                return Err(unknown());
            }
            let target = start.checked_add(at + prefix).ok_or_else(unknown)?;
            // SAFETY: the system has shown as many bytes at this place of this process's first stack, which can be
            // written and stays; no other thread runs, and nobody here holds a reference to them.
            unsafe { std::ptr::copy_nonoverlapping(family.as_ptr(), target as *mut u8, family.len()) };
            return Ok(());
        }
        at += variable.len();
    }
    Err(unknown())
}
