//! A finding, as plain data for the template.
//!
//! Knows what is told of one, and where else its rule shows. Must never hold markup.

use std::collections::HashMap;

use bufcheck_model::example::Compared;
use bufcheck_model::link;
use bufcheck_model::observation::Crash;
use bufcheck_model::report::{Finding, Report, Step};
use serde::Serialize;

use super::anchor::{Anchors, slug};
use super::drawing::{Placed, placed};
use super::rules::{Link, Named, reference};
use crate::group::{Entry, Group, Kind};
use crate::printed;
use crate::weight::{Rules, harm, shout, weight};
use crate::words::{fixes, helpful, list};
use bufcheck_protocol::said;

/// How many other places of a rule are named.
const ELSEWHERE: usize = 6;

/// How many new findings are told with everything: more would make a page that nobody reads, and no browser likes.
const WHOLE: usize = 60;

/// For how many rules code is shown, the gravest first; of the others `bufcheck explain` shows it.
const CODE: usize = 5;

/// Everything that a finding is told with.
pub(super) struct About<'a, 'r> {
    pub(super) report: &'a Report,
    pub(super) rules: &'r Rules<'a>,
    pub(super) named: &'r Named<'a>,
    /// Where each finding is told.
    pub(super) addresses: &'r Addresses,
    /// For each rule, the subjects that break it and where that is told.
    pub(super) places: &'r Places<'a>,
}

/// For each rule, who breaks it: names and addresses.
pub(super) type Places<'a> = HashMap<&'a str, Vec<(&'a str, String)>>;

/// Where each finding is told: a number and an address.
pub(super) struct Addresses {
    of: HashMap<*const Finding, (usize, String)>,
    /// Rules of the findings that are told with everything, the number of each rule, and the address of its first finding:
    /// that one may show code.
    whole: HashMap<String, (usize, String)>,
}

impl Addresses {
    /// Gives every finding an address and a number: those that are new before all others, the gravest first.
    pub(super) fn of_all<'a>(groups: &[Group<'a>], rules: &Rules<'a>, anchors: &mut Anchors) -> Self {
        let entries = |kind| {
            let all = groups.iter().flat_map(|group| &group.entries);
            all.filter(move |entry| entry.kind() == kind)
        };
        let mut new: Vec<&Entry<'_>> = entries(Kind::New).collect();
        new.sort_by_key(|entry| std::cmp::Reverse(weight(entry.finding, rules)));
        let known = new.len().min(WHOLE);
        let of: Vec<(&Finding, (usize, String))> = new
            .into_iter()
            .chain(entries(Kind::Known))
            .enumerate()
            .map(|(number, entry)| {
                let (subject, rule) = (slug(&entry.subject.id), slug(&entry.finding.rule));
                let address = anchors.give(format!("/f/{subject}/{rule}"));
                (entry.finding, (number, address))
            })
            .collect();
        let mut whole = HashMap::new();
        for (finding, (_, address)) in of.iter().take(known) {
            let next = whole.len();
            whole
                .entry(finding.rule.clone())
                .or_insert_with(|| (next, address.clone()));
        }
        Self {
            of: of
                .into_iter()
                .map(|(finding, place)| (std::ptr::from_ref(finding), place))
                .collect(),
            whole,
        }
    }

    /// Whether a finding of the rule is told with everything.
    pub(super) fn tells_whole(&self, rule: &str) -> bool {
        self.whole.contains_key(rule)
    }

    /// Where code is shown for a rule.
    pub(super) fn code(&self, rule: &str) -> Option<&str> {
        let (number, address) = self.whole.get(rule)?;
        (*number < CODE).then_some(address)
    }

    /// Where a finding is told.
    pub(super) fn of(&self, finding: &Finding) -> (usize, String) {
        self.of
            .get(&std::ptr::from_ref(finding))
            .cloned()
            .unwrap_or_default()
    }

    /// For each rule, who breaks it.
    pub(super) fn places<'a>(&self, groups: &[Group<'a>]) -> Places<'a> {
        let mut places: Places<'a> = HashMap::new();
        for entry in groups.iter().flat_map(|group| &group.entries) {
            if let Some((_, anchor)) = self.of.get(&std::ptr::from_ref(entry.finding)) {
                let known = places.entry(&entry.finding.rule).or_default();
                known.push((&entry.subject.id, anchor.clone()));
            }
        }
        places
    }
}

