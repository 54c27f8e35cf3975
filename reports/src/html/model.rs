//! What the page shows, as plain data for the template.
//!
//! Knows which facts stand where. Must never hold markup.

use std::collections::HashMap;

use bufcheck_model::report::{Interpreter, Ran, Report, Stale, Status, Subject};
use serde::Serialize;

use super::anchor::{Anchors, slug};
use super::cards::{Card, cards};
use super::finding::{About, Addresses, Told, told};
use super::island::{Alike, alike, island, well_formed};
use super::rules::{Contested, Named, Rule, contested, others, rule};
use super::table::{Table, table, tone};
use crate::diff::{Row as Changed, rows as rows_of, sums};
use crate::group::{Entry, Kind, by_subject, not_tested, remarks};
use crate::untried;
use crate::verdict::{Class, class, distinct, verdict};
use crate::weight::rules;
use crate::words::{count, line, list};

/// The whole page.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    tool: String,
    tone: &'static str,
    run: Option<Run>,
    since: Option<Since<'a>>,
    verdict: String,
    verdict_rest: Vec<String>,
    worst: Vec<Card<'a>>,
    facts: Vec<Fact>,
    table: Table<'a>,
    alike: Vec<Alike>,
    island: String,
    well_formed: usize,
    new: Vec<Group<'a>>,
    known: Vec<Group<'a>>,
    new_count: String,
    known_count: String,
    camps: Vec<Contested<'a>>,
    remarks: Vec<Remark<'a>>,
    rules: Vec<Rule<'a>>,
    rule_count: usize,
    others: String,
    untested: Vec<Untested>,
    faults: Vec<Fault<'a>>,
    partly: Vec<Fault<'a>>,
    stale: &'a [Stale],
    interpreters: &'a [Interpreter],
    judged: usize,
}

/// When and how it was run, in words.
#[derive(Serialize)]
struct Run {
    started: String,
    when: String,
    took: String,
    command: String,
}

/// What has changed since an earlier report.
#[derive(Serialize)]
struct Since<'a> {
    sums: String,
    rows: Vec<Changed<'a>>,
}

#[derive(Serialize)]
struct Fact {
    number: usize,
    name: &'static str,
    tone: &'static str,
}

#[derive(Serialize)]
struct Group<'a> {
    id: &'a str,
    anchor: String,
    about: String,
    ended: Option<String>,
    rules: String,
    entries: Vec<Told<'a>>,
    output: &'a str,
}

#[derive(Serialize)]
struct Remark<'a> {
    rule: &'a str,
    rule_anchor: Option<String>,
    found: &'a str,
    subjects: String,
}

#[derive(Serialize)]
struct Untested {
    reason: String,
    subjects: String,
}

#[derive(Serialize)]
struct Fault<'a> {
    id: &'a str,
    interpreter: &'a str,
    reason: String,
}

/// The page of a report.
pub(super) fn page(report: &Report) -> Page<'_> {
    let (groups, rules) = (by_subject(report), rules(report));
    let said = verdict(report, &groups);
    let named = Named::in_report(report);
    let mut anchors = Anchors::default();
    let addresses = Addresses::of_all(&groups, &rules, &mut anchors);
    let about = About {
        addresses: &addresses,
        report,
        rules: &rules,
        named: &named,
        places: &addresses.places(&groups),
    };
    let mut with = |kind| parts(&about, (&groups, kind), &addresses, &mut anchors);
    let (new, known) = (with(Kind::New), with(Kind::Known));
    // New findings come last, so that a name leads to them first.
    let anchors: HashMap<&str, &str> = known
        .iter()
        .chain(&new)
        .map(|group| (group.id, group.anchor.as_str()))
        .collect();
    let total = |groups: &[Group<'_>]| count(groups.iter().map(|group| group.entries.len()).sum(), "finding");
    Page {
        worst: cards(&groups, &rules, &addresses),
        tool: format!("{} {}", report.tool.name, report.tool.version),
        run: report.run.as_ref().map(run),
        since: report.since.as_ref().map(|comparison| Since {
            sums: sums(comparison),
            rows: rows_of(comparison),
        }),
        tone: said.tone.name(),
        verdict: said.sentence,
        verdict_rest: said.rest,
        facts: facts(report),
        table: table(report, &groups, &rules, (&addresses, &anchors)),
        alike: alike(report),
        island: island(report, &anchors),
        well_formed: well_formed(report).count(),
        new_count: total(&new),
        known_count: total(&known),
        new,
        known,
        camps: contested(report, &named),
        remarks: remarks(&groups)
            .into_iter()
            .map(|((rule, found), ids)| Remark {
                rule,
                rule_anchor: named.anchor(rule),
                found,
                subjects: list(&ids, usize::MAX),
            })
            .collect(),
        rules: named
            .of(report)
            .map(|data| rule(report, data, addresses.tells_whole(&data.id)))
            .collect(),
        rule_count: report.rules.len(),
        others: others(report, &named),
        untested: not_tested(
            report
                .subjects
                .iter()
                .filter(|subject| subject.status == Status::NotTested),
        )
        .into_iter()
        .map(|(reason, subjects)| Untested {
            reason: line(&reason),
            subjects: places(&subjects),
        })
        .collect(),
        faults: report
            .subjects
            .iter()
            .filter(|subject| subject.status == Status::HarnessFault)
            .map(|subject| Fault {
                id: &subject.id,
                interpreter: &subject.interpreter,
                reason: subject.reason.join("\n"),
            })
            .collect(),
        partly: report
            .subjects
            .iter()
            .map(|subject| Fault {
                id: &subject.id,
                interpreter: &subject.interpreter,
                reason: untried::lines(subject).join("\n"),
            })
            .filter(|fault| !fault.reason.is_empty())
            .collect(),
        stale: &report.stale,
        interpreters: &report.interpreters,
        judged: report.totals.judged,
    }
}

