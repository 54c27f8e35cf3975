//! The findings of a report in the order people read them: by subject, and what shows alike on several
//! interpreters once.
//!
//! Knows what makes two findings the same. Must never know how they are shown.

use std::collections::{BTreeMap, HashMap};

use bufcheck_model::case::Level;
use bufcheck_model::report::{Finding, Report, Standing, Subject};

use crate::weight::{Rules, gravest_new, rules, weight};

/// How many of the worst findings stand at the top of a report.
pub(crate) const WORST: usize = 3;

/// A subject under every interpreter it ran in.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// One entry for each interpreter, in the order of the report.
    pub(crate) subjects: Vec<&'a Subject>,
    /// Its findings: the new ones first, then by level, then by harm.
    pub(crate) entries: Vec<Entry<'a>>,
}

/// A finding and where it showed.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// The subject, as it ran in the first of the interpreters.
    pub(crate) subject: &'a Subject,
    /// The finding, as it showed first.
    pub(crate) finding: &'a Finding,
    /// The ids of the interpreters.
    pub(crate) interpreters: Vec<&'a str>,
    /// The same deviation where it showed with other numbers, with the id of the interpreter.
    pub(crate) others: Vec<(&'a str, &'a Finding)>,
}

/// What a finding asks of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `must` or `should` that is not recorded, in the finding or in a consequence: to be mended.
    New,
    /// All of it recorded: to be known.
    Known,
    /// `contested` or `info`: never counted, whatever the record says.
    Remark,
}

impl Entry<'_> {
    /// What it asks of the reader.
    pub(crate) fn kind(&self) -> Kind {
        let folded = self.finding.consequences.iter().map(|folded| folded.level).max();
        if gravest_new(self.finding) >= Some(Level::Should) {
            Kind::New
        } else if folded.max(Some(self.finding.level)) >= Some(Level::Should) {
            Kind::Known
        } else {
            Kind::Remark
        }
    }
}

/// Puts a report in the order of reading: subjects in the order of the report.
pub(crate) fn by_subject(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for subject in &report.subjects {
        let place = *places.entry(&subject.id).or_insert_with(|| {
            groups.push(Group {
                subjects: Vec::new(),
                entries: Vec::new(),
            });
            groups.len() - 1
        });
        let group = &mut groups[place];
        group.subjects.push(subject);
        for finding in &subject.findings {
            let interpreter = subject.interpreter.as_str();
            let free = |entry: &&mut Entry<'_>| !entry.interpreters.contains(&interpreter);
            match group
                .entries
                .iter_mut()
                .filter(free)
                .find(|entry| alike(entry.finding, finding))
            {
                Some(entry) => {
                    entry.interpreters.push(interpreter);
                    if !equal(entry.finding, finding) {
                        entry.others.push((interpreter, finding));
                    }
                }
                None => group.entries.push(Entry {
                    subject,
                    finding,
                    interpreters: vec![interpreter],
                    others: Vec::new(),
                }),
            }
        }
    }
    let rules = rules(report);
    for group in &mut groups {
        group
            .entries
            .sort_by_key(|entry| std::cmp::Reverse(weight(entry.finding, &rules)));
    }
    groups
}

/// The worst new findings: the worst first, no rule twice.
pub(crate) fn worst<'a>(groups: &[Group<'a>], rules: &Rules<'_>, most: usize) -> Vec<Entry<'a>> {
    let mut new: Vec<&Entry<'a>> = groups
        .iter()
        .flat_map(|group| &group.entries)
        .filter(|entry| entry.kind() == Kind::New)
        .collect();
    new.sort_by_key(|entry| std::cmp::Reverse(weight(entry.finding, rules)));
    let mut shown: Vec<Entry<'a>> = Vec::new();
    for entry in new {
        let told = |other: &Entry<'_>| other.finding.rule == entry.finding.rule;
        if shown.len() < most && !shown.iter().any(told) {
            shown.push(entry.clone());
        }
    }
    shown
}

/// Whether two findings are one deviation: of one rule at one place, standing alike; numbers may differ.
fn alike(one: &Finding, other: &Finding) -> bool {
    let folded = |finding: &Finding| -> Vec<(String, Level, Standing)> {
        let follows = finding.consequences.iter();
        follows
            .map(|folded| (folded.rule.clone(), folded.level, folded.standing))
            .collect()
    };
    (&one.rule, &one.case, one.level, one.standing) == (&other.rule, &other.case, other.level, other.standing)
        && (&one.reason, &one.link) == (&other.reason, &other.link)
        && folded(one) == folded(other)
}

/// Whether they show with the same numbers as well.
fn equal(one: &Finding, other: &Finding) -> bool {
    (&one.found, &one.wanted, &one.requests) == (&other.found, &other.wanted, &other.requests)
}

/// The package of a subject, or the first part of its id where no package is known.
pub(crate) fn package(subject: &Subject) -> &str {
    let first = || subject.id.split(['/', ':']).next().unwrap_or(&subject.id);
    subject.package.as_deref().unwrap_or_else(first)
}

/// For each contested rule, the camps that showed, and the ids of those in them by package.
pub(crate) type Camps<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a str>>>>;

/// Who stands where in the contested rules.
pub(crate) fn camps(report: &Report) -> Camps<'_> {
    let mut camps: Camps<'_> = BTreeMap::new();
    for subject in &report.subjects {
        for (rule, camp) in &subject.camps {
            let members = camps.entry(rule).or_default().entry(camp).or_default();
            let ids = members.entry(package(subject)).or_default();
            if !ids.contains(&subject.id.as_str()) {
                ids.push(&subject.id);
            }
        }
    }
    camps
}

/// Reasons why subjects were not tested, with the subjects (id and interpreter).
pub(crate) fn not_tested<'a>(subjects: impl Iterator<Item = &'a Subject>) -> Vec<(String, Vec<&'a Subject>)> {
    let mut reasons: Vec<(String, Vec<&'a Subject>)> = Vec::new();
    for subject in subjects {
        let reason = if subject.reason.is_empty() {
            "no reason was given".to_owned()
        } else {
            subject.reason.join("; ")
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, members)) => members.push(subject),
            None => reasons.push((reason, vec![subject])),
        }
    }
    reasons
}

/// Remarks by rule and by what was found, with the ids of the subjects.
pub(crate) fn remarks<'a>(groups: &[Group<'a>]) -> BTreeMap<(&'a str, &'a str), Vec<&'a str>> {
    let mut remarks: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for entry in groups.iter().flat_map(|group| &group.entries) {
        if entry.kind() == Kind::Remark {
            let ids = remarks
                .entry((&entry.finding.rule, &entry.finding.found))
                .or_default();
            if !ids.contains(&entry.subject.id.as_str()) {
                ids.push(&entry.subject.id);
            }
        }
    }
    remarks
}
