//! The whole run on the terminal: what is new in full, what is known in brief, and a sentence at the end.
//!
//! Knows the order and the grouping. Must never print a percentage, nor hide that something was not tested.

use std::collections::BTreeMap;

use bufcheck_model::case::Side;
use bufcheck_model::report::{Report, Stale, Status, Subject};

use super::Options;
use super::finding::entry;
use super::style::{self, paint};
use crate::diff::sums;
use crate::group::{Entry, Group, Kind, by_subject, camps, not_tested, package, remarks};
use crate::untried;
use crate::verdict::{Class, class, distinct, verdict};
use crate::words::{count, cut, line, list, wrap};
use bufcheck_model::link;

/// How many findings are shown in full, unless all are asked for.
const SHOWN: usize = 20;
/// How many names stand in a list, unless all are asked for.
const NAMED: usize = 6;
/// How many characters of a subject's name stand on its line.
const NAME: usize = 60;
/// How many lines of a harness fault are shown, unless all are asked for.
const FAULT_LINES: usize = 5;

/// What came of a run. Each subject that deviates anew has a line of its own, and its findings behind it.
pub fn summary(report: &Report, options: &Options) -> String {
    let mut page = Page {
        options,
        text: String::new(),
    };
    page.head(report);
    let groups = by_subject(report);
    page.subjects(report, &groups);
    page.recorded(&groups);
    page.not_tested(report);
    page.faults(report);
    page.camps(report);
    page.remarks(&groups);
    page.stale(&report.stale);
    page.totals(report);
    if let Some(comparison) = &report.since {
        page.wrapped(0, &format!("Since the earlier report: {}", sums(comparison)));
    }
    let verdict = verdict(report, &groups);
    let mut sentences = verdict.rest;
    sentences.insert(0, verdict.sentence);
    page.text.push('\n');
    for part in wrap(&sentences.join(" "), options.columns()) {
        page.line(&paint(options, style::tone(verdict.tone), part));
    }
    page.text
}

