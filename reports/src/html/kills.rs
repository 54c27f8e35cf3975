//! The model of the self-test page.
//!
//! Knows a kill matrix. Must never judge one.

use std::collections::BTreeMap;

use bufcheck_model::selftest::{Fate, Killed, Matrix};
use serde::Serialize;

/// One interpreter of the page.
#[derive(Serialize)]
pub(super) struct Page {
    interpreter: String,
    own: usize,
    another: usize,
    survived: usize,
    not_tested: usize,
    at_peace: usize,
    alarms: Vec<Alarm>,
    unproven: Vec<String>,
    rules: Vec<Rule>,
}

/// A rule with the mutants made to break it.
#[derive(Serialize)]
struct Rule {
    id: String,
    mutants: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    fate: &'static str,
    well: bool,
    by: Vec<String>,
    reason: String,
}

#[derive(Serialize)]
struct Alarm {
    id: String,
    accused: Vec<String>,
}

pub(super) fn page(matrix: &Matrix) -> Page {
    let mut rules: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for mutant in &matrix.mutants {
        rules.entry(&mutant.breaks).or_default().push(row(mutant));
    }
    let alarms = matrix.false_alarms().map(|clean| Alarm {
        id: clean.id.clone(),
        accused: clean.accused.clone(),
    });
    Page {
        interpreter: matrix.interpreter.clone(),
        own: matrix.count(Fate::KilledByOwnRule),
        another: matrix.count(Fate::KilledByAnother),
        survived: matrix.count(Fate::Survived),
        not_tested: matrix.count(Fate::NotTested),
        at_peace: matrix.at_peace(),
        alarms: alarms.collect(),
        unproven: matrix.unproven.clone(),
        rules: rules
            .into_iter()
            .map(|(id, mutants)| Rule {
                id: id.to_owned(),
                mutants,
            })
            .collect(),
    }
}

fn row(mutant: &Killed) -> Row {
    Row {
        id: mutant.id.clone(),
        fate: match mutant.fate {
            Fate::KilledByOwnRule => "killed",
            Fate::KilledByAnother => "killed by another rule",
            Fate::Survived => "survived",
            Fate::NotTested => "not tested",
            Fate::Fault => "could not be made",
        },
        well: matches!(mutant.fate, Fate::KilledByOwnRule | Fate::NotTested),
        by: mutant
            .by
            .iter()
            .filter(|rule| **rule != mutant.breaks)
            .cloned()
            .collect(),
        reason: mutant.reason.join("; "),
    }
}
