//! The rules and the camps of contested rules, as plain data for the template.
//!
//! Knows what is said about a rule and who breaks it. Must never hold markup.

use std::collections::{BTreeMap, BTreeSet};

use bufcheck_model::case::{RuleData, Source};
use bufcheck_model::report::{Report, Subject};
use serde::Serialize;

use super::anchor::slug;
use crate::group::camps;
use crate::weight::is_new;
use crate::words::{count, family, fixes, list};
use bufcheck_model::link;

/// A name that may lead somewhere.
#[derive(Serialize)]
pub(super) struct Link {
    name: String,
    url: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Contested<'a> {
    rule: &'a str,
    rule_anchor: Option<String>,
    statement: &'a str,
    camps: Vec<CampRow<'a>>,
}

#[derive(Serialize)]
struct CampRow<'a> {
    name: &'a str,
    answer: &'a str,
    size: usize,
    who: String,
    known: String,
}

#[derive(Serialize)]
pub(super) struct Rule<'a> {
    id: &'a str,
    anchor: String,
    level: &'static str,
    title: &'a str,
    harm: &'static str,
    consumers: String,
    statement: &'a str,
    requests: Option<&'a str>,
    why: &'a str,
    sources: Vec<Link>,
    fixes: Vec<(&'static str, &'a str)>,
    seen: Vec<Link>,
    unobserved: Option<&'a str>,
    new: usize,
    known: usize,
}

pub(super) fn reference(text: &str) -> Link {
    Link {
        name: link::short(text),
        url: link::target(text),
    }
}

/// Where a rule is written.
pub(super) fn source(source: &Source) -> Link {
    Link {
        name: link::name(source),
        url: link::source(source),
    }
}

/// The rules that a report names in a finding, a remark or a camp, and knows: only these are told of.
pub(super) struct Named<'a>(BTreeSet<&'a str>);

impl<'a> Named<'a> {
    /// Looks for them.
    pub(super) fn in_report(report: &'a Report) -> Self {
        let findings = || report.subjects.iter().flat_map(|subject| &subject.findings);
        let folded = findings().flat_map(|finding| &finding.consequences);
        let broken = findings().map(|finding| finding.rule.as_str());
        let camps = report.subjects.iter().flat_map(|subject| subject.camps.keys());
        let named: BTreeSet<&str> = broken
            .chain(folded.map(|folded| folded.rule.as_str()))
            .chain(camps.map(String::as_str))
            .collect();
        let known = report.rules.iter().map(|rule| rule.id.as_str());
        Self(known.filter(|id| named.contains(id)).collect())
    }

    /// What is said about them, in the order of the report.
    pub(super) fn of(&self, report: &'a Report) -> impl Iterator<Item = &'a RuleData> {
        report
            .rules
            .iter()
            .filter(|rule| self.0.contains(rule.id.as_str()))
    }

    /// Where a rule is told.
    pub(super) fn anchor(&self, id: &str) -> Option<String> {
        self.0.contains(id).then(|| place(id))
    }
}

/// How many of the other rules there are in each family, in one sentence.
pub(super) fn others(report: &Report, named: &Named<'_>) -> String {
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut held, mut unseen) = (0, 0);
    for rule in report
        .rules
        .iter()
        .filter(|rule| !named.0.contains(rule.id.as_str()))
    {
        if rule.unobserved.is_some() {
            unseen += 1;
        } else {
            held += 1;
            *families.entry(family(&rule.id)).or_default() += 1;
        }
    }
    let mut said = Vec::new();
    if held > 0 {
        let parts: Vec<String> = families
            .iter()
            .map(|(family, number)| format!("{family} {number}"))
            .collect();
        said.push(format!(
            "No subject breaks the {held} others: {}.",
            parts.join(", ")
        ));
    }
    if unseen > 0 {
        said.push(format!(
            "{} cannot be checked from outside.",
            count(unseen, "rule")
        ));
    }
    if !said.is_empty() {
        said.push("`bufcheck explain RULE` says what each wants.".to_owned());
    }
    said.join(" ")
}

/// Where a rule is told.
fn place(id: &str) -> String {
    format!("/r/{}", slug(id))
}

pub(super) fn contested<'a>(report: &'a Report, named: &Named<'_>) -> Vec<Contested<'a>> {
    camps(report)
        .into_iter()
        .map(|(rule, shown)| {
            let data = report.rules.iter().find(|known| known.id == rule);
            let names: BTreeSet<&str> = shown
                .keys()
                .copied()
                .chain(
                    data.into_iter()
                        .flat_map(|data| &data.camps)
                        .map(|camp| camp.name.as_str()),
                )
                .collect();
            let camps = names
                .into_iter()
                .map(|name| {
                    let who = shown.get(name);
                    let told = data.and_then(|data| data.camps.iter().find(|camp| camp.name == name));
                    CampRow {
                        name,
                        answer: told.map_or("", |camp| &camp.answer),
                        size: who.map_or(0, |who| who.values().map(Vec::len).sum()),
                        who: who.map_or_else(String::new, |who| {
                            let who: Vec<String> = who
                                .iter()
                                .map(|(package, ids)| format!("{package} ({})", ids.len()))
                                .collect();
                            who.join(", ")
                        }),
                        known: told.map_or_else(String::new, |camp| camp.who.join(", ")),
                    }
                })
                .collect();
            Contested {
                rule,
                rule_anchor: named.anchor(rule),
                statement: data.map_or("", |data| &data.statement),
                camps,
            }
        })
        .collect()
}

/// A rule; its remedies are left out where they stand with a finding.
pub(super) fn rule<'a>(report: &'a Report, rule: &'a RuleData, remedied: bool) -> Rule<'a> {
    let broken = |new: bool| {
        let breaks = |subject: &&Subject| {
            subject.findings.iter().any(|finding| {
                (finding.rule == rule.id && is_new(finding.standing) == new)
                    || finding
                        .consequences
                        .iter()
                        .any(|folded| folded.rule == rule.id && is_new(folded.standing) == new)
            })
        };
        report.subjects.iter().filter(breaks).count()
    };
    Rule {
        id: &rule.id,
        anchor: place(&rule.id),
        level: rule.level.name(),
        title: &rule.title,
        harm: rule.harm.name(),
        consumers: list(&rule.consumers, usize::MAX),
        statement: &rule.statement,
        requests: rule.requests.as_deref(),
        why: &rule.why,
        sources: rule.source.iter().map(source).collect(),
        fixes: rule
            .fix
            .as_ref()
            .filter(|_| !remedied)
            .map(fixes)
            .unwrap_or_default(),
        seen: rule.seen.iter().map(|seen| reference(seen)).collect(),
        unobserved: rule.unobserved.as_deref(),
        new: broken(true),
        known: broken(false),
    }
}
