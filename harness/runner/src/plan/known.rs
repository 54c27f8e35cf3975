//! Known deviations: which finding is recorded, and which record is stale.
//!
//! Knows globs, version ranges and days. Must never know what a rule says.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::str::FromStr;

use bufcheck_model::case::Side;
use bufcheck_model::report::{Interpreter, Report, Stale, Subject};
use bufcheck_rules::{Check, Rule, rules};
use globset::GlobMatcher;
use jiff::civil::Date;
use pep440_rs::{Version, VersionSpecifiers};

use crate::plan::day::{parse_day, today};
use crate::plan::names::{Named, RuleNames};
use crate::plan::pattern::{PlanError, glob};
use crate::plan::subject::Recorded;

/// The record, ready to be asked.
#[derive(Debug)]
pub struct Record<'a> {
    entries: Vec<Entry<'a>>,
    today: Date,
}

#[derive(Debug)]
struct Entry<'a> {
    recorded: &'a Recorded,
    subject: GlobMatcher,
    rule: Named,
    python: Option<VersionSpecifiers>,
    package: Option<VersionSpecifiers>,
    expires: Option<Date>,
    /// A subject matched, whatever came of it.
    matched: Cell<bool>,
}

/// Who is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    /// Id of the subject.
    pub subject: &'a str,
    /// Version of its package, if known.
    pub package: Option<&'a str>,
    /// Version of the interpreter.
    pub python: &'a str,
}

impl<'a> Who<'a> {
    /// A subject, as it ran in one of the interpreters.
    pub fn new(subject: &'a Subject, interpreters: &'a [Interpreter]) -> Self {
        let interpreter = interpreters.iter().find(|known| known.id == subject.interpreter);
        Self {
            subject: &subject.id,
            package: subject.version.as_deref(),
            python: interpreter.map_or("", |known| &known.version),
        }
    }
}

/// The rules that a subject breaks, those that follow from others among them.
fn broken(subject: &Subject) -> Vec<&str> {
    let findings = subject.findings.iter();
    findings
        .flat_map(|finding| {
            let consequences = finding.consequences.iter().map(|folded| folded.rule.as_str());
            std::iter::once(finding.rule.as_str()).chain(consequences)
        })
        .collect()
}

/// The records that should be deleted, when the subjects were checked one at a time: each report is about some of
/// them. See [`Record::stale`].
pub fn stale(
    known: &[Recorded],
    reports: &[Report],
    by_chance: &BTreeSet<&str>,
    all_subjects: bool,
) -> Result<Vec<Stale>, PlanError> {
    let mut interpreters: Vec<Interpreter> = Vec::new();
    for interpreter in reports.iter().flat_map(|report| &report.interpreters) {
        if interpreters.iter().all(|known| known.id != interpreter.id) {
            interpreters.push(interpreter.clone());
        }
    }
    let subjects: Vec<Subject> = reports
        .iter()
        .flat_map(|report| &report.subjects)
        .cloned()
        .collect();
    let names = RuleNames::of(reports.iter().flat_map(|report| &report.rules));
    Ok(Record::new(known, &names, today())?.stale(&interpreters, &subjects, by_chance, all_subjects))
}

impl<'a> Record<'a> {
    /// Prepares the record; `names` are those of the rules, `today` decides what has expired.
    pub fn new(recorded: &'a [Recorded], names: &RuleNames, today: Date) -> Result<Self, PlanError> {
        let range = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let entries = recorded
            .iter()
            .map(|recorded| {
                let known = &recorded.known;
                Ok(Entry {
                    recorded,
                    subject: glob(&known.subject)?,
                    rule: names.matching(&known.rule)?,
                    python: range(&known.python),
                    package: range(&known.package),
                    expires: known.expires.as_deref().and_then(parse_day),
                    matched: Cell::new(false),
                })
            })
            .collect::<Result<_, PlanError>>()?;
        Ok(Self { entries, today })
    }

