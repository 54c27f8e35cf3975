//! From calls to broken rules.
//!
//! Knows how equal findings become one. Must never know a rule by name.

use super::evidence::Evidence;
use super::offence::{Offence, rules};
use super::words::given;
use super::{declared, memory, refusal, release, result};
use crate::hit::Hit;

/// The rules that a consumer broke, each once, in the order in which they showed.
pub fn judge(evidence: &Evidence<'_>, wanted: impl Fn(&str) -> bool) -> Vec<Hit> {
    let mut offences: Vec<Offence<'_>> = Vec::new();
    for seen in evidence.spied() {
        memory::offences(&seen, &mut offences);
        refusal::offences(&seen, &mut offences);
    }
    memory::malformed(evidence, &mut offences);
    release::offences(evidence, &mut offences);
    result::offences(evidence, &mut offences);
    refusal::unequal(evidence, &mut offences);
    declared::offences(evidence, &mut offences);
    let rules = rules(&offences, &evidence.plain_sizes());
    let mut hits: Vec<(Hit, Vec<&str>)> = Vec::new();
    for (offence, rule) in offences.iter().zip(rules).filter(|(_, rule)| wanted(rule)) {
        let spy = offence.seen.spy.id.as_str();
        if let Some((hit, spies)) = hits.iter_mut().find(|(hit, _)| hit.rule == rule) {
            hit.broken.raised |= offence.broken.raised;
            if !spies.contains(&spy) {
                spies.push(spy);
            }
            continue;
        }
        let mut broken = offence.broken.clone();
        broken.found = format!("{}, {}", broken.found, given(&offence.seen));
        let hit = Hit {
            by_chance: false,
            rule: rule.to_owned(),
            requests: offence.seen.requests(),
            broken,
            case: Some(spy.to_owned()),
        };
        hits.push((hit, vec![spy]));
    }
    let told = |(mut hit, spies): (Hit, Vec<&str>)| {
        match spies.len() - 1 {
            0 => {}
            1 => hit.broken.found += " (and with one more spy)",
            more => hit.broken.found += &format!(" (and with {more} more spies)"),
        }
        hit
    };
    hits.into_iter().map(told).collect()
}
