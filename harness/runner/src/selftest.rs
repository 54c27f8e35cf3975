//! The suite, tested: which mutants are caught by the rule they were made to break, and whether anything clean is
//! accused.
//!
//! Knows how verdicts become a kill matrix. Must never know how a mutant is made.

use std::collections::{BTreeMap, BTreeSet};

use bufcheck_spec::case::{Level, Side};
use bufcheck_spec::report::{Status, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;

/// What the self-test came to, on one interpreter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The interpreter.
    pub interpreter: String,
    /// The mutants.
    pub mutants: Vec<Killed>,
    /// Clean exporters.
    pub clean: Vec<Clean>,
    /// Rules of level `must` or `should` that are checked and have no mutant.
    pub unproven: Vec<String>,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Killed {
    /// Its id.
    pub id: String,
    /// The rule it was made to break.
    pub breaks: String,
    /// What became of it.
    pub fate: Fate,
    /// The rules that accused it, apart from those of level `info`.
    pub by: Vec<String>,
    /// Why it was not tested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reason: Vec<String>,
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Its own rule accused it.
    KilledByOwnRule,
    /// Only other rules did.
    KilledByAnother,
    /// No rule did.
    Survived,
    /// It does not exist on this interpreter.
    NotTested,
    /// It could not be made: the suite is broken.
    Fault,
}

/// What became of a clean exporter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clean {
    /// Its id.
    pub id: String,
    /// The rules of level `must` or `should` that accused it: false alarms.
    pub accused: Vec<String>,
    /// It was not tested, or could not be made, for this reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reason: Vec<String>,
    /// It could not be made: the suite is broken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fault: bool,
}

/// The rules that accuse a subject, with at least this level; consequences included.
fn accusers(subject: &Subject, least: Level) -> Vec<String> {
    let mut rules = BTreeSet::new();
    for finding in &subject.findings {
        let folded = finding.consequences.iter().map(|folded| (folded.level, &folded.rule));
        for (level, rule) in std::iter::once((finding.level, &finding.rule)).chain(folded) {
            if level >= least {
                rules.insert(rule.clone());
            }
        }
    }
    rules.into_iter().collect()
}

/// Builds the matrix of one interpreter out of its judged mutants and clean exporters.
pub fn matrix(interpreter: &str, mutants: &[Subject], clean: &[Subject], catalogue: &Catalogue) -> Matrix {
    let breaks: BTreeMap<&str, &str> = catalogue
        .mutants
        .iter()
        .map(|mutant| (mutant.exporter.id.as_str(), mutant.breaks.as_str()))
        .collect();
    let mutants: Vec<Killed> = mutants
        .iter()
        .map(|subject| {
            let own = breaks.get(subject.id.as_str()).copied().unwrap_or_default();
            let all = accusers(subject, Level::Info);
            let by = accusers(subject, Level::Contested);
            let fate = match subject.status {
                Status::NotTested => Fate::NotTested,
                Status::HarnessFault => Fate::Fault,
                Status::Conforms | Status::Deviates | Status::Died | Status::Hung => {
                    // A mutant of an info rule is caught by that rule, though nothing else counts.
                    if all.iter().any(|rule| rule == own) {
                        Fate::KilledByOwnRule
                    } else if by.is_empty() {
                        Fate::Survived
                    } else {
                        Fate::KilledByAnother
                    }
                }
            };
            let reason = if matches!(fate, Fate::NotTested | Fate::Fault) { subject.reason.clone() } else { Vec::new() };
            Killed { id: subject.id.clone(), breaks: own.to_owned(), fate, by, reason }
        })
        .collect();
    let clean = clean
        .iter()
        .map(|subject| Clean {
            id: subject.id.clone(),
            accused: accusers(subject, Level::Should),
            reason: subject.reason.clone(),
            fault: subject.status == Status::HarnessFault,
        })
        .collect();
    let proven: BTreeSet<&str> = catalogue.mutants.iter().map(|mutant| mutant.breaks.as_str()).collect();
    let unproven = catalogue
        .checked()
        .filter(|(_, data)| data.side == Side::Exporter && data.level >= Level::Should)
        .filter(|(rule, _)| !proven.contains(rule.id))
        .map(|(rule, _)| rule.id.to_owned())
        .collect();
    Matrix { interpreter: interpreter.to_owned(), mutants, clean, unproven }
}

impl Matrix {
    /// How many mutants met this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants.iter().filter(|mutant| mutant.fate == fate).count()
    }

    /// Clean exporters that were tested and not accused.
    pub fn at_peace(&self) -> usize {
        self.clean.iter().filter(|clean| clean.accused.is_empty() && clean.reason.is_empty()).count()
    }

    /// Clean exporters that were accused.
    pub fn false_alarms(&self) -> impl Iterator<Item = &Clean> {
        self.clean.iter().filter(|clean| !clean.accused.is_empty())
    }

    /// Whether every mutant that exists here was killed by its own rule and nothing clean was accused.
    pub fn passes(&self) -> bool {
        let killed = |mutant: &Killed| matches!(mutant.fate, Fate::KilledByOwnRule | Fate::NotTested);
        self.mutants.iter().all(killed)
            && self.unproven.is_empty()
            && self.clean.iter().all(|clean| clean.accused.is_empty() && !clean.fault)
    }
}
