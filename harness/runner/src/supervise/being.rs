//! A process that was started here, or forked off one that was.
//!
//! Knows how either is ended and how its end is seen. Must never know what it is for.

use std::process::Child;
use std::time::Duration;

use bufcheck_model::observation::HowEnded;
use bufcheck_model::wire::ZygoteSays;

use crate::supervise::pipe::Lines;
use crate::supervise::waiting::Said;

/// SIGKILL, on every platform that has it.
const KILL: i32 = 9;

/// A process.
#[derive(Debug)]
pub(crate) enum Being {
    /// A child of this process.
    Started(Child),
    /// A child of a zygote.
    Forked(Forked),
}

/// A child of a zygote, which waits for it and says how it ended.
#[derive(Debug)]
pub(crate) struct Forked {
    /// Its number, which nobody else gets before the zygote has another order.
    pub(crate) pid: u32,
    /// What the zygote says.
    pub(crate) says: Lines,
    /// How it ended.
    pub(crate) ended: Option<HowEnded>,
}

impl Forked {
    /// How it ended, if it has.
    fn ended(&mut self) -> Option<HowEnded> {
        if self.ended.is_none() {
            self.ended = match self.says.next(Duration::ZERO) {
                Said::Nothing => None,
                Said::Line(line) => match serde_json::from_slice(&line) {
                    Ok(ZygoteSays::Ended { how }) => Some(how),
                    _ => Some(HowEnded::Silent),
                },
                // It dies with its zygote.
                Said::TooLong | Said::Closed => Some(HowEnded::Signal(KILL)),
            };
        }
        self.ended
    }
}

impl Being {
    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        match self {
            Self::Started(child) => child.id(),
            Self::Forked(forked) => forked.pid,
        }
    }

    /// How the process ended, if it has; its status is left for who waits.
    pub(crate) fn ended(&mut self) -> Option<HowEnded> {
        match self {
            Self::Started(child) => ended(child),
            Self::Forked(forked) => forked.ended(),
        }
    }

    /// Ends the process.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Started(child) => {
                let _ = child.kill();
            }
            Self::Forked(forked) => kill(forked.pid, false),
        }
    }

    /// Ends the process and its group.
    pub(crate) fn kill_group(&mut self) {
        // Refused only where nobody of it is left, or before it has made the group: then it is killed itself.
        kill(self.id(), true);
        self.kill();
    }

    /// Takes its status, if it has ended; whether that was so.
    pub(crate) fn is_reaped(&mut self) -> bool {
        match self {
            Self::Started(child) => !matches!(child.try_wait(), Ok(None)),
            Self::Forked(forked) => forked.ended().is_some(),
        }
    }

    /// Waits for it. The child of a zygote is left to that.
    pub(crate) fn reap(mut self) {
        if let Self::Started(child) = &mut self {
            let _ = child.wait();
        }
    }
}

#[cfg(unix)]
fn kill(process: u32, group: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else {
        return;
    };
    let _ = if group {
        kill_process_group(pid, Signal::KILL)
    } else {
        kill_process(pid, Signal::KILL)
    };
}

#[cfg(not(unix))]
fn kill(_: u32, _: bool) {}

#[cfg(unix)]
fn ended(child: &Child) -> Option<HowEnded> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let pid = Pid::from_child(child);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(pid), options).ok()??;
    Some(match status.terminating_signal() {
        Some(signal) => HowEnded::Signal(as_on_linux(signal)),
        None => HowEnded::Exit(status.exit_status().unwrap_or(-1)),
    })
}

#[cfg(not(unix))]
fn ended(child: &mut Child) -> Option<HowEnded> {
    let status = child.try_wait().ok()??;
    Some(HowEnded::Exit(status.code().unwrap_or(-1)))
}

/// A signal by its number on Linux, where other systems number it otherwise.
#[cfg(unix)]
const fn as_on_linux(signal: i32) -> i32 {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        return signal;
    }
    match signal {
        // BUS, USR1, SYS, USR2, and EMT, which Linux has on few machines only and which is a crash as well.
        10 => 7,
        30 => 10,
        12 => 31,
        31 => 12,
        7 => 5,
        other => other,
    }
}
