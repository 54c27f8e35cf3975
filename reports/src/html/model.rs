//! What the page shows, as plain data for the template.
//!
//! Knows which facts stand where. Must never hold markup but the cells of the matrix.

use std::collections::HashMap;

use bufcheck_model::report::{Finding, Interpreter, Report, Stale, Status, Subject};
use bufcheck_protocol::request::{Request, WellFormed};
use serde::Serialize;

use super::cards::{Card, cards};
use super::cells;
use super::rules::{Contested, Link, Rule, contested, reference, rule, rule_anchor};
use crate::group::{Entry, Kind, by_subject, not_tested, remarks};
use crate::said;
use crate::untried;
use crate::verdict::{Class, Tone, class, distinct, verdict};
use crate::weight::{Rules, harm, rules, shout};
use crate::words::{count, fixes, line, list, requests};

/// The whole page.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    tool: String,
    tone: &'static str,
    verdict: String,
    verdict_rest: Vec<String>,
    worst: Vec<Card<'a>>,
    facts: Vec<Fact>,
    requests: Vec<Column>,
    well_formed: Vec<Column>,
    matrices: Vec<Matrix<'a>>,
    new: Vec<Group<'a>>,
    known: Vec<Group<'a>>,
    new_count: String,
    known_count: String,
    camps: Vec<Contested<'a>>,
    remarks: Vec<Remark<'a>>,
    rules: Vec<Rule<'a>>,
    untested: Vec<Untested>,
    faults: Vec<Fault<'a>>,
    partly: Vec<Fault<'a>>,
    stale: &'a [Stale],
    interpreters: &'a [Interpreter],
    judged: usize,
}

#[derive(Serialize)]
struct Fact {
    number: usize,
    name: &'static str,
    tone: &'static str,
}

#[derive(Serialize)]
struct Column {
    hex: String,
    name: String,
    names: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Matrix<'a> {
    id: &'a str,
    about: String,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    anchor: Option<String>,
    class: &'static str,
    status: &'static str,
    well_formed: String,
    all: String,
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
struct Told<'a> {
    rule: &'a str,
    rule_anchor: Option<String>,
    level: &'static str,
    harm: &'static str,
    title: &'a str,
    standing: &'static str,
    new: bool,
    interpreters: String,
    requests: String,
    all_requests: String,
    case: String,
    wanted: &'a str,
    found: &'a str,
    why: &'a str,
    fixes: Vec<(&'static str, &'a str)>,
    reason: Option<&'a str>,
    link: Option<Link>,
    repro: &'a str,
    consequences: Vec<Folded<'a>>,
}