struct Page<'a> {
    options: &'a Options,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The text under an indent, in as many lines as it takes.
    fn wrapped(&mut self, indent: usize, text: &str) {
        for (index, part) in wrap(&line(text), self.options.columns() - indent - 2)
            .iter()
            .enumerate()
        {
            let hang = if index == 0 { indent } else { indent + 2 };
            self.line(&format!("{:hang$}{part}", ""));
        }
    }

    fn section(&mut self, title: &str) {
        let title = paint(self.options, style::HEAD, title);
        self.line(&format!("\n{title}"));
    }

    const fn limit(&self, usual: usize) -> usize {
        if self.options.verbose { usize::MAX } else { usual }
    }

    fn head(&mut self, report: &Report) {
        let places: Vec<String> = report
            .interpreters
            .iter()
            .map(|found| {
                format!(
                    "{} ({}, {} {})",
                    found.id, found.version, found.system, found.machine
                )
            })
            .collect();
        let on = if places.is_empty() {
            "no interpreter".into()
        } else {
            list(&places, usize::MAX)
        };
        let name = format!("{} {}", report.tool.name, report.tool.version);
        self.wrapped(
            0,
            &format!("{name}: {} on {on}", count(distinct(report).len(), "subject")),
        );
        if !self.options.verbose {
            return;
        }
        for interpreter in &report.interpreters {
            for unchecked in &interpreter.unchecked {
                self.wrapped(2, &format!("not checked on {}: {unchecked}", interpreter.id));
            }
        }
    }

    fn subjects(&mut self, report: &Report, groups: &[Group<'_>]) {
        let mut left = self.limit(SHOWN);
        let mut hidden = 0;
        let mut apart = true;
        for group in groups {
            let shows = |entry: &&Entry<'_>| match entry.kind() {
                Kind::New => true,
                Kind::Known => self.options.verbose,
                Kind::Remark => false,
            };
            let entries: Vec<&Entry<'_>> = group.entries.iter().filter(shows).collect();
            let lines = lines(group, self.options.verbose);
            // Lines without findings stand close together.
            if !lines.is_empty() && (apart || !entries.is_empty()) {
                self.line("");
            }
            apart = !entries.is_empty() || (apart && lines.is_empty());
            for (subject, places) in lines {
                self.subject(subject, &places);
            }
            for shown in entries {
                if left == 0 {
                    hidden += 1;
                    continue;
                }
                left -= 1;
                let text = entry(report, shown, self.options);
                self.text.push('\n');
                self.text.push_str(&text);
            }
        }
        if hidden > 0 {
            let text = format!(
                "{} not shown here: `--verbose` shows all",
                count(hidden, "more finding")
            );
            self.text.push('\n');
            self.wrapped(0, &text);
        }
    }

    /// `ctypes/int-array  as recorded on cpython-3.11: 256 granted, ...`
    fn subject(&mut self, subject: &Subject, places: &[&str]) {
        let class = class(subject);
        let ended = match subject.status {
            Status::Died => ": the process ended",
            Status::Hung => ": the process hung",
            Status::Conforms
            | Status::Deviates
            | Status::NothingGranted
            | Status::Incomplete
            | Status::NotTested
            | Status::HarnessFault => "",
        };
        let counts = subject.requests;
        let died = if counts.died == 0 {
            String::new()
        } else {
            format!(", {} fatal", counts.died)
        };
        let answers = match subject.kind {
            Side::Exporter | Side::Consumer => {
                format!("{} granted, {} refused", counts.granted, counts.refused)
            }
            Side::Interpreter => count(counts.calls, "call"),
        };
        let tail = format!(
            "{}{ended} on {} ({answers}{died})",
            class.name(),
            line(&list(places, 4)),
        );
        let text = format!("`{}` {tail}", cut(&line(&subject.id), NAME));
        for (index, part) in wrap(&text, self.options.columns() - 2).into_iter().enumerate() {
            let part = paint(self.options, style::class(class), part);
            self.line(&if index == 0 { part } else { format!("  {part}") });
        }
        for told in untried::lines(subject) {
            self.wrapped(2, &told);
        }
    }

    /// Recorded deviations: one entry for each package and record.
    fn recorded(&mut self, groups: &[Group<'_>]) {
        let mut packages: BTreeMap<&str, Recorded<'_>> = BTreeMap::new();
        for group in groups {
            let known = group
                .subjects
                .iter()
                .any(|subject| class(subject) == Class::Recorded);
            let entries = group.entries.iter().filter(|entry| entry.kind() == Kind::Known);
            let entries: Vec<_> = entries.collect();
            if entries.is_empty() && !known {
                continue;
            }
            let Some(first) = group.subjects.first() else {
                continue;
            };
            let package = packages.entry(package(first)).or_default();
            package.subjects += 1;
            for entry in entries {
                add(&mut package.rules, &entry.finding.rule);
                for folded in &entry.finding.consequences {
                    add(&mut package.rules, &folded.rule);
                }
                if let Some(link) = &entry.finding.link {
                    package.links.insert(link::short(link));
                }
            }
        }
        if packages.is_empty() {
            return;
        }
        self.section("deviate as recorded");
        for (package, known) in packages {
            let mut rules: Vec<(&str, usize)> = known.rules.into_iter().collect();
            rules.sort_by_key(|&(rule, times)| (std::cmp::Reverse(times), rule));
            let rules: Vec<&str> = rules.into_iter().map(|(rule, _)| rule).collect();
            let links: Vec<String> = known.links.into_iter().collect();
            let links = if links.is_empty() {
                String::new()
            } else {
                format!("; {}", links.join(", "))
            };
            self.wrapped(
                2,
                &format!(
                    "{package}: {} ({}{links})",
                    count(known.subjects, "subject"),
                    list(&rules, self.limit(NAMED)),
                ),
            );
        }
    }

    fn not_tested(&mut self, report: &Report) {
        let skipped = report
            .subjects
            .iter()
            .filter(|subject| subject.status == Status::NotTested);
        let reasons = not_tested(skipped);
        if reasons.is_empty() {
            return;
        }
        self.section("not tested");
        for (reason, subjects) in reasons {
            let ids: Vec<&str> = once(subjects.iter().map(|subject| subject.id.as_str()));
            let places: Vec<&str> = once(subjects.iter().map(|subject| subject.interpreter.as_str()));
            let ids = list(&ids, self.limit(NAMED));
            self.wrapped(2, &format!("{reason}: {ids} on {}", list(&places, 4)));
        }
    }

    fn faults(&mut self, report: &Report) {
        let faulty: Vec<&Subject> = report
            .subjects
            .iter()
            .filter(|subject| subject.status == Status::HarnessFault)
            .collect();
        if faulty.is_empty() {
            return;
        }
        self.section("could not be run");
        for subject in faulty {
            self.wrapped(2, &format!("`{}` on {}", subject.id, subject.interpreter));
            let limit = self.limit(FAULT_LINES);
            // The end of a traceback tells what happened, its first line is ours.
            let (first, rest) = subject.reason.split_at(subject.reason.len().min(1));
            let skipped = rest.len().saturating_sub(limit);
            for reason in first.iter().chain(&rest[skipped..]) {
                self.wrapped(4, reason);
            }
        }
    }

    fn camps(&mut self, report: &Report) {
        let camps = camps(report);
        if camps.is_empty() {
            return;
        }
        self.section("contested: the text and the implementations disagree, nobody fails");
        for (rule, camps) in camps {
            let mut camps: Vec<(usize, &str, Vec<&str>)> = camps
                .into_iter()
                .map(|(camp, who)| (who.values().map(Vec::len).sum(), camp, who.into_keys().collect()))
                .collect();
            camps.sort_by_key(|&(size, camp, _)| (std::cmp::Reverse(size), camp));
            let said: Vec<String> = camps
                .iter()
                .map(|(size, camp, who)| {
                    if self.options.verbose {
                        format!("{camp} {size} ({})", list(who, usize::MAX))
                    } else {
                        format!("{camp} {size}")
                    }
                })
                .collect();
            self.wrapped(2, &format!("{rule}: {}", said.join(", ")));
        }
    }

    /// What is shown but never counted, on demand.
    fn remarks(&mut self, groups: &[Group<'_>]) {
        let remarks = remarks(groups);
        if remarks.is_empty() || !self.options.verbose {
            return;
        }
        self.section("remarks: never counted");
        for ((rule, found), ids) in remarks {
            self.wrapped(2, &format!("{rule}: {found}: {}", list(&ids, usize::MAX)));
        }
    }

    fn stale(&mut self, stale: &[Stale]) {
        if stale.is_empty() {
            return;
        }
        self.section("stale records");
        for record in stale {
            let at = record.line.map(|number| format!(":{number}")).unwrap_or_default();
            let on = record
                .interpreter
                .as_ref()
                .map(|id| format!(" (on {id})"))
                .unwrap_or_default();
            self.wrapped(
                2,
                &format!(
                    "{}{at}: subject `{}`, rule `{}`: {}{on}",
                    record.file, record.subject, record.rule, record.problem
                ),
            );
        }
    }

    fn totals(&mut self, report: &Report) {
        let totals = &report.totals;
        let by_level = |counts: &BTreeMap<String, usize>| {
            let parts: Vec<String> = ["must", "should"]
                .iter()
                .map(|&level| format!("{} {level}", counts.get(level).copied().unwrap_or(0)))
                .collect();
            parts.join(", ")
        };
        let races = if totals.by_chance.is_empty() {
            String::new()
        } else {
            format!("; by chance {}", by_level(&totals.by_chance))
        };
        self.line("");
        self.wrapped(
            0,
            &format!(
                "{} judged by {}; findings: new {}; recorded {}{races}",
                count(totals.judged, "answer"),
                count(totals.rules, "rule"),
                by_level(&totals.new),
                by_level(&totals.recorded),
            ),
        );
    }
}

#[derive(Default)]
struct Recorded<'a> {
    subjects: usize,
    rules: BTreeMap<&'a str, usize>,
    links: std::collections::BTreeSet<String>,
}

fn add<'a>(counts: &mut BTreeMap<&'a str, usize>, key: &'a str) {
    *counts.entry(key).or_default() += 1;
}

/// The subjects of a group that have a line, and where each line holds.
fn lines<'a>(group: &Group<'a>, verbose: bool) -> Vec<(&'a Subject, Vec<&'a str>)> {
    let mut lines: Vec<(&Subject, Vec<&str>)> = Vec::new();
    for &subject in &group.subjects {
        let own = match class(subject) {
            Class::Broken | Class::Dubious | Class::Incomplete | Class::Barren | Class::Racy => true,
            Class::Recorded | Class::Conforms => verbose || !untried::lines(subject).is_empty(),
            Class::NotTested | Class::Fault => false,
        };
        if !own {
            continue;
        }
        let same = |known: &&mut (&Subject, Vec<&str>)| {
            class(known.0) == class(subject)
                && known.0.status == subject.status
                && known.0.requests == subject.requests
                && untried::lines(known.0) == untried::lines(subject)
        };
        match lines.iter_mut().find(same) {
            Some((_, places)) => places.push(&subject.interpreter),
            None => lines.push((subject, vec![&subject.interpreter])),
        }
    }
    lines
}

fn once<'a>(items: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}
