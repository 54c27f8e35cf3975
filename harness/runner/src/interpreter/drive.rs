//! One group of calls, observed.
//!
//! Knows the job that makes them. Must never know what an answer means.

use bufcheck_model::bend::Bend;
use bufcheck_model::case::Make;
use bufcheck_model::interpreter::Group;
use bufcheck_model::wire::{Job, Step};

use crate::exporter::observed::Observed;
use crate::forked;
use crate::plan::CONTENT_BUDGET;
use crate::supervise::server::Server;

/// Makes the calls. What they do to their process is the affair of the worker, which forks.
pub(crate) fn observe(server: &mut impl Server, group: &Group, bend: Option<Bend>) -> Observed {
    let job = Job {
        id: 0,
        make: Make::Interpreter,
        sibling: None,
        steps: vec![Step::Interpret {
            asks: group.cases.iter().map(|case| case.ask.clone()).collect(),
            bend,
        }],
        content_budget: CONTENT_BUDGET,
        keep: false,
    };
    forked::observe(server, &job)
}