fn run(ran: &Ran) -> Run {
    Run {
        started: ran.started.clone(),
        // `2027-06-30T12:00:00Z` as people write it.
        when: ran.started.replacen('T', " ", 1).replace('Z', " UTC"),
        took: format!("{}.{} s", ran.milliseconds / 1000, ran.milliseconds % 1000 / 100),
        command: ran.command.join(" "),
    }
}

fn facts(report: &Report) -> Vec<Fact> {
    let classes = [
        Class::Broken,
        Class::Dubious,
        Class::Fault,
        Class::Incomplete,
        Class::Barren,
        Class::Racy,
        Class::Recorded,
        Class::Conforms,
        Class::NotTested,
    ];
    let subjects = distinct(report);
    classes
        .into_iter()
        .map(|wanted| Fact {
            number: subjects.iter().filter(|(_, class)| *class == wanted).count(),
            name: wanted.name(),
            tone: tone(wanted),
        })
        .filter(|fact| fact.number > 0)
        .collect()
}

/// What is said about a process that ended or hung where no rule says it.
fn ended<'a>(group: &crate::group::Group<'a>) -> Option<(&'a Subject, String)> {
    let silent = |subject: &&&'a Subject| subject.findings.is_empty() && class(subject) == Class::Broken;
    let subject = group.subjects.iter().find(silent)?;
    let what = if subject.status == Status::Hung {
        "The process hung"
    } else {
        "The process ended"
    };
    let reason = if subject.reason.is_empty() {
        "no rule says why"
    } else {
        &subject.reason.join("; ")
    };
    Some((subject, format!("{what} on {}: {reason}.", subject.interpreter)))
}

/// What is told of each subject that has findings of a kind.
fn parts<'a>(
    about: &About<'a, '_>,
    (groups, kind): (&[crate::group::Group<'a>], Kind),
    addresses: &Addresses,
    anchors: &mut Anchors,
) -> Vec<Group<'a>> {
    let mut parts = Vec::new();
    for group in groups {
        let entries: Vec<_> = group
            .entries
            .iter()
            .filter(|entry| entry.kind() == kind)
            .collect();
        let ended = if kind == Kind::New { ended(group) } else { None };
        let subject = ended.as_ref().map(|(subject, _)| *subject);
        if let Some(subject) = entries.first().map(|entry| entry.subject).or(subject) {
            let anchor = anchors.give(format!("/s/{}", slug(&subject.id)));
            let mut part = part(about, addresses, (anchor, subject), &entries, kind == Kind::New);
            part.ended = ended.map(|(_, said)| said);
            parts.push(part);
        }
    }
    parts
}

fn part<'a>(
    about: &About<'a, '_>,
    addresses: &Addresses,
    (anchor, subject): (String, &'a Subject),
    entries: &[&Entry<'a>],
    new: bool,
) -> Group<'a> {
    let package = match (&subject.package, &subject.version) {
        (Some(package), Some(version)) => Some(format!("{package} {version}")),
        (Some(package), None) => Some(package.clone()),
        (None, _) => None,
    };
    let kind = subject.type_name.as_ref().map(|name| format!("type {name}"));
    let facts: Vec<String> = kind.into_iter().chain(package).collect();
    let names: Vec<&str> = entries.iter().map(|entry| entry.finding.rule.as_str()).collect();
    Group {
        id: &subject.id,
        anchor,
        about: facts.join(", "),
        ended: None,
        rules: list(&names, 4),
        entries: entries
            .iter()
            .map(|entry| told(about, entry, addresses.of(entry.finding), new))
            .collect(),
        output: if new { &subject.output } else { "" },
    }
}

fn places(subjects: &[&Subject]) -> String {
    let mut interpreters: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for subject in subjects {
        if !interpreters.contains(&subject.interpreter.as_str()) {
            interpreters.push(&subject.interpreter);
        }
        if !ids.contains(&subject.id.as_str()) {
            ids.push(&subject.id);
        }
    }
    format!(
        "{} on {}",
        list(&ids, usize::MAX),
        list(&interpreters, usize::MAX)
    )
}
