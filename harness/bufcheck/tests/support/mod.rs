//! How several tests carry a run out: two workers of the embedding program.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub(crate) mod command;

use std::path::PathBuf;

use bufcheck::hosts::Installation;
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::stop::Stop;
use bufcheck_runner::supervise::worker::Limits;

/// The embedding worker: it belongs to another crate of the workspace, so cargo puts it beside these tests but does not
/// say where.
pub(crate) fn worker() -> PathBuf {
    match Installation::around_program().default {
        Some(Host::Embedded { program, .. }) => program,
        _ => panic!("there is no worker beside this program: `cargo build --package bufcheck-probe`"),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        hosts: vec![Host::Embedded {
            program: worker(),
            arguments: Vec::new(),
        }],
        jobs: 2,
        stop: Stop::default(),
        path: Vec::new(),
        limits: Limits::default(),
    }
}