    /// The record of this deviation, if there is one that has not expired.
    pub fn find(&self, who: &Who<'_>, rule: &str) -> Option<&'a Recorded> {
        self.entries
            .iter()
            .find(|entry| entry.applies(who) && entry.matches_rule(rule) && !entry.expired(self.today))
            .map(|entry| entry.recorded)
    }

    /// The records that should be deleted: those that apply to a subject of the run but show on none of them,
    /// on one of the interpreters; those that match nothing; those that have expired.
    ///
    /// Every rule must have been checked on the subjects. `all_subjects` says that no subject was left out: only then
    /// can a record be said to match nothing. Of rules that races show, `by_chance`, nothing follows from a run in which
    /// they did not show.
    pub fn stale(
        &self,
        interpreters: &[Interpreter],
        subjects: &[Subject],
        by_chance: &BTreeSet<&str>,
        all_subjects: bool,
    ) -> Vec<Stale> {
        // Where nothing ran, nothing is known about the record.
        if interpreters.is_empty() {
            return Vec::new();
        }
        for subject in subjects {
            self.exists(&subject.id);
        }
        let ran: Vec<(Who<'_>, Side, Vec<&str>)> = subjects
            .iter()
            .filter(|subject| subject.status.is_tested() && subject.is_complete())
            .map(|subject| (Who::new(subject, interpreters), subject.kind, broken(subject)))
            .collect();
        let mut stale = Vec::new();
        for entry in &self.entries {
            if entry.expired(self.today) {
                let day = entry.recorded.known.expires.as_deref().unwrap_or_default();
                stale.push(entry.stale(
                    None,
                    format!("expired on {day}: mend the deviation, or renew the record"),
                ));
                continue;
            }
            let mut applied = false;
            for interpreter in interpreters {
                let mut here = ran
                    .iter()
                    .filter(|(who, side, _)| {
                        who.python == interpreter.version && entry.applies(who) && entry.speaks_of(*side)
                    })
                    .peekable();
                if here.peek().is_none() {
                    continue;
                }
                applied = true;
                if !entry.may_hide(by_chance)
                    && !here.any(|(_, _, rules)| rules.iter().any(|rule| entry.matches_rule(rule)))
                {
                    let problem = "no longer shows: delete the record, or narrow its versions".to_owned();
                    stale.push(entry.stale(Some(interpreter.id.clone()), problem));
                }
            }
            let elsewhere = entry.matched.get() || entry.python.is_some() || entry.package.is_some();
            if !applied && all_subjects && !elsewhere {
                stale.push(entry.stale(None, "matches no subject: delete the record".to_owned()));
            }
        }
        stale
    }

    /// Notes that a subject with this id exists, though it was perhaps not tested.
    fn exists(&self, subject: &str) {
        for entry in self.entries.iter().filter(|entry| entry.names(subject)) {
            entry.matched.set(true);
        }
    }
}

impl Entry<'_> {
    fn names(&self, subject: &str) -> bool {
        self.recorded.known.subject == subject || self.subject.is_match(subject)
    }

    fn matches_rule(&self, rule: &str) -> bool {
        self.rule.holds(rule)
    }

    /// Whether such a subject is judged by a rule that is named: `numpy/*` are exporters and consumers. A rule that there
    /// is no more may have been about either.
    fn speaks_of(&self, side: Side) -> bool {
        let mut named = rules().filter(|rule| self.matches_rule(rule.id)).peekable();
        let judges = |rule: &Rule| matches!(rule.check, Check::Consumer) == (side == Side::Consumer);
        named.peek().is_none() || named.any(judges)
    }

    /// Whether it is about nothing but rules of which nothing follows where they do not show.
    fn may_hide(&self, by_chance: &BTreeSet<&str>) -> bool {
        let mut named = rules().filter(|rule| self.matches_rule(rule.id));
        by_chance.iter().any(|rule| self.matches_rule(rule)) && named.all(|rule| by_chance.contains(rule.id))
    }

    fn applies(&self, who: &Who<'_>) -> bool {
        // A version that is not known is not outside a range.
        let within = |range: &Option<VersionSpecifiers>, version: Option<&str>| {
            range.as_ref().is_none_or(|range| {
                version
                    .and_then(|text| Version::from_str(text).ok())
                    .is_none_or(|version| range.contains(&version))
            })
        };
        self.names(who.subject)
            && within(&self.python, Some(who.python))
            && within(&self.package, who.package)
    }

    fn expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|day| day < today)
    }

    fn stale(&self, interpreter: Option<String>, problem: String) -> Stale {
        Stale {
            file: self.recorded.file.clone(),
            line: self.recorded.line,
            subject: self.recorded.known.subject.clone(),
            rule: self.recorded.known.rule.clone(),
            interpreter,
            problem,
        }
    }
}
