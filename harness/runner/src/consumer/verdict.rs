//! The verdict on a consumer.
//!
//! Knows its statuses and the sentences for what could not be called. Must never know a rule by name, nor the record of
//! known deviations.

use bufcheck_model::case::{ConsumerCase, Level, Side};
use bufcheck_model::not_asked::{Kind, NotAsked, Why};
use bufcheck_model::report::{Counts, Finding, Status, Subject};
use bufcheck_model::spy::Consumed;
use bufcheck_model::wire::{Hello, StepOutcome};
use bufcheck_rules::consumer::{Evidence, judge, judge_history};

use super::calls::calls;
use crate::bench::Bench;
use crate::fold::Folded;
use crate::record::SubjectRecord;
use crate::verdict::{Unjudged, blank, done, finding, not_judged};

/// Judges one consumer, without the record: every finding stands as new.
pub(crate) fn judge_consumer(
    record: &SubjectRecord,
    case: &ConsumerCase,
    hello: &Hello,
    bench: &Bench<'_>,
) -> Subject {
    let mut subject = Subject {
        kind: Side::Consumer,
        ..blank(record)
    };
    match observed(record) {
        Ok((type_name, consumed)) => {
            subject.type_name = Some(type_name).filter(|name| !name.is_empty());
            judge_calls(&mut subject, &consumed, case, record, hello, bench);
        }
        Err(why) => not_judged(&mut subject, why),
    }
    subject
}

/// What was seen, or why there is nothing to judge.
fn observed(record: &SubjectRecord) -> Result<(String, Consumed), Unjudged> {
    let (made, steps) = done(record, |type_name| {
        format!(
            "this is `{type_name}`, which cannot be called: name a function, as in `zlib:crc32`, or write `buf` where \
             the buffer belongs, as in `zlib:crc32(buf, 7)`"
        )
    })?;
    let consumed = steps.iter().find_map(|step| match step {
        StepOutcome::Consume(consumed) => Some((**consumed).clone()),
        StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Interpret(_) => None,
    });
    let consumed = consumed.unwrap_or_default();
    if consumed.calls.is_empty() {
        return Err((Status::HarnessFault, consumed.gave_up.into_iter().collect()));
    }
    Ok((made.type_name.clone(), consumed))
}

fn judge_calls(
    subject: &mut Subject,
    consumed: &Consumed,
    case: &ConsumerCase,
    record: &SubjectRecord,
    hello: &Hello,
    bench: &Bench<'_>,
) {
    let planned = calls(bench.spies);
    let evidence = Evidence::new(case, bench.spies, &planned, consumed);
    let wanted = |rule: &str| bench.rules.iter().any(|known| known.id == rule);
    let folded = |hit| Folded {
        cause: hit,
        follows: Vec::new(),
    };
    let mut hits = judge(&evidence, |_| true);
    let once: Vec<String> = hits.iter().map(|hit| hit.rule.clone()).collect();
    let broken = record
        .histories
        .iter()
        .filter_map(|history| judge_history(history, (&evidence, &once), |rule| rule == history.rule));
    hits.extend(broken);
    hits.retain(|hit| wanted(&hit.rule));
    let hits = hits.into_iter().map(folded);
    let mut findings: Vec<Finding> = hits
        .filter_map(|hit| finding(hit, record, hello, bench))
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    subject.findings = findings;
    let (granted, refused, died) = evidence.counts();
    subject.requests = Counts {
        granted,
        refused,
        died,
        ..Counts::default()
    };
    if let Some(reason) = &consumed.gave_up {
        subject.not_asked.push(NotAsked {
            what: Kind::Calls,
            count: planned.len() - consumed.calls.len().min(planned.len()),
            why: Why::GivenUp,
            reason: reason.clone(),
        });
    }
    if !evidence.steady() {
        let told = "equal buffers give different results, so that no result could be judged";
        subject.reason.push(told.into());
    }
    if let Some(raised) = evidence.oracle_raised() {
        subject.status = Status::HarnessFault;
        let told = format!(
            "`oracle` raised for every buffer: {raised}: it may use `items`, `data`, `shape`, `format` and the names of \
             the call's module"
        );
        subject.reason.push(told);
        return;
    }
    if !evidence.asked_anything() {
        subject.status = Status::NothingGranted;
        subject.reason.push(never_asked(&evidence));
        return;
    }
    if evidence.never_answers() {
        let told = evidence.complaint().unwrap_or_default();
        subject.noticed.push(format!(
            "it came to no result with any buffer, so that none was judged ({told}): {ELSE}"
        ));
    }
    if let Some(told) = evidence.worn_out() {
        subject.noticed.push(format!(
            "in the end it refused what it had taken at first ({told}), so that no refusal was judged: each call leaves \
             something behind"
        ));
    }
    subject.status = if subject
        .findings
        .iter()
        .any(|finding| finding.level >= Level::Should)
    {
        Status::Deviates
    } else if subject.is_complete() {
        Status::Conforms
    } else {
        Status::Incomplete
    };
}

/// Where what a function needs besides a buffer is put.
const ELSE: &str = "what else it needs belongs into the call, as in `zlib:crc32(buf, 7)`, or into `setup`";

/// Why there is nothing to judge: it wants something else, or nothing.
fn never_asked(evidence: &Evidence<'_>) -> String {
    let told = match (evidence.result(), evidence.complaint()) {
        (Some(result), _) => format!(", and came to {result} without one"),
        (None, Some(complaint)) => format!(": {complaint}; {ELSE}"),
        (None, None) => String::new(),
    };
    format!("it never asked for a buffer{told}")
}
