//! How several tests carry a run out: two workers of the embedding program.

use std::path::PathBuf;

use bufcheck_runner::host::Host;
use bufcheck_runner::pool::Settings;
use bufcheck_runner::worker::Limits;

pub(crate) fn settings() -> Settings {
    Settings {
        hosts: vec![Host::Embedded {
            program: PathBuf::from(env!("CARGO_BIN_EXE_bufcheck-worker")),
            arguments: Vec::new(),
        }],
        jobs: 2,
        limits: Limits::default(),
    }
}
