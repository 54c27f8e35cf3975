//! Plays histories of one subject, whatever they do to the worker.
//!
//! Knows which rules count and which were found broken. Must never draw or shorten a history.

use bufcheck_model::scenario::{Act, Bindings, Played, ScenarioCase, Script, Seen};
use bufcheck_rules::histories::{Arena, history};
use bufcheck_rules::overtime;

use super::draw::History;
use crate::blame::{Failure, Server, told};
use crate::exporter::perform::play;
use crate::plan::Planned;
use crate::supervise::worker::Lost;

/// Plays histories of one subject and judges them.
pub(super) struct Player<'a, S> {
    pub(super) server: &'a mut S,
    pub(super) subject: &'a Planned,
    /// How the ids of what is found begin.
    pub(super) place: String,
    /// The rules that take part.
    pub(super) rules: Vec<&'static str>,
    /// Those that were found broken already.
    pub(super) found: Vec<&'static str>,
    pub(super) faults: Vec<String>,
    /// Mutators that cannot be used, with the reason.
    pub(super) unusable: Vec<String>,
    /// Something was lost that the faults tell of.
    pub(super) lost: bool,
}

impl<S: Server> Player<'_, S> {
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
        let played = play(self.server, self.subject, &[script]).unwrap_or_default();
        let seen = played.first().and_then(|played| played.trace.seen.last());
        matches!(seen, Some(Seen::Ran { .. }))
    }

    /// Plays several histories; one by one if they end the worker together. `None` if there is no worker.
    pub(super) fn batch(&mut self, cases: &[ScenarioCase]) -> Option<Vec<Played>> {
        let scripts: Vec<Script> = cases.iter().map(Script::closed).collect();
        match play(self.server, self.subject, &scripts) {
            Ok(played) => Some(played),
            Err(Failure::Lost(Lost::Ended(how, _))) => {
                let played: Option<Vec<Played>> = cases.iter().map(|case| self.play(case)).collect();
                let played = played?;
                if played.iter().all(|played| played.ended.is_none()) {
                    self.faults.push(format!(
                        "the worker {} while it played several histories, but in none of them alone",
                        told(how)
                    ));
                    self.lost = true;
                }
                Some(played)
            }
            Err(failure) => {
                self.fault(failure);
                None
            }
        }
    }

    /// Plays one history; `None` if there is no worker.
    pub(super) fn play(&mut self, case: &ScenarioCase) -> Option<Played> {
        match play(self.server, self.subject, &[Script::closed(case)]) {
            Ok(mut played) => played.pop(),
            Err(Failure::Lost(Lost::Ended(how, during))) => Some(Played {
                scenario: case.id.clone(),
                ended: Some((how, during)),
                ..Played::default()
            }),
            Err(failure) => {
                self.fault(failure);
                None
            }
        }
    }

    /// Plays one history in a fresh worker.
    pub(super) fn play_afresh(&mut self, case: &ScenarioCase) -> Option<Played> {
        self.server.refresh();
        self.play(case)
    }

    pub(super) fn fault(&mut self, failure: Failure) {
        self.lost = true;
        self.faults.push(match failure {
            Failure::NoWorker(problem) => problem,
            Failure::Lost(Lost::Garbled(problem)) => {
                format!("the worker's reply could not be read: {problem}")
            }
            Failure::Lost(Lost::Ended(how, _)) => format!("the worker {}", told(how)),
        });
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
        let hits = overtime::judge(cases, traces, |rule| self.rules.contains(&rule));
        let first = hits.first()?;
        self.rules.iter().copied().find(|rule| *rule == first.rule)
    }

    /// Whether this is the rule that the history broke first.
    pub(super) fn breaks(&self, case: &ScenarioCase, played: &Played, rule: &str) -> bool {
        self.first_broken(case, played) == Some(rule)
    }
}