#[derive(Serialize)]
struct Folded<'a> {
    rule: &'a str,
    rule_anchor: Option<String>,
    level: &'static str,
    standing: &'static str,
    wanted: &'a str,
    found: &'a str,
    requests: String,
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
    let with = |kind: Kind| -> Vec<Group<'_>> {
        let mut parts = Vec::new();
        for (index, group) in groups.iter().enumerate() {
            let entries: Vec<_> = group
                .entries
                .iter()
                .filter(|entry| entry.kind() == kind)
                .collect();
            let ended = if kind == Kind::New { ended(group) } else { None };
            let subject = ended.as_ref().map(|(subject, _)| *subject);
            if let Some(subject) = entries.first().map(|entry| entry.subject).or(subject) {
                let mut part = found((report, &rules), index, subject, &entries, kind == Kind::New);
                part.ended = ended.map(|(_, said)| said);
                parts.push(part);
            }
        }
        parts
    };
    let new = with(Kind::New);
    let known = with(Kind::Known);
    // New findings come last, so that a name leads to them first.
    let anchors: HashMap<&str, &str> = known
        .iter()
        .chain(&new)
        .map(|group| (group.id, group.anchor.as_str()))
        .collect();
    let total = |groups: &[Group<'_>]| count(groups.iter().map(|group| group.entries.len()).sum(), "finding");
    Page {
        worst: cards(&groups, &rules, &anchors),
        tool: format!("{} {}", report.tool.name, report.tool.version),
        tone: said.tone.name(),
        verdict: said.sentence,
        verdict_rest: said.rest,
        facts: facts(report),
        requests: report.requests.iter().map(|&asked| column(asked)).collect(),
        well_formed: report
            .requests
            .iter()
            .filter(|asked| is_well_formed(**asked))
            .map(|&asked| column(asked))
            .collect(),
        matrices: report
            .interpreters
            .iter()
            .map(|interpreter| matrix(report, interpreter, &anchors))
            .collect(),
        new_count: total(&new),
        known_count: total(&known),
        new,
        known,
        camps: contested(report),
        remarks: remarks(&groups)
            .into_iter()
            .map(|((rule, found), ids)| Remark {
                rule,
                rule_anchor: rule_anchor(report, rule),
                found,
                subjects: list(&ids, usize::MAX),
            })
            .collect(),
        rules: report.rules.iter().map(|data| rule(report, data)).collect(),
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

fn is_well_formed(asked: Request) -> bool {
    asked.well_formed() == WellFormed::Yes
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

const fn tone(class: Class) -> &'static str {
    match class {
        Class::Broken => Tone::Bad.name(),
        Class::Dubious | Class::Fault | Class::Incomplete | Class::Barren | Class::Racy => Tone::Warn.name(),
        Class::Conforms => Tone::Good.name(),
        Class::Recorded => "known",
        Class::NotTested => "dim",
    }
}

fn column(asked: Request) -> Column {
    let macros: Vec<&str> = asked.macros();
    let name = asked.to_string();
    Column {
        hex: asked.hex(),
        names: list(
            &macros.iter().filter(|other| **other != name).collect::<Vec<_>>(),
            usize::MAX,
        ),
        name,
        kind: match asked.well_formed() {
            WellFormed::Yes => "well-formed",
            WellFormed::Combined => "combined",
            WellFormed::Malformed => "malformed",
        },
    }
}

fn matrix<'a>(report: &'a Report, interpreter: &'a Interpreter, anchors: &HashMap<&str, &str>) -> Matrix<'a> {
    let rows = report
        .subjects
        .iter()
        .filter(|subject| subject.interpreter == interpreter.id)
        .map(|subject| {
            let class = class(subject);
            Row {
                id: &subject.id,
                anchor: anchors.get(subject.id.as_str()).map(|&anchor| anchor.to_owned()),
                class: tone(class),
                status: match subject.status {
                    Status::Died => "process ended",
                    Status::Hung => "process hung",
                    Status::Conforms
                    | Status::Deviates
                    | Status::NothingGranted
                    | Status::Incomplete
                    | Status::NotTested
                    | Status::HarnessFault => class.name(),
                },
                well_formed: cells::row(report, subject, is_well_formed),
                all: cells::row(report, subject, |_| true),
            }
        })
        .collect();
    Matrix {
        id: &interpreter.id,
        about: format!(
            "Python {} on {} {}",
            interpreter.version, interpreter.system, interpreter.machine
        ),
        rows,
    }
}

fn anchor(index: usize, new: bool) -> String {
    format!("{}-{}", if new { "new" } else { "known" }, index + 1)
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

fn found<'a>(
    (report, rules): (&'a Report, &Rules<'a>),
    index: usize,
    subject: &'a Subject,
    entries: &[&Entry<'a>],
    new: bool,
) -> Group<'a> {
    let package = match (&subject.package, &subject.version) {
        (Some(package), Some(version)) => Some(format!("{package} {version}")),
        (Some(package), None) => Some(package.clone()),
        (None, _) => None,
    };
    let kind = subject.type_name.as_ref().map(|name| format!("type {name}"));
    let about: Vec<String> = kind.into_iter().chain(package).collect();
    Group {
        id: &subject.id,
        anchor: anchor(index, new),
        about: about.join(", "),
        ended: None,
        rules: list(
            &entries
                .iter()
                .map(|entry| entry.finding.rule.as_str())
                .collect::<Vec<_>>(),
            4,
        ),
        entries: entries
            .iter()
            .map(|entry| one((report, rules), entry, new))
            .collect(),
        output: if new { &subject.output } else { "" },
    }
}

fn one<'a>((report, rules): (&'a Report, &Rules<'a>), entry: &Entry<'a>, new: bool) -> Told<'a> {
    let finding: &'a Finding = entry.finding;
    let sentence = said::sentence(&finding.requests, &report.requests);
    let rule = rules.get(finding.rule.as_str()).copied();
    // The fixes of a recorded deviation stand with its rule: they would be most of the page.
    let hints = rule.and_then(|rule| rule.fix.as_ref()).filter(|_| new);
    Told {
        rule: &finding.rule,
        rule_anchor: rule_anchor(report, &finding.rule),
        level: finding.level.name(),
        harm: shout(harm(finding, rules)),
        title: rule.map_or("", |rule| &rule.title),
        standing: finding.standing.name(),
        new,
        interpreters: list(&entry.interpreters, usize::MAX),
        case: finding.case.clone(),
        all_requests: if new && sentence.is_none() && finding.requests.len() > 4 {
            let words: Vec<String> = finding.requests.iter().map(|asked| asked.hex()).collect();
            words.join(" ")
        } else {
            String::new()
        },
        requests: sentence.unwrap_or_else(|| requests(&finding.requests)),
        wanted: &finding.wanted,
        found: &finding.found,
        why: rule.map_or("", |rule| &rule.why),
        fixes: hints.map(fixes).unwrap_or_default(),
        reason: finding.reason.as_deref(),
        link: finding.link.as_deref().map(reference),
        repro: &finding.repro,
        consequences: finding
            .consequences
            .iter()
            .map(|folded| Folded {
                rule: &folded.rule,
                rule_anchor: rule_anchor(report, &folded.rule),
                level: folded.level.name(),
                standing: folded.standing.name(),
                wanted: &folded.wanted,
                found: &folded.found,
                requests: said::requests(&folded.requests, &report.requests),
            })
            .collect(),
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
