//! A job whose calls the worker makes in children of its own.
//!
//! Knows that a worker which is lost all the same is replaced once. Must never know what is called.

use bufcheck_model::wire::Job;

use crate::exporter::observed::Observed;
use crate::supervise::server::{Lost, Server};

/// Workers that are tried: one that is lost before a call was made may have been damaged by what was in it before.
const TRIES: usize = 2;

/// Has the job done.
pub(crate) fn observe(server: &mut impl Server, job: &Job) -> Observed {
    let mut observed = Observed::default();
    for _ in 0..TRIES {
        match server.run(job) {
            Ok(outcome) => {
                observed.outcome = Some(outcome);
                observed.faults.clear();
                break;
            }
            Err(lost @ Lost::Ended(_)) => observed.faults = vec![lost.told()],
            Err(lost) => {
                observed.faults = vec![lost.told()];
                break;
            }
        }
    }
    observed
}
