//! The rules and the camps of contested rules, as plain data for the template.
//!
//! Knows what is said about a rule and who breaks it. Must never hold markup.

use std::collections::BTreeSet;

use bufcheck_model::case::RuleData;
use bufcheck_model::report::{Report, Subject};
use serde::Serialize;

use crate::group::camps;
use crate::weight::is_new;
use crate::words::{fixes, list};
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

pub(super) fn rule_anchor(report: &Report, id: &str) -> Option<String> {
    report.rules.iter().any(|rule| rule.id == id).then(|| slug(id))
}

/// `rule-` and the id, as far as it is fit for an address.
fn slug(id: &str) -> String {
    let fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    format!(
        "rule-{}",
        id.chars()
            .map(|letter| if fit(letter) { letter } else { '_' })
            .collect::<String>()
    )
}

pub(super) fn contested(report: &Report) -> Vec<Contested<'_>> {
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
                rule_anchor: rule_anchor(report, rule),
                statement: data.map_or("", |data| &data.statement),
                camps,
            }
        })
        .collect()
}

pub(super) fn rule<'a>(report: &'a Report, rule: &'a RuleData) -> Rule<'a> {
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
        anchor: slug(&rule.id),
        level: rule.level.name(),
        title: &rule.title,
        harm: rule.harm.name(),
        consumers: list(&rule.consumers, usize::MAX),
        statement: &rule.statement,
        requests: rule.requests.as_deref(),
        why: &rule.why,
        sources: rule
            .source
            .iter()
            .map(|source| Link {
                name: link::name(source),
                url: link::source(source),
            })
            .collect(),
        fixes: rule.fix.as_ref().map(fixes).unwrap_or_default(),
        seen: rule.seen.iter().map(|seen| reference(seen)).collect(),
        unobserved: rule.unobserved.as_deref(),
        new: broken(true),
        known: broken(false),
    }
}
