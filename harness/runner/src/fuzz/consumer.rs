//! Plays random calls of a consumer, and makes the shortest sequence of each rule that they break.
//!
//! Knows when calls are believed: they must break the same rule each time, before and after they were shortened. Must
//! never know how calls are drawn, nor what is right.

use bufcheck_model::case::ConsumerCase;
use bufcheck_model::spy::{Call, Consumed, Dress, Ended, History, Spy};
use bufcheck_model::wire::{Job, JobOutcome, Step, StepOutcome};
use bufcheck_rules::Rule;
use bufcheck_rules::consumer::{Evidence, judge, judge_history};
use proptest::strategy::Strategy as _;

use super::calls::{Calls, Tree, calls, given, plain, taking_part, twins};
use super::draw::runner;
use super::game::{BATCH, ENOUGH, Fuzzed, Game};
use crate::consumer::calls as planned;
use crate::plan::Planned;
use crate::supervise::server::Server;

/// Sequences that are played to shorten one, at most.
const MAX_PLAYS: usize = 100;

/// How often the result must break the rule, each time in a fresh worker.
const REPEATS: usize = 3;

/// What is known of a consumer before its calls are drawn.
pub(super) struct Known<'a> {
    case: &'a ConsumerCase,
    spies: &'a [Spy],
    planned: Vec<Call>,
    once: &'a Consumed,
}

impl<'a> Known<'a> {
    /// `once`: what a single call with each spy showed.
    ///
    /// # Errors
    ///
    /// Why no call can add to that.
    pub(super) fn new(case: &'a ConsumerCase, spies: &'a [Spy], once: &'a Consumed) -> Result<Self, &'a str> {
        let endless = |ended: &Ended| matches!(ended, Ended::Died(how) if how.is_endless());
        if let Some(why) = &once.gave_up {
            return Err(why);
        }
        if once.calls.iter().any(|spied| endless(&spied.ended)) {
            return Err("a single call does not come back");
        }
        if !once.asked_anything() {
            return Err("it never asked for a buffer");
        }
        Ok(Self {
            case,
            spies,
            planned: planned(spies),
            once,
        })
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence::new(self.case, self.spies, &self.planned, self.once)
    }
}

/// Plays calls until there were enough; the shortest ones that break rules which no single call breaks.
pub(super) fn play<S: Server>(
    server: &mut S,
    subject: &Planned,
    known: &Known<'_>,
    (place, rules): (&str, &[&'static Rule]),
    game: Game,
    fuzzed: &mut Fuzzed,
) -> (Vec<History>, Vec<String>) {
    let evidence = known.evidence();
    let once = judge(&evidence, |_| true).into_iter().map(|hit| hit.rule);
    let player = Player {
        server,
        subject,
        place,
        spies: taking_part(known.spies),
        dress: known.once.dress,
        evidence,
        once: once.collect(),
        left: rules.iter().map(|rule| rule.id).collect(),
        faults: Vec::new(),
    };
    player.game(game, fuzzed)
}

struct Player<'a, S> {
    server: &'a mut S,
    subject: &'a Planned,
    place: &'a str,
    spies: Vec<Spy>,
    dress: Dress,
    evidence: Evidence<'a>,
    /// Rules that a single call breaks.
    once: Vec<String>,
    /// Rules that were not found broken yet.
    left: Vec<&'static str>,
    faults: Vec<String>,
}

impl<S: Server> Player<'_, S> {
    fn game(mut self, game: Game, fuzzed: &mut Fuzzed) -> (Vec<History>, Vec<String>) {
        let all = (0..self.spies.len()).map(plain);
        if self.played(&[], &all.collect::<Vec<_>>()).is_none() {
            return (Vec::new(), self.faults);
        }
        let (mut random, drawn) = (runner(game.seed), calls());
        let (mut found, mut steps) = (Vec::new(), 0);
        while steps < game.steps && found.len() < ENOUGH && !self.left.is_empty() {
            let next = std::iter::from_fn(|| drawn.new_tree(&mut random).ok());
            let trees: Vec<Tree> = next.take(BATCH).map(|tree| Box::new(tree) as Tree).collect();
            let all: Vec<Calls> = trees.iter().map(|tree| tree.current()).collect();
            let Some(histories) = self.several(&all) else {
                break;
            };
            let made: usize = histories.iter().map(|history| history.played().count()).sum();
            steps += made.max(1);
            fuzzed.histories += histories.len();
            fuzzed.steps += made;
            let mut both = trees.into_iter().zip(&histories);
            let suspect = both.find_map(|(tree, history)| Some((tree, self.broken(history)?)));
            if let Some((tree, rule)) = suspect {
                self.left.retain(|left| *left != rule);
                match self.shorten(tree, rule) {
                    Some(history) => found.push(history),
                    None => fuzzed.once.push(rule),
                }
            }
            if histories.iter().any(is_endless) {
                // Each further one might cost a deadline a call.
                break;
            }
        }
        (found, self.faults)
    }

    /// The rule that a history broke first, if it was not found broken before.
    fn broken(&self, history: &History) -> Option<&'static str> {
        let hit = judge_history(history, (&self.evidence, &self.once), |rule| {
            self.left.contains(&rule)
        })?;
        self.left.iter().copied().find(|rule| *rule == hit.rule)
    }

    fn breaks(&self, history: &History, rule: &str) -> bool {
        judge_history(history, (&self.evidence, &self.once), |known| known == rule).is_some()
    }

