//! The worst findings, as plain data for the template.
//!
//! Knows what is said of a finding at the top of the page. Must never hold markup.

use serde::Serialize;

use super::finding::Addresses;
use crate::group::{Group, WORST, worst};
use crate::weight::{Rules, harm, shout, title};
use crate::words::helpful;

/// One of the worst findings.
#[derive(Serialize)]
pub(super) struct Card<'a> {
    anchor: String,
    harm: &'static str,
    level: &'static str,
    title: &'a str,
    subject: &'a str,
    why: &'a str,
    binding: &'static str,
    change: &'a str,
}

/// The worst findings; `addresses` say where each is told.
pub(super) fn cards<'a>(groups: &[Group<'a>], rules: &Rules<'a>, addresses: &Addresses) -> Vec<Card<'a>> {
    worst(groups, rules, WORST)
        .into_iter()
        .map(|entry| {
            let rule = rules.get(entry.finding.rule.as_str());
            let (binding, change) = rule
                .and_then(|rule| rule.fix.as_ref())
                .map_or(("", ""), |hints| helpful(entry.subject, hints));
            Card {
                anchor: addresses.of(entry.finding).1,
                harm: shout(harm(entry.finding, rules)),
                level: entry.finding.level.name(),
                title: title(entry.finding, rules),
                subject: &entry.subject.id,
                why: rule.map_or("", |rule| rule.why.as_str()),
                binding,
                change,
            }
        })
        .collect()
}
