//! The suite, tested: which mutants are caught by the rule they were made to break, and whether anything clean is
//! accused.
//!
//! Knows how verdicts become a kill matrix. Must never know how a mutant is made.

use std::collections::{BTreeMap, BTreeSet};

use bufcheck_model::case::{Level, Side};
use bufcheck_model::report::{Status, Subject};
use bufcheck_model::selftest::{Clean, Fate, Killed, Matrix};

use crate::plan::catalogue::Catalogue;

/// The rules that accuse a subject, with at least this level; consequences included.
fn accusers(subject: &Subject, least: Level) -> Vec<String> {
    let mut rules = BTreeSet::new();
    for finding in &subject.findings {
        let folded = finding
            .consequences
            .iter()
            .map(|folded| (folded.level, &folded.rule));
        for (level, rule) in std::iter::once((finding.level, &finding.rule)).chain(folded) {
            if level >= least {
                rules.insert(rule.clone());
            }
        }
    }
    rules.into_iter().collect()
}

/// Why nothing, or not everything, could be said of a subject.
fn told(subject: &Subject) -> Vec<String> {
    let left = subject.not_asked.iter().map(|left| &left.reason);
    let all = subject
        .reason
        .iter()
        .chain(&subject.faults)
        .chain(&subject.unusable);
    all.chain(left).cloned().collect()
}

/// Builds the matrix of one interpreter out of its judged mutants and clean exporters.
pub fn matrix(interpreter: &str, mutants: &[Subject], clean: &[Subject], catalogue: &Catalogue) -> Matrix {
    let breaks: BTreeMap<&str, &str> = catalogue.broken_on_purpose().collect();
    let mutants: Vec<Killed> = mutants
        .iter()
        .map(|subject| {
            let own = breaks.get(subject.id.as_str()).copied().unwrap_or_default();
            let all = accusers(subject, Level::Info);
            let by = accusers(subject, Level::Contested);
            let fate = match subject.status {
                Status::NotTested => Fate::NotTested,
                Status::HarnessFault => Fate::Fault,
                Status::Conforms
                | Status::Deviates
                | Status::Died
                | Status::Hung
                | Status::NothingGranted
                | Status::Incomplete => {
                    // A mutant of an info rule is caught by that rule, though nothing else counts.
                    if all.iter().any(|rule| rule == own) {
                        Fate::KilledByOwnRule
                    } else if by.is_empty() && subject.status == Status::Incomplete {
                        Fate::Fault
                    } else if by.is_empty() {
                        Fate::Survived
                    } else {
                        Fate::KilledByAnother
                    }
                }
            };
            let reason = if matches!(fate, Fate::NotTested | Fate::Fault) {
                told(subject)
            } else {
                Vec::new()
            };
            Killed {
                id: subject.id.clone(),
                breaks: own.to_owned(),
                fate,
                by,
                reason,
            }
        })
        .collect();
    let clean = clean
        .iter()
        .map(|subject| Clean {
            id: subject.id.clone(),
            accused: accusers(subject, Level::Should),
            reason: told(subject),
            fault: matches!(subject.status, Status::HarnessFault | Status::Incomplete),
        })
        .collect();
    let proven: BTreeSet<&str> = catalogue.broken_on_purpose().map(|(_, rule)| rule).collect();
    let unproven = catalogue
        .checked()
        .filter(|(_, data)| data.side != Side::Interpreter && data.level >= Level::Should)
        .filter(|(rule, _)| !proven.contains(rule.id))
        .map(|(rule, _)| rule.id.to_owned())
        .collect();
    Matrix {
        interpreter: interpreter.to_owned(),
        mutants,
        clean,
        unproven,
    }
}
