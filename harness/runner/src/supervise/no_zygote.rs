//! Where no process can be forked off another that is ready: every worker is started.
//!
//! Knows nothing. Must never start a process.

use std::ffi::OsStr;

use crate::supervise::host::Host;
use crate::supervise::process::Limits;
use crate::supervise::stop::Stop;
use crate::supervise::worker::Worker;

/// There is none.
#[derive(Debug)]
pub(crate) enum Zygote {}

impl Zygote {
    /// Starts none.
    pub(crate) fn start(_: &Host, _: Limits, _: &[(&str, &OsStr)], _: &Stop, _: &[String]) -> Option<Self> {
        None
    }

    /// The modules that it imports.
    pub(crate) fn modules(&self) -> &[String] {
        match *self {}
    }

    /// A fresh worker.
    pub(crate) fn fork(&mut self, _: &Host, _: Limits, _: &Stop) -> Option<Worker> {
        match *self {}
    }
}
