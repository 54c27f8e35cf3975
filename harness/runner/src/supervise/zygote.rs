//! A process that has imported what subjects need and forks fresh workers: where one was lost, the next is there at once.
//!
//! Knows what is said to it. Must never know what the workers are for.
//!
//! It has imported modules and made no object, so what it forks is as fresh as a worker that was started. Where there can
//! be none, a worker is started as before: on other platforms, and where an import starts threads, which a fork would lose.

use std::ffi::OsStr;
use std::io::pipe;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::path::PathBuf;

use bufcheck_model::wire::{ForkOrder, ZYGOTE_VARIABLE, ZygoteSays};

use crate::supervise::being::{Being, Forked};
use crate::supervise::host::Host;
use crate::supervise::kin::Name;
use crate::supervise::output::Output;
use crate::supervise::pipe::{Jobs, Lines};
use crate::supervise::process::{Limits, Process};
use crate::supervise::shared::SharedMark;
use crate::supervise::stop::Stop;
use crate::supervise::worker::Worker;

/// The process that forks workers, for one set of modules.
#[derive(Debug)]
pub(crate) struct Zygote {
    process: Process,
    modules: Vec<String>,
}

impl Zygote {
    /// Starts one, where there can be one.
    pub(crate) fn start(
        host: &Host,
        limits: Limits,
        environment: &[(&str, &OsStr)],
        stop: &Stop,
        modules: &[String],
    ) -> Option<Self> {
        let mut environment = environment.to_vec();
        environment.push((ZYGOTE_VARIABLE, OsStr::new("1")));
        let mut process = Process::start(host, limits, &environment, stop).ok()?;
        process.expect_hello(host).ok()?;
        Some(Self {
            process,
            modules: modules.to_vec(),
        })
    }

    /// The modules that it imports.
    pub(crate) fn modules(&self) -> &[String] {
        &self.modules
    }

    /// A fresh worker; `None` where it can have none, now and later.
    pub(crate) fn fork(&mut self, host: &Host, limits: Limits, stop: &Stop) -> Option<Worker> {
        let name = Name::new();
        let mark = SharedMark::new().ok()?;
        let (output, printed) = Output::new().ok()?;
        let (taken, jobs) = pipe().ok()?;
        let (lines, said) = pipe().ok()?;
        let order = ForkOrder {
            modules: self.modules.clone(),
            jobs: seen_by_others(taken.as_fd()),
            replies: seen_by_others(said.as_fd()),
            printed: seen_by_others(printed.as_fd()),
            mark: seen_by_others(mark.descriptor()),
            family: name.variable(),
        };
        let ZygoteSays::Forked { pid } = self.process.ask(&order)? else {
            return None;
        };
        let being = Being::Forked(Forked {
            pid: u32::try_from(pid).ok().filter(|pid| *pid != 0)?,
            says: self.process.lines(),
            ended: None,
        });
        let streams = (Jobs::to(jobs), Lines::of(lines));
        let mut process = Process::around(being, streams, (mark, output, name), (limits, stop));
        // Its ends of the pipes are open here until it has opened them itself.
        let hello = process.expect_hello(host);
        drop((taken, said, printed));
        Some(Worker::of(process, hello.ok()?))
    }
}

/// The name under which another process opens what is open here.
fn seen_by_others(descriptor: BorrowedFd<'_>) -> PathBuf {
    let own = std::process::id();
    PathBuf::from(format!("/proc/{own}/fd/{}", descriptor.as_raw_fd()))
}
