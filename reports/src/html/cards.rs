//! The worst findings, as plain data for the template.
//!
//! Knows what is said of a finding at the top of the page. Must never hold markup.

use std::collections::HashMap;

use serde::Serialize;

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

/// The worst findings; `anchors` lead to what is told of a subject.
pub(super) fn cards<'a>(
    groups: &[Group<'a>],
    rules: &Rules<'a>,
    anchors: &HashMap<&str, &str>,
) -> Vec<Card<'a>> {
    worst(groups, rules, WORST)
        .into_iter()
        .map(|entry| {
            let rule = rules.get(entry.finding.rule.as_str());
            let (binding, change) = rule
                .and_then(|rule| rule.fix.as_ref())
                .map_or(("", ""), |hints| helpful(entry.subject, hints));
            Card {
                anchor: (*anchors.get(entry.subject.id.as_str()).unwrap_or(&"new")).to_owned(),
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
