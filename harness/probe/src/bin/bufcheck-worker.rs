//! The worker that embeds an interpreter: serves jobs until the orchestrator closes the pipe.
//!
//! Knows how a failure leaves the process. Must never hold logic of its own. Not meant to be run by hand.

use std::process::ExitCode;

use bufcheck_model::chain;
use bufcheck_probe::host::worker::{FAULT, embedded};

fn main() -> ExitCode {
    match embedded() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bufcheck-worker: {}", chain(&error));
            ExitCode::from(FAULT)
        }
    }
}
