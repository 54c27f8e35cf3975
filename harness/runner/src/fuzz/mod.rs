//! Plays random histories of a subject, and makes the shortest scenario of each that breaks a rule.
//!
//! Knows when a history is believed: it must break the same rule again in a fresh worker, before and after it was
//! shortened. Must never know how steps are drawn, nor what must hold after one: that is for [`draw`] and
//! [`bufcheck_rules::histories`].

mod draw;
mod player;
mod shorten;

use bufcheck_model::report::{Status, Subject};
use bufcheck_model::scenario::{Act, Played, ScenarioCase, Script, Seen};
use bufcheck_model::wire::{Hello, JobOutcome, StepOutcome};
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::histories::{Arena, RULES};
use bufcheck_rules::overtime::SURVIVES;

use crate::bench::Bench;
use crate::blame::Server;
use crate::event::Event;
use crate::exporter::perform::{dies_unasked, unusable};
use crate::plan::{Plan, Planned};
use crate::record::{InterpreterRecord, SubjectRecord};
use crate::supervise::pool::{Ran, Settings, Slot, drive};
use crate::verdict::judge_subject;
use draw::{Draw, History};
use player::Player;
use shorten::shorten;

/// Histories that one job plays: a worker's round trip costs more than a short history.
const BATCH: usize = 8;

/// Rules that are found broken before a subject is left alone.
const ENOUGH: usize = 8;

/// Rules that are broken by what a mutator does, not by what it meets.
const OF_MUTATORS: [&str; 4] = [
    "export.lock-before-mutation",
    "export.locks-resize",
    "memory.valid-until-release",
    SURVIVES,
];

/// How long and from where.
#[derive(Debug, Clone, Copy)]
pub struct Game {
    /// Where the random numbers start.
    pub seed: u64,
    /// Steps that are drawn for each subject.
    pub steps: usize,
}

/// What came of the histories of one subject.
#[derive(Debug, Clone, Default)]
pub struct Fuzzed {
    /// What breaks a rule, each rule once.
    pub found: Vec<Found>,
    /// Histories that were played to their end, or to that of the process, before any was shortened.
    pub histories: usize,
    /// Steps of them.
    pub steps: usize,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The rule.
    pub rule: &'static str,
    /// The shortest scenario that breaks it.
    pub case: ScenarioCase,
}

/// Leaves of a plan what histories can speak about: their rules, and no scenario.
pub fn narrow(plan: &mut Plan) {
    plan.scenarios.clear();
    plan.rules
        .retain(|rule| rule.id == SURVIVES || RULES.contains(&rule.id));
    plan.whole = false;
}

