//! One consumer, observed.
//!
//! Knows the job that calls it, and in which dress it takes spies. Must never know what a call shows.

use bufcheck_model::case::Make;
use bufcheck_model::spy::{Call, Consumed, Dress, Ended, Spied, Spy};
use bufcheck_model::wire::{Job, JobOutcome, Step, StepOutcome};

use super::calls::calls;
use crate::exporter::observed::Observed;
use crate::forked;
use crate::plan::{CONTENT_BUDGET, Plan, Planned};
use crate::supervise::server::Server;

/// What a spy is dressed as for who takes no plain exporter, in this order: as long as it is asked itself, more is seen.
const OTHERS: [Dress; 3] = [Dress::Sequence, Dress::NoRelease, Dress::Memoryview];

/// Calls the consumer with every spy, and with the exporters that it meets. What it does to its process is the affair of
/// the worker, which forks.
pub fn observe(server: &mut impl Server, subject: &Planned, plan: &Plan) -> Observed {
    let spies = &plan.catalogue.spies;
    let planned = calls(spies);
    let bare = run(server, subject, plan, (Dress::Spy, &planned, &plan.meets));
    let Some(seen) = consumed(&bare).filter(|seen| seen.gave_up.is_none() && !takes_any(seen)) else {
        return bare;
    };
    // A few calls show which dress it takes; then all are made.
    let few = |call: &&Call| spies.get(call.spy).is_some_and(is_usual);
    let some: Vec<Call> = planned.iter().filter(few).copied().collect();
    let both = planned.iter().zip(&seen.calls);
    let plainly: Vec<&Spied> = both
        .filter(|(call, _)| few(call))
        .map(|(_, spied)| spied)
        .collect();
    let dress = OTHERS.into_iter().find(|dress| {
        let tried = run(server, subject, plan, (*dress, &some, &[]));
        consumed(&tried).is_some_and(|tried| match dress {
            // A memoryview asks whatever becomes of it.
            Dress::Memoryview => makes_a_difference(&tried.calls, &plainly),
            // Who is content with a length and items wants no buffer.
            Dress::Sequence => takes_any(tried) || makes_a_difference(&tried.calls, &plainly),
            Dress::Spy | Dress::NoRelease => takes_any(tried),
        })
    });
    // A memoryview asks for itself, and gives back what it got: who asks, and loses its way, is seen as it is.
    let loses = |dress: &Dress| *dress == Dress::Memoryview && !seen.calls.iter().all(is_quiet);
    let Some(dress) = dress.filter(|dress| !loses(dress)).or_else(|| {
        // Plain memory may mean nothing to it, and yet it looks at others.
        (!seen.asked_anything()).then_some(Dress::Memoryview)
    }) else {
        return bare;
    };
    let dressed = run(server, subject, plan, (dress, &planned, &[]));
    let all: Vec<&Spied> = seen.calls.iter().collect();
    let takes = |dressed: &Consumed| dress != Dress::Memoryview || makes_a_difference(&dressed.calls, &all);
    if consumed(&dressed).is_some_and(takes) {
        with_meetings(dressed, &bare)
    } else {
        bare
    }
}

/// Plain memory that holds something, and is lent to who asks.
fn is_usual(spy: &Spy) -> bool {
    spy.blames.is_none() && spy.refuses.is_none() && !spy.contested
}

/// It asked a spy, and came to something that is no exception.
fn takes_any(seen: &Consumed) -> bool {
    let taken = |spied: &Spied| !spied.events.is_empty() && is_taken(spied);
    seen.calls.iter().any(taken)
}

/// It touched nothing that it must not, and left nothing behind.
fn is_quiet(spied: &Spied) -> bool {
    spied.faults.is_empty() && spied.left.is_empty() && spied.references.is_empty()
}

fn is_taken(spied: &Spied) -> bool {
    !matches!(spied.ended, Ended::Raised { .. })
}

/// Whether a dress made a difference to it, and came to something: who looks at no argument at all takes none.
fn makes_a_difference(dressed: &[Spied], bare: &[&Spied]) -> bool {
    let mut calls = dressed.iter().zip(bare);
    calls.any(|(dressed, bare)| is_taken(dressed) && dressed.ended != bare.ended)
}

/// What was seen in a dress, and of exporters as they are.
fn with_meetings(mut dressed: Observed, bare: &Observed) -> Observed {
    let met = consumed(bare)
        .map(|consumed| consumed.met.clone())
        .unwrap_or_default();
    if let Some(JobOutcome::Done { steps, .. }) = &mut dressed.outcome {
        for step in steps {
            if let StepOutcome::Consume(consumed) = step {
                consumed.met.clone_from(&met);
            }
        }
    }
    dressed
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
    (dress, calls, meets): (Dress, &[Call], &[Make]),
) -> Observed {
    let job = Job {
        id: 0,
        make: subject.make.clone(),
        sibling: None,
        steps: vec![Step::Consume {
            spies: plan.catalogue.spies.clone(),
            calls: calls.to_vec(),
            dress,
            meets: meets.to_vec(),
        }],
        content_budget: CONTENT_BUDGET,
        keep: false,
    };
    forked::observe(server, &job)
}
