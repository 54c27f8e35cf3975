//! What two reports do not have in common: which deviations are new, fixed or changed.
//!
//! Knows reports. Must never know how one was made, nor how the comparison looks.

use std::collections::{BTreeSet, HashMap};

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Standing, Status, Subject};
use serde::Serialize;

use crate::plan::RuleNames;

/// What became of a deviation between two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The subject.
    pub subject: String,
    /// The id of the interpreter.
    pub interpreter: String,
    /// The rule.
    pub rule: String,
    /// Its level; that of the later report, where it shows there.
    pub level: Level,
    /// `new`, `fixed` or `changed`; `as-recorded` where a subject appeared with a deviation that a record knows.
    pub standing: Standing,
    /// What was found before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What was found after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What became of a subject that only one report has tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absence {
    /// The subject.
    pub subject: String,
    /// The id of the interpreter.
    pub interpreter: String,
    /// Its status before, if it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Status>,
    /// Its status after, if it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Status>,
}

/// A comparison of two reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Deviations that are not alike, subject by subject in the order of the later report.
    pub differences: Vec<Difference>,
    /// Subjects that were tested in one of the two only.
    pub absences: Vec<Absence>,
}

impl Comparison {
    /// Whether a deviation of at least this level is new.
    pub fn is_worse(&self, level: Level) -> bool {
        self.differences
            .iter()
            .any(|found| found.standing == Standing::New && found.level >= level)
    }
}

/// A deviation, folded or not.
struct Shown<'a> {
    rule: &'a str,
    level: Level,
    requests: usize,
    found: &'a str,
    standing: Standing,
}

/// What a subject shows. What only a race showed is no difference between two reports, and is left out.
fn shown(subject: &Subject) -> Vec<Shown<'_>> {
    let mut all = Vec::new();
    for finding in &subject.findings {
        let (rule, requests) = (finding.rule.as_str(), finding.requests.len());
        all.push(Shown {
            rule,
            level: finding.level,
            requests,
            found: &finding.found,
            standing: finding.standing,
        });
        for folded in &finding.consequences {
            let (rule, requests) = (folded.rule.as_str(), folded.requests.len());
            all.push(Shown {
                rule,
                level: folded.level,
                requests,
                found: &folded.found,
                standing: folded.standing,
            });
        }
    }
    all.retain(|shown| shown.standing != Standing::ByChance);
    all
}

/// Compares two reports. Subjects are the same if their id and interpreter are; rules that only one of the
/// reports has judged are left out.
pub fn compare(old: &Report, new: &Report) -> Comparison {
    let judged = |report: &Report| {
        report
            .rules
            .iter()
            .map(|rule| rule.id.clone())
            .collect::<BTreeSet<_>>()
    };
    // A rule that was renamed between the two is the same rule.
    let names = RuleNames::of(new.rules.iter().chain(&old.rules));
    let old = &under_names_of_today(old, &names);
    let common: BTreeSet<String> = judged(old).intersection(&judged(new)).cloned().collect();
    let (earlier, later) = (by_place(old), by_place(new));
    let mut comparison = Comparison::default();
    for after in &new.subjects {
        match earlier.get(&place(after)) {
            Some(before) if before.status.is_tested() && after.status.is_tested() => {
                comparison.differences.extend(of_subject(before, after, &common));
            }
            Some(before) if !before.status.is_tested() && !after.status.is_tested() => {}
            before => {
                comparison.absences.push(Absence {
                    subject: after.id.clone(),
                    interpreter: after.interpreter.clone(),
                    before: before.map(|before| before.status),
                    after: Some(after.status),
                });
                comparison.differences.extend(appeared(after));
            }
        }
    }
    for before in &old.subjects {
        if !later.contains_key(&place(before)) {
            comparison.absences.push(Absence {
                subject: before.id.clone(),
                interpreter: before.interpreter.clone(),
                before: Some(before.status),
                after: None,
            });
        }
    }
    comparison
}

/// What makes two entries the same subject.
fn place(subject: &Subject) -> (&str, &str) {
    (&subject.id, &subject.interpreter)
}

fn by_place(report: &Report) -> HashMap<(&str, &str), &Subject> {
    report
        .subjects
        .iter()
        .map(|subject| (place(subject), subject))
        .collect()
}

/// What a subject brings with it that was not tested before: all of it is new, but for what is recorded.
fn appeared(after: &Subject) -> impl Iterator<Item = Difference> {
    shown(after).into_iter().map(|now| Difference {
        subject: after.id.clone(),
        interpreter: after.interpreter.clone(),
        rule: now.rule.to_owned(),
        level: now.level,
        standing: match now.standing {
            Standing::AsRecorded => Standing::AsRecorded,
            Standing::New | Standing::ByChance | Standing::Fixed | Standing::Changed => Standing::New,
        },
        before: None,
        after: Some(now.found.to_owned()),
    })
}

/// The report, with every rule called as it is today.
fn under_names_of_today(report: &Report, names: &RuleNames) -> Report {
    let mut report = report.clone();
    let rename = |id: &mut String| {
        if let Some(today) = names.renamed(id) {
            *id = today.to_owned();
        }
    };
    report.rules.iter_mut().for_each(|rule| rename(&mut rule.id));
    for finding in report
        .subjects
        .iter_mut()
        .flat_map(|subject| &mut subject.findings)
    {
        rename(&mut finding.rule);
        finding
            .consequences
            .iter_mut()
            .for_each(|folded| rename(&mut folded.rule));
    }
    report
}

fn of_subject(before: &Subject, after: &Subject, common: &BTreeSet<String>) -> Vec<Difference> {
    let (old, new) = (shown(before), shown(after));
    let difference = |rule: &str, level, standing, before: Option<&str>, now: Option<&str>| Difference {
        subject: after.id.clone(),
        interpreter: after.interpreter.clone(),
        rule: rule.to_owned(),
        level,
        standing,
        before: before.map(str::to_owned),
        after: now.map(str::to_owned),
    };
    let mut found = Vec::new();
    for now in new.iter().filter(|now| common.contains(now.rule)) {
        match old.iter().find(|then| then.rule == now.rule) {
            None => found.push(difference(
                now.rule,
                now.level,
                Standing::New,
                None,
                Some(now.found),
            )),
            Some(then) if (then.requests, then.found, then.level) != (now.requests, now.found, now.level) => {
                let (then, level) = (then.found, now.level);
                found.push(difference(
                    now.rule,
                    level,
                    Standing::Changed,
                    Some(then),
                    Some(now.found),
                ));
            }
            Some(_) => {}
        }
    }
    for then in old.iter().filter(|then| common.contains(then.rule)) {
        if !new.iter().any(|now| now.rule == then.rule) {
            found.push(difference(
                then.rule,
                then.level,
                Standing::Fixed,
                Some(then.found),
                None,
            ));
        }
    }
    found
}
