//! The verdict on one group of calls.
//!
//! Knows its statuses, and the sentences for what could not be called. Must never know a rule by name, nor the record of
//! known deviations.

use bufcheck_model::case::{Level, Side};
use bufcheck_model::interpreter::{Group, Interpreted};
use bufcheck_model::not_asked::{Kind, NotAsked, Why};
use bufcheck_model::report::{Counts, Status, Subject};
use bufcheck_model::wire::{Hello, JobOutcome, StepOutcome};
use bufcheck_rules::interpreter::{Judged, judge};

use crate::bench::Bench;
use crate::fold::Folded;
use crate::record::SubjectRecord;
use crate::verdict::{blank, finding};

/// Judges one group, without the record: every finding stands as new.
pub(crate) fn judge_calls(
    record: &SubjectRecord,
    group: &Group,
    hello: &Hello,
    bench: &Bench<'_>,
) -> Subject {
    let mut subject = Subject {
        kind: Side::Interpreter,
        ..blank(record)
    };
    if let Some(reason) = &record.skipped {
        subject.reason.push(reason.clone());
        return subject;
    }
    let Some(seen) = seen(record) else {
        subject.status = Status::HarnessFault;
        subject.reason = std::mem::take(&mut subject.faults);
        return subject;
    };
    let judged = judge(group, &seen.answers, hello.platform);
    leave_out(&mut subject, group, seen, &judged);
    let wanted = |rule: &str| bench.rules.iter().any(|known| known.id == rule);
    let hit = judged.hit.clone().filter(|hit| wanted(&hit.rule));
    let folded = hit.map(|cause| Folded {
        cause,
        follows: Vec::new(),
    });
    subject.findings = folded
        .and_then(|folded| finding(folded, record, hello, bench))
        .into_iter()
        .collect();
    subject.requests = Counts {
        calls: judged.judged,
        died: judged.died,
        ..Counts::default()
    };
    settle(&mut subject, &judged, seen);
    subject
}

fn seen(record: &SubjectRecord) -> Option<&Interpreted> {
    let Some(JobOutcome::Done { steps, .. }) = &record.outcome else {
        return None;
    };
    steps.iter().find_map(|step| match step {
        StepOutcome::Interpret(seen) => Some(&**seen),
        StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Consume(_) => None,
    })
}

/// Says which calls were not made, and why.
fn leave_out(subject: &mut Subject, group: &Group, seen: &Interpreted, judged: &Judged) {
    let planned = group.cases.len();
    if let Some(reason) = &seen.gave_up {
        subject.not_asked.push(NotAsked {
            what: Kind::Calls,
            count: planned - seen.answers.len().min(planned),
            why: Why::GivenUp,
            reason: reason.clone(),
        });
    }
    if let [first, ..] = judged.not_made.as_slice() {
        subject.not_asked.push(NotAsked {
            what: Kind::Calls,
            count: judged.unmade,
            why: Why::Fault,
            reason: format!("an argument could not be made: {first}"),
        });
    }
}

fn settle(subject: &mut Subject, judged: &Judged, seen: &Interpreted) {
    subject.status = if judged.judged == 0 {
        let absent = judged
            .absent
            .iter()
            .map(|name| format!("this interpreter has no `{name}`"));
        subject.reason.extend(absent);
        if subject.reason.is_empty() {
            subject.reason.extend(seen.gave_up.clone());
            subject.reason.extend(judged.not_made.iter().cloned());
        }
        Status::NotTested
    } else if subject
        .findings
        .iter()
        .any(|finding| finding.level >= Level::Should)
    {
        Status::Deviates
    } else if subject.is_complete() && subject.not_asked.is_empty() {
        Status::Conforms
    } else {
        Status::Incomplete
    };
}