    /// The shortest history that breaks the rule; nothing if it does not do so each time.
    fn shorten(&mut self, mut tree: Tree, rule: &'static str) -> Option<History> {
        self.server.refresh();
        let mut best = self.one(&tree.current())?;
        if !self.breaks(&best, rule) {
            return None;
        }
        let mut shortest = tree.current();
        let mut plays = if is_endless(&best) { 0 } else { MAX_PLAYS };
        let mut more = tree.simplify();
        while more && plays > 0 {
            let current = tree.current();
            let same = given(&current, &self.spies).as_slice() == given(&shortest, &self.spies).as_slice();
            let tried = if same { None } else { self.one(&current) };
            plays -= usize::from(!same);
            more = match tried.filter(|history| self.breaks(history, rule)) {
                Some(history) => {
                    (best, shortest) = (history, current);
                    tree.simplify()
                }
                None if same => tree.simplify(),
                None => tree.complicate(),
            };
        }
        let repeats = if is_endless(&best) { 1 } else { REPEATS };
        for _ in 0..repeats {
            self.server.refresh();
            best = self.one(&shortest)?;
            if !self.breaks(&best, rule) {
                return None;
            }
        }
        Some(History {
            id: format!("{}/{rule}", self.place),
            rule: rule.to_owned(),
            ..best
        })
    }

    fn one(&mut self, drawn: &Calls) -> Option<History> {
        self.several(std::slice::from_ref(drawn))?.pop()
    }

    fn several(&mut self, drawn: &[Calls]) -> Option<Vec<History>> {
        let all: Vec<Vec<Call>> = drawn.iter().map(|drawn| given(drawn, &self.spies)).collect();
        self.played(&all, &[])
    }

    /// Plays histories, each in a process of its own, and plain buffers of the same content, and of that of others, in
    /// two more: once the last ones first. Where that makes a difference, results depend on what came before. Nothing if
    /// there is no worker.
    fn played(&mut self, all: &[Vec<Call>], others: &[Call]) -> Option<Vec<History>> {
        let plain = twins(all.iter().flatten().chain(others), &self.spies);
        let reversed: Vec<Call> = plain.iter().rev().copied().collect();
        let used = Used::by(&plain);
        let step = |calls: &Vec<Call>| Step::Consume {
            spies: used.of(&self.spies),
            calls: calls.iter().map(|call| used.placed(*call)).collect(),
            dress: self.dress,
            meets: Vec::new(),
        };
        let job = Job {
            id: 0,
            make: self.subject.make.clone(),
            sibling: None,
            steps: [&plain, &reversed].into_iter().chain(all).map(step).collect(),
            content_budget: 0,
            keep: false,
        };
        let outcome = match self.server.run(&job) {
            Ok(outcome) => outcome,
            Err(lost) => {
                self.faults.push(lost.told());
                return None;
            }
        };
        let mut seen = consumed(outcome);
        if seen.len() != all.len() + 2 {
            self.faults
                .push("its calls could not be made once more".to_owned());
            return None;
        }
        if let Some(why) = seen.iter().find_map(|seen| seen.gave_up.clone()) {
            self.faults.push(why);
            return None;
        }
        let histories = seen.split_off(2);
        let of_reversed = seen.pop()?.calls;
        let of_plain = seen.pop()?.calls;
        let ends = of_plain.iter().zip(of_reversed.iter().rev());
        if ends.clone().any(|(one, other)| one.ended != other.ended) {
            self.evidence = self.evidence.clone().unsteady();
        }
        let histories = all.iter().zip(histories);
        Some(
            histories
                .map(|(calls, seen)| self.history((&plain, &of_plain), (calls, seen)))
                .collect(),
        )
    }

    /// One history with the plain buffers that belong to it.
    fn history(
        &self,
        (plain, of_plain): (&[Call], &[bufcheck_model::spy::Spied]),
        (calls, seen): (&[Call], Consumed),
    ) -> History {
        let own = twins(calls.iter(), &self.spies);
        let both = plain.iter().zip(of_plain).filter(|(call, _)| own.contains(call));
        let (plain, of_plain): (Vec<Call>, Vec<_>) = both.map(|(call, seen)| (*call, seen.clone())).unzip();
        let used = Used::by(calls);
        History {
            id: String::new(),
            rule: String::new(),
            calls: plain
                .into_iter()
                .chain(calls.iter().copied())
                .map(|call| used.placed(call))
                .collect(),
            seen: Consumed {
                calls: of_plain.into_iter().chain(seen.calls).collect(),
                dress: self.dress,
                ..Consumed::default()
            },
            spies: used.of(&self.spies),
        }
    }
}

/// The spies of some calls, as positions among all.
struct Used(Vec<usize>);

impl Used {
    fn by(calls: &[Call]) -> Self {
        let mut used: Vec<usize> = calls.iter().map(|call| call.spy).collect();
        used.sort_unstable();
        used.dedup();
        Self(used)
    }

    fn of(&self, all: &[Spy]) -> Vec<Spy> {
        self.0.iter().filter_map(|spy| all.get(*spy).cloned()).collect()
    }

    /// The call, with a position among these alone.
    fn placed(&self, call: Call) -> Call {
        let spy = self.0.binary_search(&call.spy).unwrap_or_default();
        Call { spy, ..call }
    }
}

/// What each step saw.
fn consumed(outcome: JobOutcome) -> Vec<Consumed> {
    let JobOutcome::Done { steps, .. } = outcome else {
        return Vec::new();
    };
    let seen = steps.into_iter().filter_map(|step| match step {
        StepOutcome::Consume(consumed) => Some(*consumed),
        StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Interpret(_) => None,
    });
    seen.collect()
}

/// A call did not come back.
fn is_endless(history: &History) -> bool {
    let endless = |ended: &Ended| matches!(ended, Ended::Died(how) if how.is_endless());
    history.seen.calls.iter().any(|spied| endless(&spied.ended))
}