#[derive(Serialize)]
pub(super) struct Told<'a> {
    anchor: String,
    number: usize,
    rule: &'a str,
    rule_anchor: Option<String>,
    level: &'static str,
    harm: &'static str,
    title: &'a str,
    standing: &'static str,
    new: bool,
    interpreters: String,
    requests: &'a str,
    all_requests: String,
    case: &'a str,
    /// What it could be told with stands in the JSON report only.
    shortened: bool,
    wanted: &'a str,
    found: &'a str,
    /// What the process noted of its crash.
    crash: String,
    printed: String,
    /// The same with other numbers elsewhere.
    others: Vec<Other<'a>>,
    steps: &'a [Step],
    why: &'a str,
    statement: &'a str,
    sources: Vec<Link>,
    tabs: Vec<Tab<'a>>,
    /// Where the code of the remedies stands, if not here: an address; nothing if only `explain` shows it.
    code_at: Option<String>,
    code_here: bool,
    asked: String,
    fields: &'a [Compared],
    drawing: Option<Placed<'a>>,
    script: &'a str,
    lines: usize,
    confirmed: String,
    why_not: &'a str,
    elsewhere: Vec<(&'a str, String)>,
    more_elsewhere: usize,
    seen: Vec<Link>,
    tell: String,
    reason: Option<&'a str>,
    link: Option<Link>,
    repro: &'a str,
    consequences: Vec<Folded<'a>>,
}

/// A finding on another interpreter.
#[derive(Serialize)]
struct Other<'a> {
    interpreter: &'a str,
    wanted: &'a str,
    found: &'a str,
    requests: usize,
}

impl<'a> Other<'a> {
    fn of((interpreter, finding): (&'a str, &'a Finding)) -> Self {
        Self {
            interpreter,
            wanted: &finding.wanted,
            found: &finding.found,
            requests: finding.requests.len(),
        }
    }
}

/// A remedy, and the bindings whose it is.
#[derive(Serialize)]
struct Tab<'a> {
    bindings: String,
    own: bool,
    said: &'a str,
    /// Lines that keep the rule.
    code: String,
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

/// What is told of a finding. Of what is recorded it is little: it would be most of the page.
pub(super) fn told<'a>(
    about: &About<'a, '_>,
    entry: &Entry<'a>,
    (number, anchor): (usize, String),
    new: bool,
) -> Told<'a> {
    let report = about.report;
    let finding: &'a Finding = entry.finding;
    let by_name = finding.requests_said == said::named(&finding.requests);
    let rule = about.rules.get(finding.rule.as_str()).copied();
    let whole = new && number < WHOLE;
    let told = rule.filter(|_| whole);
    let proof = finding.proof.as_ref().filter(|_| whole);
    let example = finding.example.as_ref().filter(|_| whole);
    let script = proof.map_or("", |proof| proof.script.as_str());
    let elsewhere = elsewhere(about, entry);
    let code_at = told
        .filter(|rule| !rule.code.is_empty())
        .map(|rule| about.addresses.code(&rule.id).unwrap_or_default().to_owned());
    let code_here = code_at.as_ref() == Some(&anchor);
    Told {
        number,
        rule: &finding.rule,
        rule_anchor: about.named.anchor(&finding.rule),
        level: finding.level.name(),
        harm: shout(harm(finding, about.rules)),
        title: rule.map_or("", |rule| &rule.title),
        standing: finding.standing.name(),
        new,
        interpreters: list(&entry.interpreters, usize::MAX),
        case: &finding.case,
        all_requests: if new && by_name && finding.requests.len() > 4 {
            let words: Vec<String> = finding.requests.iter().map(|asked| asked.hex()).collect();
            words.join(" ")
        } else {
            String::new()
        },
        requests: &finding.requests_said,
        wanted: &finding.wanted,
        found: &finding.found,
        shortened: new && !whole,
        crash: finding
            .death
            .as_ref()
            .filter(|_| new)
            .map_or_else(String::new, Crash::told),
        others: entry.others.iter().map(|other| Other::of(*other)).collect(),
        steps: if whole { &finding.steps } else { &[] },
        printed: if new {
            printed::last(entry.subject, finding).join("\n")
        } else {
            String::new()
        },
        why: told.map_or("", |rule| &rule.why),
        statement: told.map_or("", |rule| &rule.statement),
        sources: told.map_or_else(Vec::new, |rule| {
            rule.source.iter().map(super::rules::source).collect()
        }),
        tabs: told.map_or_else(Vec::new, |_| tabs(about, entry, code_here)),
        code_at,
        code_here,
        asked: example
            .and_then(|example| example.request)
            .map(said::request)
            .unwrap_or_default(),
        fields: example.map_or(&[][..], |example| &example.fields),
        drawing: example
            .and_then(|example| example.memory.as_ref())
            .and_then(placed),
        lines: script.lines().count(),
        script,
        confirmed: proof.map_or_else(String::new, |proof| list(&proof.confirmed_on, 4)),
        why_not: proof.map_or("", |proof| &proof.why_not),
        more_elsewhere: if whole {
            elsewhere.len().saturating_sub(ELSEWHERE)
        } else {
            0
        },
        elsewhere: elsewhere
            .into_iter()
            .take(if whole { ELSEWHERE } else { 0 })
            .collect(),
        seen: told.map_or_else(Vec::new, |rule| {
            rule.seen.iter().map(|seen| reference(seen)).collect()
        }),
        tell: if whole { tell(report, entry) } else { String::new() },
        reason: finding.reason.as_deref(),
        link: finding.link.as_deref().map(reference),
        repro: &finding.repro,
        consequences: folded(about, finding),
        anchor,
    }
}

