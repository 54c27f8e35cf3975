//! Runs every check over the evidence and gathers what was broken.
//!
//! Knows how the kinds of [`Check`] are driven and how equal violations become one. Must never know a
//! single rule by name, nor its level.

use std::collections::BTreeMap;

use super::relation;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Evidence;
use crate::hit::Hit;
use bufcheck_model::case::RelationCase;
use bufcheck_protocol::request::Request;

/// Checks every rule of `rules` and every relation; hits come in the order of the rules.
pub fn judge<'r>(
    evidence: &Evidence<'_>,
    rules: impl IntoIterator<Item = &'r Rule>,
    relations: &[RelationCase],
) -> Vec<Hit> {
    let grants: Vec<_> = evidence.grants().collect();
    let denials: Vec<_> = evidence.denials().collect();
    let mut hits = Vec::new();
    for rule in rules {
        let mut found = Gathered::default();
        match rule.check {
            Check::Granted(check) => {
                for grant in &grants {
                    found.add(check(grant), grant.request);
                }
            }
            Check::Refused(check) => {
                for denial in &denials {
                    found.add(check(denial), denial.request);
                }
            }
            Check::Whole(check) => {
                for (requests, broken) in check(evidence) {
                    found.extend(broken, requests);
                }
            }
            Check::Relation => {
                for case in relations.iter().filter(|case| case.rule == rule.id) {
                    let mut gathered = Gathered::default();
                    for (request, broken) in relation::violations(evidence, case) {
                        gathered.add(Some(broken), request);
                    }
                    gathered.into_hits(rule.id, Some(&case.id), &mut hits);
                }
            }
            // Scenarios are judged over their traces, consumers and interpreters by what they did.
            Check::Camp(_) | Check::Scenario | Check::Consumer | Check::Interpreter => {}
        }
        found.into_hits(rule.id, None, &mut hits);
    }
    hits
}

/// The camp shown in each contested rule.
pub fn camps<'r>(
    evidence: &Evidence<'_>,
    rules: impl IntoIterator<Item = &'r Rule>,
) -> BTreeMap<String, String> {
    rules
        .into_iter()
        .filter_map(|rule| match rule.check {
            Check::Camp(check) => check(evidence).map(|camp| (rule.id.to_owned(), camp.to_owned())),
            Check::Granted(_)
            | Check::Refused(_)
            | Check::Whole(_)
            | Check::Relation
            | Check::Scenario
            | Check::Consumer
            | Check::Interpreter => None,
        })
        .collect()
}

/// Violations of one rule, equal ones together, in order of first appearance.
#[derive(Default)]
struct Gathered(Vec<(Broken, Vec<Request>)>);

impl Gathered {
    fn add(&mut self, broken: Option<Broken>, request: Request) {
        if let Some(broken) = broken {
            self.extend(broken, [request]);
        }
    }

    fn extend(&mut self, broken: Broken, requests: impl IntoIterator<Item = Request>) {
        let place = self
            .0
            .iter()
            .position(|(seen, _)| *seen == broken)
            .unwrap_or_else(|| {
                self.0.push((broken, Vec::new()));
                self.0.len() - 1
            });
        let known = &mut self.0[place].1;
        for request in requests {
            if !known.contains(&request) {
                known.push(request);
            }
        }
    }

    fn into_hits(self, rule: &str, case: Option<&str>, hits: &mut Vec<Hit>) {
        hits.extend(self.0.into_iter().map(|(broken, requests)| Hit {
            by_chance: false,
            rule: rule.to_owned(),
            requests,
            broken,
            case: case.map(str::to_owned),
        }));
    }
}
