//! Programs that show a finding without this suite.
//!
//! Knows which template a finding is told by, and how its program is run. Must never know how anything was judged:
//! a program shows what was found, as plain Python sees it.

mod answer;
mod block;
mod confirm;
mod object;
mod order;
mod page;
mod python;
mod staged;
mod steps;
mod that;
mod threads;

use bufcheck_model::report::{Finding, Proof};
use bufcheck_model::scenario::{Bindings, Played, That};
use bufcheck_protocol::request::Request;
use bufcheck_rules::death;
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::overtime::{self, Background};

use crate::bench::Bench;
use crate::plan::config::{expression, make};
use crate::record::SubjectRecord;
use answer::About;
use object::Object;

pub use confirm::{Outcome, confirm};

/// The program for a finding of an exporter, or why there is none.
pub(crate) fn proof(
    finding: &Finding,
    record: &SubjectRecord,
    evidence: &Evidence<'_>,
    played: &[Played],
    bench: &Bench<'_>,
) -> Proof {
    match script(finding, record, evidence, played, bench) {
        Ok(script) => Proof {
            script,
            ..Proof::default()
        },
        Err(why_not) => Proof {
            why_not,
            ..Proof::default()
        },
    }
}

/// Of a consumer there is none.
pub(crate) fn no_proof() -> Proof {
    Proof {
        why_not: "it takes a buffer in guarded memory, which plain Python cannot make".to_owned(),
        ..Proof::default()
    }
}

fn script(
    finding: &Finding,
    record: &SubjectRecord,
    evidence: &Evidence<'_>,
    played: &[Played],
    bench: &Bench<'_>,
) -> Result<String, String> {
    let made = make(&record.case).map_err(|error| error.to_string())?;
    let object = Object::of(&made, &evidence.made.type_name)?;
    let rule = bench
        .catalogue
        .rule(&finding.rule)
        .ok_or("nothing is said about the rule")?;
    let about = About {
        rule,
        wanted: &finding.wanted,
        found: &finding.found,
        subject: &record.case.id,
        object: &object,
        version: evidence.made.package_version.as_deref(),
        evidence,
    };
    if let Some(request) = finding
        .requests
        .iter()
        .find(|request| request.unknown_bits() == 0)
        .or(finding.requests.first())
    {
        return answer::script(&about, *request);
    }
    if death::is_told_by(&finding.rule) && finding.case.is_empty() {
        return answer::script(&about, Request::FULL_RO);
    }
    let case = bench
        .catalogue
        .scenarios
        .iter()
        .find(|case| case.id == finding.case);
    let case = case.ok_or("it shows in no single request and in no scenario")?;
    let (played, that) = if death::is_told_by(&finding.rule) {
        let deadly = played
            .iter()
            .find(|played| played.scenario == case.id && played.ended.is_some());
        (deadly, None)
    } else {
        let background = Background::of(evidence);
        match overtime::violated(case, played, &background, &finding.rule) {
            Some((played, that)) => (Some(played), Some(that)),
            None => (None, None),
        }
    };
    let played = played.ok_or("the scenario in which it showed is not in the record")?;
    let scripts = overtime::scripts(std::slice::from_ref(case), &bench.catalogue.mutators, evidence);
    let bindings = scripts
        .into_iter()
        .find(|script| script.scenario == case.id && script.bindings.mutator == played.mutator)
        .map_or_else(Bindings::default, |script| script.bindings);
    if let Some(That::WithinBlock { view }) = that {
        return block::script(&about, case, played, &bindings, view);
    }
    if let Some(That::InOrder { .. }) = that {
        return order::script(&about, &bindings);
    }
    if let Some(that) = that
        && let Some(script) = threads::script(&about, case, &bindings, that)
    {
        return script;
    }
    let sibling = record
        .case
        .sibling
        .as_deref()
        .and_then(|target| expression(&record.case, target).ok());
    let sibling = sibling.and_then(|make| Object::of(&make, "").ok());
    steps::script(
        &about,
        case,
        &bindings,
        that,
        sibling.as_ref().map(|object| object.expression.as_str()),
    )
}