/// Plays histories of every subject of a [`narrow`] plan. The verdicts are those on the scenarios that were found,
/// and on what the answers to single requests say about the same rules.
pub fn fuzz(
    plan: &Plan,
    game: Game,
    settings: &Settings,
    tell: &mut dyn FnMut(Event<'_>),
) -> (Ran, Vec<Fuzzed>) {
    let work = |slot: &mut Slot, subject: &Planned, interpreter: &InterpreterRecord| {
        one(slot, subject, plan, game, interpreter)
    };
    drive(plan, settings, &work, tell)
}

fn one(
    slot: &mut Slot,
    subject: &Planned,
    plan: &Plan,
    game: Game,
    interpreter: &InterpreterRecord,
) -> (SubjectRecord, Subject, Fuzzed) {
    let hello = &interpreter.hello;
    let mut record = slot.record(subject, plan, hello, &interpreter.id);
    let mut fuzzed = Fuzzed::default();
    let mut catalogue = plan.catalogue.clone();
    let mut status = None;
    if let Some(arena) = arena(&record, plan, hello) {
        let stage = slot.stage();
        let mut player = Player {
            server: &mut *stage,
            subject,
            place: format!(
                "scenarios/fuzz/{}/{}/{}",
                subject.case.id, interpreter.id, game.seed
            ),
            rules: plan.rules.iter().map(|rule| rule.id).collect(),
            found: Vec::new(),
            faults: Vec::new(),
            unusable: Vec::new(),
            lost: false,
        };
        let mut traces = Vec::new();
        player.game(arena, game, &mut fuzzed, &mut traces);
        if player.lost || fuzzed.histories == 0 {
            status = Some(Status::HarnessFault);
        }
        record.faults.append(&mut player.faults);
        record.unusable.append(&mut player.unusable);
        let printed = stage.take_output();
        if record.output.is_empty() {
            record.output = printed;
        }
        if let Some(JobOutcome::Done { steps, .. }) = &mut record.outcome {
            let played = |played| StepOutcome::Scenario(Box::new(played));
            steps.extend(traces.into_iter().map(played));
        }
        catalogue.scenarios = fuzzed.found.iter().map(|found| found.case.clone()).collect();
    } else if matches!(record.outcome, Some(JobOutcome::Done { .. })) && record.deaths.is_empty() {
        record
            .faults
            .push("it grants no view that could be held, so there are no histories".to_owned());
        status = Some(Status::NotTested);
    }
    let bench = Bench {
        catalogue: &catalogue,
        rules: &plan.rules,
        requests: &plan.requests,
    };
    let mut judged = judge_subject(&record, hello, &bench);
    // What was found counts, even if the rest is lost.
    if judged.status == Status::Conforms {
        judged.status = status.unwrap_or(Status::Conforms);
    }
    (record, judged, fuzzed)
}

/// What histories can be made of; `None` if the subject did not survive being asked, or grants nothing.
fn arena(record: &SubjectRecord, plan: &Plan, hello: &Hello) -> Option<Arena> {
    let Some(JobOutcome::Done { made, steps }) = &record.outcome else {
        return None;
    };
    let Some(StepOutcome::Sweep(sweep)) = steps.first().filter(|_| record.deaths.is_empty()) else {
        return None;
    };
    let evidence = Evidence::new(&record.case, made, &hello.platform, hello.version, sweep, &[]);
    Arena::new(&plan.catalogue.mutators, &evidence)
}

impl<S: Server> Player<'_, S> {
    fn game(&mut self, mut arena: Arena, game: Game, fuzzed: &mut Fuzzed, traces: &mut Vec<Played>) {
        if !self.changeable() {
            arena.mutators.clear();
            arena.writes = false;
        }
        let mut draw = Draw::new(game.seed);
        let mut drawn = 0;
        while drawn < game.steps && fuzzed.found.len() < ENOUGH {
            let trees: Vec<_> = std::iter::from_fn(|| draw.next()).take(BATCH).collect();
            let histories: Vec<History> = trees.iter().map(|tree| tree.current()).collect();
            if histories.is_empty() {
                return;
            }
            drawn += histories.iter().map(|(steps, _)| steps.len()).sum::<usize>();
            let cases: Vec<ScenarioCase> = histories
                .iter()
                .map(|history| self.scene(&arena, history, "any"))
                .collect();
            let Some(played) = self.batch(&cases) else { return };
            for ((steps, _), played) in histories.iter().zip(&played) {
                if let Some(Seen::Impossible(why)) = played.trace.seen.last() {
                    self.impossible(why);
                } else {
                    fuzzed.histories += 1;
                    fuzzed.steps += steps.len();
                }
            }
            if fuzzed.histories == 0 {
                return;
            }
            let suspect = cases
                .iter()
                .zip(&played)
                .zip(trees)
                .find_map(|((case, played), tree)| {
                    let rule = self.first_broken(case, played)?;
                    (!self.found.contains(&rule)).then_some((rule, tree))
                });
            let Some((rule, tree)) = suspect else { continue };
            self.found.push(rule);
            let Some((case, played)) = shorten(self, tree, &arena, rule) else {
                self.faults.push(format!(
                    "a history broke {rule} once, but not each time when it was repeated (seed {})",
                    game.seed
                ));
                continue;
            };
            let script = Script::closed(&case);
            if let Some((how, _)) = played.ended
                && dies_unasked(self.server, self.subject, &script)
            {
                self.unusable.push(unusable(&script, how));
                self.found.retain(|found| *found != rule);
                arena.mutators.retain(|code| !runs(&case, code));
                continue;
            }
            if OF_MUTATORS.contains(&rule) {
                // The statement would only do it again, and spoil what else could be seen.
                arena.mutators.retain(|code| !runs(&case, code));
            }
            let mutates = |act: &Act| matches!(act, Act::Mutate { .. });
            let mutates = case.acts.iter().flat_map(Act::flat).any(mutates);
            fuzzed.found.push(Found { rule, case });
            traces.push(played);
            if rule == SURVIVES && !mutates {
                return;
            }
        }
    }
}

/// Whether the case runs this statement.
fn runs(case: &ScenarioCase, statement: &str) -> bool {
    let mut acts = case.acts.iter().flat_map(Act::flat);
    acts.any(|act| matches!(act, Act::Mutate { code: Some(code), .. } if code == statement))
}
