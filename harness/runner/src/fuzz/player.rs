//! Plays histories of one subject, whatever they do to the worker.
//!
//! Knows which rules count and which were found broken. Must never draw or shorten a history.

use bufcheck_model::scenario::{Act, Bindings, Played, ScenarioCase, Script, Seen};
use bufcheck_rules::Rule;
use bufcheck_rules::histories::{Arena, history};
use bufcheck_rules::overtime::{self, Background};

use super::draw::History;
use crate::exporter::play::{Unplayed, play};
use crate::exporter::requests::unsure;
use crate::plan::Planned;
use crate::supervise::server::{Ending, Lost, Server};

/// Plays histories of one subject and judges them.
pub(super) struct Player<'a, S> {
    pub(super) server: &'a mut S,
    pub(super) subject: &'a Planned,
    /// How the ids of what is found begin.
    pub(super) place: String,
    /// What is known of it beside its traces.
    background: Background,
    /// The rules that take part.
    pub(super) rules: Vec<&'static str>,
    /// Those that were found broken already.
    pub(super) found: Vec<&'static str>,
    pub(super) faults: Vec<String>,
    /// Mutators that cannot be used, with the reason.
    pub(super) unusable: Vec<String>,
}

impl<'a, S: Server> Player<'a, S> {
    pub(super) fn new(
        server: &'a mut S,
        subject: &'a Planned,
        place: String,
        background: Background,
        rules: &[&'static Rule],
    ) -> Self {
        Self {
            server,
            subject,
            place,
            background,
            rules: rules.iter().map(|rule| rule.id).collect(),
            found: Vec::new(),
            faults: Vec::new(),
            unusable: Vec::new(),
        }
    }

    /// Notes, once, why a history could not be played.
    pub(super) fn impossible(&mut self, why: &str) {
        let told = format!("a history could not be played: {why}");
        if !self.faults.contains(&told) {
            self.faults.push(told);
        }
    }

    /// Whether every object that is made is a new one, which may be changed.
    pub(super) fn changeable(&mut self) -> bool {
        let script = Script {
            scenario: "changeable".to_owned(),
            bindings: Bindings::default(),
            acts: vec![
                Act::Make { object: "x".into() },
                Act::Mutate {
                    name: "nothing".into(),
                    code: Some("pass".into()),
                    object: "x".into(),
                },
            ],
        };
        match play(self.server, self.subject, &[script]) {
            Ok(played) => {
                let seen = played.first().and_then(|played| played.trace.seen.last());
                matches!(seen, Some(Seen::Ran { .. }))
            }
            Err(unplayed) => {
                self.fault(&unplayed);
                false
            }
        }
    }

    /// Plays several histories; one by one if they end the worker together. `None` if there is no worker.
    pub(super) fn batch(&mut self, cases: &[ScenarioCase]) -> Option<Vec<Played>> {
        let scripts: Vec<Script> = cases.iter().map(Script::closed).collect();
        match play(self.server, self.subject, &scripts) {
            Ok(played) => Some(played),
            Err(Unplayed::Lost(Lost::Ended(ending))) => self.apart(cases, &ending),
            Err(unplayed) => {
                self.fault(&unplayed);
                None
            }
        }
    }

    /// Plays each history that did not end the worker, if it is known which one did; else each.
    fn apart(&mut self, cases: &[ScenarioCase], first: &Ending) -> Option<Vec<Played>> {
        let fatal = first.step.filter(|step| *step < cases.len());
        let mut all = Vec::with_capacity(cases.len());
        for (number, case) in cases.iter().enumerate() {
            all.push(match fatal {
                Some(fatal) if fatal == number => ended(case, first),
                // One deadline is enough: what stands behind it is drawn another time.
                Some(fatal) if fatal < number && first.how.is_endless() => break,
                _ => self.play(case)?,
            });
        }
        if all.iter().all(|played| played.ended.is_none()) {
            let told = unsure(first, 2, None);
            self.faults
                .push(format!("{told}, when several histories were played"));
        }
        Some(all)
    }

    /// Plays one history; `None` if there is no worker.
    pub(super) fn play(&mut self, case: &ScenarioCase) -> Option<Played> {
        match play(self.server, self.subject, &[Script::closed(case)]) {
            Ok(mut played) => played.pop(),
            Err(Unplayed::Lost(Lost::Ended(ending))) => Some(ended(case, &ending)),
            Err(unplayed) => {
                self.fault(&unplayed);
                None
            }
        }
    }

    /// Plays one history in a fresh worker.
    pub(super) fn play_afresh(&mut self, case: &ScenarioCase) -> Option<Played> {
        self.server.refresh();
        self.play(case)
    }

    fn fault(&mut self, unplayed: &Unplayed) {
        self.faults.push(unplayed.told());
    }

    /// A history as a scenario that is named after what it breaks.
    pub(super) fn scene(&self, arena: &Arena, (steps, last): &History, rule: &str) -> ScenarioCase {
        let id = format!("{}/{rule}", self.place);
        let about = format!("A history that breaks {rule}, drawn at random and shortened.");
        history(arena, steps, *last, &id, &about)
    }

    /// The rule that the history broke first: what comes later may follow from it. A death counts above all.
    pub(super) fn first_broken(&self, case: &ScenarioCase, played: &Played) -> Option<&'static str> {
        let (cases, traces) = (std::slice::from_ref(case), std::slice::from_ref(played));
        let hits = overtime::judge(cases, traces, &self.background, |rule| self.rules.contains(&rule));
        let first = hits.first()?;
        self.rules.iter().copied().find(|rule| *rule == first.rule)
    }

    /// Whether this is the rule that the history broke first.
    pub(super) fn breaks(&self, case: &ScenarioCase, played: &Played, rule: &str) -> bool {
        self.first_broken(case, played) == Some(rule)
    }
}

fn ended(case: &ScenarioCase, ending: &Ending) -> Played {
    Played {
        scenario: case.id.clone(),
        ended: Some((ending.how, ending.during)),
        crash: ending.crash(),
        ..Played::default()
    }
}
