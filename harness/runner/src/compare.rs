//! What two reports do not have in common: which deviations are new, fixed or changed.
//!
//! Knows reports. Must never know how one was made, nor how the comparison looks.

use std::collections::{BTreeSet, HashMap};

use bufcheck_model::case::Level;
pub use bufcheck_model::report::{Absence, Comparison, Difference};
use bufcheck_model::report::{Report, Standing, Subject};
use bufcheck_protocol::request::Request;

use crate::plan::RuleNames;

/// A deviation, folded or not.
struct Shown<'a> {
    rule: &'a str,
    level: Level,
    requests: &'a [Request],
    found: &'a str,
    standing: Standing,
}

/// What a subject shows. What only a race showed is no difference between two reports, and is left out.
fn shown(subject: &Subject) -> Vec<Shown<'_>> {
    let mut all = Vec::new();
    for finding in &subject.findings {
        let (rule, requests) = (finding.rule.as_str(), finding.requests.as_slice());
        all.push(Shown {
            rule,
            level: finding.level,
            requests,
            found: &finding.found,
            standing: finding.standing,
        });
        for folded in &finding.consequences {
            let (rule, requests) = (folded.rule.as_str(), folded.requests.as_slice());
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
                if before.status != after.status {
                    comparison.absences.push(Absence {
                        subject: after.id.clone(),
                        interpreter: after.interpreter.clone(),
                        before: Some(before.status),
                        after: Some(after.status),
                    });
                }
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

/// The deviations of a subject by rule, in the order in which they are told.
fn by_rule<'a>(subject: &'a Subject, common: &BTreeSet<String>) -> Vec<(&'a str, Vec<Shown<'a>>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut rules: Vec<(&str, Vec<Shown<'_>>)> = Vec::new();
    for deviation in shown(subject) {
        if common.contains(deviation.rule) {
            let place = *places.entry(deviation.rule).or_insert(rules.len());
            if place == rules.len() {
                rules.push((deviation.rule, Vec::new()));
            }
            rules[place].1.push(deviation);
        }
    }
    rules
}

fn of_subject(before: &Subject, after: &Subject, common: &BTreeSet<String>) -> Vec<Difference> {
    let mut earlier: HashMap<&str, Vec<Shown<'_>>> = by_rule(before, common).into_iter().collect();
    let mut found = Vec::new();
    for (rule, now) in by_rule(after, common) {
        let then = earlier.remove(rule).unwrap_or_default();
        found.extend(of_rule(after, then, now));
    }
    for (rule, _) in by_rule(before, common) {
        if let Some(then) = earlier.remove(rule) {
            found.extend(of_rule(after, then, Vec::new()));
        }
    }
    found
}

/// What became of the deviations of one rule: those that are alike are left out, the others go side by side.
fn of_rule(subject: &Subject, mut then: Vec<Shown<'_>>, now: Vec<Shown<'_>>) -> Vec<Difference> {
    let alike = |one: &Shown<'_>, other: &Shown<'_>| {
        (one.requests, one.found, one.level) == (other.requests, other.found, other.level)
    };
    let mut other = Vec::new();
    for deviation in now {
        match then.iter().position(|before| alike(before, &deviation)) {
            Some(place) => {
                then.remove(place);
            }
            None => other.push(deviation),
        }
    }
    let mut then = then.into_iter();
    let difference = |rule: &str, level, standing, before: Option<&str>, after: Option<&str>| Difference {
        subject: subject.id.clone(),
        interpreter: subject.interpreter.clone(),
        rule: rule.to_owned(),
        level,
        standing,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let mut found: Vec<Difference> = other
        .iter()
        .map(|now| match then.next() {
            Some(before) => {
                let standing = Standing::Changed;
                difference(now.rule, now.level, standing, Some(before.found), Some(now.found))
            }
            None => difference(now.rule, now.level, Standing::New, None, Some(now.found)),
        })
        .collect();
    found.extend(then.map(|gone| difference(gone.rule, gone.level, Standing::Fixed, Some(gone.found), None)));
    found
}
