//! One group of calls, observed.
//!
//! Knows the job that makes them. Must never know what an answer means.

use bufcheck_model::case::Make;
use bufcheck_model::interpreter::Group;
use bufcheck_model::wire::{Job, Step};

use crate::exporter::observed::Observed;
use crate::plan::CONTENT_BUDGET;
use crate::supervise::server::{Lost, Server};

/// Workers that are tried: one that is lost may have been damaged by what was in it before.
const TRIES: usize = 2;

/// Makes the calls. What they do to their process is the affair of the worker, which forks.
pub(crate) fn observe(server: &mut impl Server, group: &Group) -> Observed {
    let job = Job {
        id: 0,
        make: Make::Interpreter,
        sibling: None,
        steps: vec![Step::Interpret {
            asks: group.cases.iter().map(|case| case.ask.clone()).collect(),
        }],
        content_budget: CONTENT_BUDGET,
        keep: false,
    };
    let mut observed = Observed::default();
    for _ in 0..TRIES {
        match server.run(&job) {
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
