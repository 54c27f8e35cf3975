//! Which scenarios a subject is put through, and what they leave open.
//!
//! Knows [`Needs`] and how requests and mutators are bound from what the sweep showed. Must never know how a
//! scenario is played.

use crate::exporter::evidence::Evidence;
use bufcheck_model::scenario::{Act, Bindings, Script};
use bufcheck_model::scenario::{CallTable, Needs, ScenarioCase};
use bufcheck_protocol::request::{Request, WellFormed};
use bufcheck_protocol::widest::WIDEST_WRITABLE;

/// Requests of [`Asked::EachGranted`] at most: more would only repeat the same answers.
const MAX_GRANTED: usize = 24;

/// The scenarios that apply to a subject, those with a mutator once for each; in the order of the cases.
pub fn scripts(cases: &[ScenarioCase], tables: &[CallTable], evidence: &Evidence<'_>) -> Vec<Script> {
    let mutators = mutators(tables, evidence);
    let bound = Bindings {
        widest: evidence.native().map(|native| native.request),
        writable: writable(evidence),
        refused: refused(evidence),
        granted: granted(evidence),
        mutator: None,
    };
    let mut scripts = Vec::new();
    for case in cases.iter().filter(|case| applies(&case.needs, evidence)) {
        let choices: Vec<Option<&String>> = if case.acts.iter().any(Act::mutates) {
            mutators.iter().map(Some).collect()
        } else {
            vec![None]
        };
        for mutator in choices {
            let all = Bindings {
                mutator: mutator.cloned(),
                ..bound.clone()
            };
            if let Some(bindings) = all.used_by(&case.acts) {
                scripts.push(Script::bound(case, bindings));
            }
        }
    }
    scripts
}

/// Statements that touch the memory: declared methods first, then those that its type is known to have.
pub(crate) fn mutators(tables: &[CallTable], evidence: &Evidence<'_>) -> Vec<String> {
    let mut found: Vec<String> = evidence
        .declared
        .mutators
        .iter()
        .map(|method| format!("x.{method}"))
        .collect();
    for table in tables
        .iter()
        .filter(|table| table.names(&evidence.made.type_name))
    {
        for call in &table.calls {
            if !found.contains(call) {
                found.push(call.clone());
            }
        }
    }
    found
}

fn applies(needs: &Needs, evidence: &Evidence<'_>) -> bool {
    let native = evidence.native();
    if native.is_none() && !needs.without_grants {
        // Nothing was granted, or nothing that makes sense: there is no view to hold.
        return false;
    }
    let made = evidence.made;
    let agrees = |need: Option<bool>, found: bool| need.is_none_or(|need| need == found);
    let typed = needs.type_name.as_ref().is_none_or(|name| {
        CallTable {
            type_name: name.clone(),
            calls: Vec::new(),
        }
        .names(&made.type_name)
    });
    typed
        && agrees(needs.writable, evidence.grants_writable())
        && (!needs.shareable || evidence.declared.shareable != Some(false))
        && (!needs.not_empty || native.is_some_and(|native| !native.layout.is_empty()))
        && (!needs.plain_items || plain(evidence))
        && (!needs.weakref || made.weakref)
        && (!needs.gc || made.gc)
        && (!needs.mortal || !made.immortal)
        && agrees(needs.python_level, made.python_level)
        && agrees(needs.release_slot, made.releases)
        && (!needs.sibling || evidence.declared.sibling.is_some())
        && needs
            .since
            .as_ref()
            .is_none_or(|since| reached(since, evidence.python))
}

/// Whether the format, if there is one, says nothing of objects: bytes of a reference must not be changed.
pub(crate) fn plain(evidence: &Evidence<'_>) -> bool {
    evidence.grants().all(|grant| {
        grant
            .view
            .format
            .ascii()
            .is_none_or(|format| !format.contains('O'))
    })
}

/// Whether `python` is at least `since`, a text such as `3.12`; one that is no version is never reached.
fn reached(since: &str, python: [u32; 3]) -> bool {
    let wanted: Option<Vec<u32>> = since.split('.').map(|part| part.parse().ok()).collect();
    wanted.is_some_and(|wanted| python.as_slice() >= wanted.as_slice())
}

pub(crate) fn writable(evidence: &Evidence<'_>) -> Option<Request> {
    let mut requests = WIDEST_WRITABLE.into_iter().map(Request::new);
    requests.find(|request| {
        evidence
            .granted(*request)
            .is_some_and(|grant| grant.view.readonly == 0)
    })
}

/// A request that was refused in every round: a well-formed one; where none is, FORMAT alone or what else makes no sense.
pub(crate) fn refused(evidence: &Evidence<'_>) -> Option<Request> {
    const FORMAT_ALONE: Request = Request::new(0x4);
    let always = |request: &Request| {
        evidence.refused(*request).is_some() && evidence.granted(*request).is_none()
            // What leaves a class waiting for a release that the interpreter never calls says nothing of the class.
            && !evidence.sweep.untold.contains(&request.flags())
    };
    let requests = || evidence.sweep.requests.iter().map(|flags| Request::new(*flags));
    let well_formed = requests().find(|request| request.well_formed() == WellFormed::Yes && always(request));
    well_formed
        .or_else(|| Some(FORMAT_ALONE).filter(always))
        .or_else(|| requests().find(always))
}

/// Well-formed requests that were granted in every round.
pub(crate) fn granted(evidence: &Evidence<'_>) -> Vec<Request> {
    let requests = evidence.sweep.requests.iter().map(|flags| Request::new(*flags));
    requests
        .filter(|request| request.well_formed() == WellFormed::Yes)
        .filter(|request| evidence.granted(*request).is_some() && evidence.refused(*request).is_none())
        .take(MAX_GRANTED)
        .collect()
}