fn folded<'a>(about: &About<'a, '_>, finding: &'a Finding) -> Vec<Folded<'a>> {
    finding
        .consequences
        .iter()
        .map(|folded| Folded {
            rule: &folded.rule,
            rule_anchor: about.named.anchor(&folded.rule),
            level: folded.level.name(),
            standing: folded.standing.name(),
            wanted: &folded.wanted,
            found: &folded.found,
            requests: said::requests(&folded.requests, &about.report.requests),
        })
        .collect()
}

/// The other subjects that break the rule, each once.
fn elsewhere<'a>(about: &About<'a, '_>, entry: &Entry<'a>) -> Vec<(&'a str, String)> {
    let all = about.places.get(entry.finding.rule.as_str());
    let mut others: Vec<(&str, String)> = Vec::new();
    for (id, anchor) in all.into_iter().flatten() {
        if *id != entry.subject.id && !others.iter().any(|(known, _)| known == id) {
            others.push((id, anchor.clone()));
        }
    }
    others
}

/// The remedies, each once; the one for the binding of the subject is shown first.
fn tabs<'a>(about: &About<'a, '_>, entry: &Entry<'a>, with_code: bool) -> Vec<Tab<'a>> {
    let rule = about.rules.get(entry.finding.rule.as_str());
    let Some(hints) = rule.and_then(|rule| rule.fix.as_ref()) else {
        return Vec::new();
    };
    let (own, _) = helpful(entry.subject, hints);
    let code = |binding: &str| {
        let mut all = rule.iter().flat_map(|rule| &rule.code);
        all.find(|code| with_code && code.binding == binding)
    };
    let mut tabs: Vec<Tab<'_>> = Vec::new();
    for (binding, said) in fixes(hints) {
        let shown = code(binding);
        let lines = shown.map_or_else(String::new, |code| code.lines.join("\n"));
        if let Some(tab) = tabs.iter_mut().find(|tab| tab.said == said && tab.code == lines) {
            tab.bindings.push_str(", ");
            tab.bindings.push_str(binding);
            tab.own |= binding == own;
        } else {
            tabs.push(Tab {
                bindings: binding.to_owned(),
                own: binding == own,
                said,
                code: lines,
            });
        }
    }
    tabs
}

/// Where to say that a finding is wrong, with what has to be said already written down.
fn tell(report: &Report, entry: &Entry<'_>) -> String {
    let finding = entry.finding;
    let cut = |text: &str| crate::words::cut(&crate::words::line(text), 300);
    let title = format!("Is {} right here?", finding.rule);
    let body = format!(
        "bufcheck {} on {}\n- wanted: {}\n- found: {}\n\nRight is, and written it is in:\n",
        report.tool.version,
        list(&entry.interpreters, 4),
        cut(&finding.wanted),
        cut(&finding.found),
    );
    link::with_query(
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues/new"),
        &[("title", &title), ("body", &body)],
    )
}
