//! Plays random histories of a subject, and makes the shortest scenario of each that breaks a rule.
//!
//! Knows when a history is believed: it must break the same rule again in a fresh worker, before and after it was
//! shortened. Must never know how steps are drawn, nor what must hold after one: that is for [`draw`] and
//! [`bufcheck_rules::histories`].

mod calls;
mod consumer;
mod draw;
mod game;
mod player;
mod sets;
mod shorten;

use std::ops::ControlFlow;

use bufcheck_model::case::ConsumerCase;
use bufcheck_model::report::{Status, Subject};
use bufcheck_model::scenario::{Act, Played, ScenarioCase, Script, Seen};
use bufcheck_model::wire::{Hello, JobOutcome, StepOutcome};
use bufcheck_rules::Check;
use bufcheck_rules::death::{DAMAGED, SURVIVES, is_told_by};
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::histories::{Arena, RULES};

use crate::bench::Bench;
use crate::event::Event;
use crate::exporter::play::{dies_unasked, unusable};
use crate::plan::{Plan, Planned};
use crate::record::{InterpreterRecord, SubjectRecord};
use crate::supervise::pool::{Ran, Settings, drive};
use crate::supervise::server::Server;
use crate::supervise::slot::Slot;
use crate::verdict::judge_subject;
use draw::{Draw, Tree};
use game::{BATCH, ENOUGH};
pub use game::{Found, Fuzzed, Game};
use player::Player;
use shorten::shorten;

/// Rules that are broken by what a mutator does, not by what it meets.
const OF_MUTATORS: [&str; 5] = [
    "export.lock-before-mutation",
    "export.locks-resize",
    "memory.valid-until-release",
    SURVIVES,
    DAMAGED,
];

