//! One consumer, observed.
//!
//! Knows the job that calls it. Must never know what a call shows.

use bufcheck_model::case::Make;
use bufcheck_model::spy::{Consumed, Dress, Ended, Spied};
use bufcheck_model::wire::{Job, JobOutcome, Step, StepOutcome};

use super::calls::calls;
use crate::exporter::observed::Observed;
use crate::forked;
use crate::plan::{CONTENT_BUDGET, Plan, Planned};
use crate::supervise::server::Server;

/// Calls the consumer with every spy, and with the exporters that it meets. What it does to its process is the affair of
/// the worker, which forks.
pub fn observe(server: &mut impl Server, subject: &Planned, plan: &Plan) -> Observed {
    let mut observed = run(server, subject, plan, (Dress::Spy, &plan.meets));
    // Whoever takes only some types of objects takes a memoryview, as often as not.
    if consumed(&observed).is_some_and(|seen| !seen.asked_anything() && seen.gave_up.is_none()) {
        let viewed = run(server, subject, plan, (Dress::Memoryview, &[]));
        if consumed(&viewed).zip(consumed(&observed)).is_some_and(takes) {
            observed = with_meetings(viewed, &observed);
        }
    }
    observed
}

/// What was seen through a memoryview, and of exporters as they are.
fn with_meetings(mut viewed: Observed, bare: &Observed) -> Observed {
    let met = consumed(bare)
        .map(|consumed| consumed.met.clone())
        .unwrap_or_default();
    if let Some(JobOutcome::Done { steps, .. }) = &mut viewed.outcome {
        for step in steps {
            if let StepOutcome::Consume(consumed) = step {
                consumed.met.clone_from(&met);
            }
        }
    }
    viewed
}

/// Whether a memoryview made a difference to it, and came to something: who looks at no argument at all takes none.
fn takes((viewed, bare): (&Consumed, &Consumed)) -> bool {
    let taken = |spied: &Spied| !matches!(spied.ended, Ended::Raised { .. });
    let mut calls = viewed.calls.iter().zip(&bare.calls);
    calls.any(|(viewed, bare)| taken(viewed) && viewed.ended != bare.ended)
}

fn consumed(observed: &Observed) -> Option<&Consumed> {
    let Some(JobOutcome::Done { steps, .. }) = &observed.outcome else {
        return None;
    };
    steps.iter().find_map(|step| match step {
        StepOutcome::Consume(consumed) => Some(&**consumed),
        StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Interpret(_) => None,
    })
}

fn run(
    server: &mut impl Server,
    subject: &Planned,
    plan: &Plan,
    (dress, meets): (Dress, &[Make]),
) -> Observed {
    let spies = &plan.catalogue.spies;
    let job = Job {
        id: 0,
        make: subject.make.clone(),
        sibling: None,
        steps: vec![Step::Consume {
            spies: spies.clone(),
            calls: calls(spies),
            dress,
            meets: meets.to_vec(),
        }],
        content_budget: CONTENT_BUDGET,
        keep: false,
    };
    forked::observe(server, &job)
}
