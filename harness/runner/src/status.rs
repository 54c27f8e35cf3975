//! What a judged subject amounts to, in one word and a few lines.
//!
//! Knows the order in which statuses apply, and what keeps a subject from being called good. Must never know a rule by
//! name but for the one that a process must survive, nor the record of known deviations.

use std::collections::BTreeSet;

use bufcheck_model::case::Level;
use bufcheck_model::observation::{HowEnded, InFlight};
use bufcheck_model::report::{Status, Subject};
use bufcheck_model::scenario::{Played, ScenarioCase};
use bufcheck_protocol::request::Request;
use bufcheck_rules::death::is_told_by;
use bufcheck_rules::death::{doing, ended, how_often};
use bufcheck_rules::{Check, Rule};

use crate::bench::Bench;
use crate::record::SubjectRecord;

/// Says how the process ended and what could not be judged, and settles the status. The findings must be in the subject
/// by now.
pub(crate) fn settle(subject: &mut Subject, record: &SubjectRecord, played: &[Played], bench: &Bench<'_>) {
    let mut ends: Vec<HowEnded> = Vec::new();
    let mut told = |how: HowEnded, during: InFlight, once_in, place: &str| {
        ends.push(how);
        format!(
            "the process {} {}{}{place}",
            ended(how),
            doing(during),
            how_often(once_in)
        )
    };
    let asked = record
        .deaths
        .iter()
        .map(|death| told(death.how, death.during, death.once_in, ""));
    subject.reason.extend(asked.collect::<Vec<_>>());
    for one in played {
        if let Some((how, during)) = one.ended {
            let place = format!(", in `{}`", one.scenario);
            subject.reason.push(told(how, during, one.once_in, &place));
        }
    }
    let watched = watched(played, &bench.catalogue.scenarios);
    subject.untested = untested(&subject.answers, &watched, bench.rules);
    subject.status = status(subject, &ends, record.case.grants, bench.requests);
}

/// The rules that the scenarios which were played can find broken.
fn watched<'a>(played: &[Played], scenarios: &'a [ScenarioCase]) -> BTreeSet<&'a str> {
    let names: BTreeSet<&str> = played.iter().map(|one| one.scenario.as_str()).collect();
    let played = scenarios.iter().filter(|case| names.contains(case.id.as_str()));
    played.flat_map(ScenarioCase::catches).collect()
}

/// The families of which no rule had anything to look at, in the order of the rules.
fn untested(answers: &str, watched: &BTreeSet<&str>, rules: &[&Rule]) -> Vec<String> {
    let granted = answers.contains(['G', 'V']);
    let refused = answers.contains(['R', 'V']);
    let judged = |rule: &Rule| match rule.check {
        Check::Scenario => watched.contains(rule.id),
        // Not about exporters.
        Check::Consumer | Check::Interpreter => true,
        // Who refuses nothing that could be met has kept them.
        Check::Refused(_) => granted || refused,
        Check::Granted(_) | Check::Whole(_) | Check::Relation | Check::Camp(_) => {
            granted || is_told_by(rule.id)
        }
    };
    let mut families: Vec<(&str, bool)> = Vec::new();
    for rule in rules
        .iter()
        .filter(|rule| !matches!(rule.check, Check::Consumer | Check::Interpreter))
    {
        let family = rule.id.split('.').next().unwrap_or(rule.id);
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, any)) => *any |= judged(rule),
            None => families.push((family, judged(rule))),
        }
    }
    let none = families.into_iter().filter(|(_, any)| !any);
    none.map(|(family, _)| family.to_owned()).collect()
}

fn status(subject: &Subject, ends: &[HowEnded], grants: Option<bool>, requests: &[Request]) -> Status {
    if ends.iter().any(|how| !how.is_endless()) {
        Status::Died
    } else if !ends.is_empty() {
        Status::Hung
    } else if deviates(subject, Level::Must) {
        Status::Deviates
    } else if grants != Some(false) && grants_nothing(&subject.answers, requests) {
        Status::NothingGranted
    } else if deviates(subject, Level::Should) {
        Status::Deviates
    } else if subject.is_complete() && subject.not_asked.is_empty() {
        Status::Conforms
    } else {
        Status::Incomplete
    }
}

fn deviates(subject: &Subject, least: Level) -> bool {
    let counts = |level| level >= least;
    subject.findings.iter().any(|finding| {
        counts(finding.level) || finding.consequences.iter().any(|folded| counts(folded.level))
    })
}

/// Whether everything was refused, the narrowest and the widest request among it: of a few chosen requests it would say
/// nothing.
fn grants_nothing(answers: &str, requests: &[Request]) -> bool {
    let planned = |request| requests.contains(&request);
    answers.contains('R')
        && !answers.contains(['G', 'V'])
        && planned(Request::SIMPLE)
        && planned(Request::FULL_RO)
}