/// Leaves of a plan what histories can speak about: their rules, and no scenario.
pub fn narrow(plan: &mut Plan) {
    plan.scenarios.clear();
    // Of the interpreter's functions, those that are given random arguments.
    plan.subjects
        .retain(|subject| subject.interpreter.as_ref().is_none_or(sets::are_drawn));
    let consumers = plan.subjects.iter().any(|subject| subject.consumer.is_some());
    let called = |rule: &str| {
        let mut groups = plan
            .subjects
            .iter()
            .filter_map(|subject| subject.interpreter.as_ref());
        groups.any(|group| group.rule == rule)
    };
    plan.rules.retain(|rule| {
        let of_consumers = consumers && matches!(rule.check, Check::Consumer);
        of_consumers || is_told_by(rule.id) || RULES.contains(&rule.id) || called(rule.id)
    });
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
    let work =
        |slot: &mut Slot, subject: &Planned, interpreter: &InterpreterRecord| match &subject.interpreter {
            Some(group) => sets::one(slot, (subject, group), plan, game, interpreter),
            None => one(slot, subject, plan, game, interpreter),
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
    if let Some(case) = &subject.consumer {
        return of_consumer(slot, (subject, case), plan, game, interpreter);
    }
    let hello = &interpreter.hello;
    let mut record = slot.record(subject, plan, hello, &interpreter.id);
    let mut fuzzed = Fuzzed::default();
    let arena = arena(&record, plan, hello);
    let survived = matches!(record.outcome, Some(JobOutcome::Done { .. })) && record.deaths.is_empty();
    let nothing_to_hold = survived && arena.is_none();
    if let Some(arena) = arena {
        let place = place(subject, interpreter, game);
        let background = arena.background.clone();
        let mut player = Player::new(slot.for_scenarios(), subject, place, background, &plan.rules);
        let traces = player.game(arena, game, &mut fuzzed);
        record.faults.append(&mut player.faults);
        record.unusable.append(&mut player.unusable);
        if fuzzed.histories == 0 && record.faults.is_empty() {
            record.faults.push("no history could be played".to_owned());
        }
        let printed = slot.for_scenarios().take_output();
        if record.output.is_empty() {
            record.output = printed;
        }
        if let Some(JobOutcome::Done { steps, .. }) = &mut record.outcome {
            let played = |played| StepOutcome::Scenario(Box::new(played));
            steps.extend(traces.into_iter().map(played));
        }
    }
    let mut catalogue = plan.catalogue.clone();
    catalogue.scenarios = fuzzed.found.iter().map(|found| found.case.clone()).collect();
    let bench = Bench {
        catalogue: &catalogue,
        rules: &plan.rules,
        requests: &plan.requests,
        spies: &plan.catalogue.spies,
    };
    let mut judged = judge_subject(&record, hello, &bench);
    if nothing_to_hold && judged.status == Status::Conforms {
        judged.status = Status::NotTested;
        judged
            .reason
            .push("it grants no view that could be held, so there are no histories".to_owned());
    }
    (record, judged, fuzzed)
}

/// Plays random calls of a consumer.
fn of_consumer(
    slot: &mut Slot,
    (subject, case): (&Planned, &ConsumerCase),
    plan: &Plan,
    game: Game,
    interpreter: &InterpreterRecord,
) -> (SubjectRecord, Subject, Fuzzed) {
    let hello = &interpreter.hello;
    let mut record = slot.record(subject, plan, hello, &interpreter.id);
    let mut fuzzed = Fuzzed::default();
    let once = match &record.outcome {
        Some(JobOutcome::Done { steps, .. }) => steps.iter().find_map(|step| match step {
            StepOutcome::Consume(consumed) => Some(consumed.as_ref()),
            StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Interpret(_) => None,
        }),
        _ => None,
    };
    let known = once.map(|once| consumer::Known::new(case, &plan.catalogue.spies, once));
    let mut not_played = None;
    if let Some(Err(why)) = &known {
        not_played = Some(format!("no calls were made in a row: {why}"));
    }
    if let Some(Ok(known)) = known {
        let place = place(subject, interpreter, game);
        let (histories, faults) =
            consumer::play(slot, subject, &known, (&place, &plan.rules), game, &mut fuzzed);
        record.histories = histories;
        record.faults.extend(faults);
        if record.output.is_empty() {
            record.output = slot.take_output();
        }
    }
    let mut judged = judge_subject(&record, hello, &Bench::of(plan));
    judged.noticed.extend(not_played);
    (record, judged, fuzzed)
}

/// How the ids of what is found begin.
fn place(subject: &Planned, interpreter: &InterpreterRecord, game: Game) -> String {
    // Ids of scenarios hold no spaces; those of targets may.
    let id = subject.case.id.replace(char::is_whitespace, "");
    format!("scenarios/fuzz/{id}/{}/{}", interpreter.id, game.seed)
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
    /// Plays histories until there were enough; what is found is added, what was seen of it is handed back.
    fn game(&mut self, mut arena: Arena, game: Game, fuzzed: &mut Fuzzed) -> Vec<Played> {
        let mut traces = Vec::new();
        if !self.changeable() {
            arena.mutators.clear();
            arena.writes = false;
        }
        let mut draw = Draw::new(game.seed);
        let mut drawn = 0;
        while drawn < game.steps && fuzzed.found.len() < ENOUGH {
            let trees: Vec<Tree> = std::iter::from_fn(|| draw.next()).take(BATCH).collect();
            if trees.is_empty() {
                break;
            }
            drawn += trees.iter().map(|tree| tree.current().0.len()).sum::<usize>();
            let Some(played) = self.round(&arena, trees, fuzzed) else {
                break;
            };
            if fuzzed.histories == 0 {
                break;
            }
            let Some(suspect) = played.into_iter().find_map(|one| self.suspect(one)) else {
                continue;
            };
            let going = self.pursue(suspect, &mut arena, fuzzed, &mut traces);
            if going.is_break() {
                break;
            }
        }
        traces
    }

    /// Plays some histories and counts them; `None` if there is no worker.
    fn round(&mut self, arena: &Arena, trees: Vec<Tree>, fuzzed: &mut Fuzzed) -> Option<Vec<One>> {
        let scene = |tree: &Tree| self.scene(arena, &tree.current(), "any");
        let cases: Vec<ScenarioCase> = trees.iter().map(scene).collect();
        let played = self.batch(&cases)?;
        let mut all = Vec::new();
        for ((tree, case), played) in trees.into_iter().zip(cases).zip(played) {
            if let Some(Seen::Impossible(why)) = played.trace.seen.last() {
                self.impossible(why);
            } else {
                fuzzed.histories += 1;
                fuzzed.steps += tree.current().0.len();
            }
            all.push(One { tree, case, played });
        }
        Some(all)
    }

    /// The history, if it breaks a rule that was not found broken before.
    fn suspect(&self, one: One) -> Option<(&'static str, One)> {
        let rule = self.first_broken(&one.case, &one.played)?;
        (!self.found.contains(&rule)).then_some((rule, one))
    }

    /// Finds out whether the history breaks the rule each time, and what is the shortest that does. Breaks off if
    /// nothing more can be asked of the subject.
    fn pursue(
        &mut self,
        (rule, one): (&'static str, One),
        arena: &mut Arena,
        fuzzed: &mut Fuzzed,
        traces: &mut Vec<Played>,
    ) -> ControlFlow<()> {
        self.found.push(rule);
        let endless = one.played.ended.is_some_and(|(how, _)| how.is_endless());
        if endless && self.is_unusable(&one.case, &one.played) {
            return ControlFlow::Break(());
        }
        let Some((case, played)) = shorten(self, one.tree, arena, rule) else {
            self.once(rule, one.case, one.played, fuzzed, traces);
            return if endless {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            };
        };
        if !endless && self.is_unusable(&case, &played) {
            self.found.retain(|found| *found != rule);
            arena.mutators.retain(|code| !runs(&case, code));
            return ControlFlow::Continue(());
        }
        if OF_MUTATORS.contains(&rule) {
            // The statement would only do it again, and spoil what else could be seen.
            arena.mutators.retain(|code| !runs(&case, code));
        }
        let mutates = |act: &Act| matches!(act, Act::Mutate { .. });
        let mutates = case.acts.iter().flat_map(Act::flat).any(mutates);
        fuzzed.found.push(Found { rule, case });
        traces.push(played);
        if endless || (is_told_by(rule) && !mutates) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Whether a mutator ends the process by itself; it is told then.
    fn is_unusable(&mut self, case: &ScenarioCase, played: &Played) -> bool {
        let script = Script::closed(case);
        let Some((how, _)) = played.ended else {
            return false;
        };
        let unusable_alone = dies_unasked(self.server, self.subject, &script);
        if unusable_alone {
            self.unusable.push(unusable(&script, how));
        }
        unusable_alone
    }

    /// A history that broke a rule once, but not each time when it was repeated: a crash counts all the same.
    fn once(
        &mut self,
        rule: &'static str,
        case: ScenarioCase,
        played: Played,
        fuzzed: &mut Fuzzed,
        traces: &mut Vec<Played>,
    ) {
        if is_told_by(rule) && played.ended.is_some_and(|(how, _)| how.is_crash()) {
            let id = format!("{}/{rule}", self.place);
            traces.push(Played {
                scenario: id.clone(),
                once_in: Some(2),
                ..played
            });
            let case = ScenarioCase { id, ..case };
            fuzzed.found.push(Found { rule, case });
        } else {
            // Chance decides no exit status: it is told, and nothing more.
            fuzzed.once.push(rule);
        }
    }
}

/// A history that was played.
struct One {
    tree: Tree,
    case: ScenarioCase,
    played: Played,
}

/// Whether the case runs this statement.
fn runs(case: &ScenarioCase, statement: &str) -> bool {
    let mut acts = case.acts.iter().flat_map(Act::flat);
    acts.any(|act| matches!(act, Act::Mutate { code: Some(code), .. } if code == statement))
}
