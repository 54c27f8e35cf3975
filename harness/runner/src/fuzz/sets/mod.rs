//! Calls of the interpreter's functions with random arguments, and the simplest ones that break the rule of a group.
//!
//! Knows when a wrong answer is believed: it must be wrong again each time the arguments are made simpler. Must never
//! know what is drawn for which group, nor an answer.

mod ask;
mod view;

use bufcheck_model::bend::Bend;
use bufcheck_model::interpreter::{Ask, Group, InterpreterCase};
use bufcheck_model::report::Subject;
use bufcheck_model::wire::{JobOutcome, StepOutcome};
use bufcheck_rules::interpreter::{Judged, judge, oracle};
use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};

use super::draw::runner;
use super::game::{Fuzzed, Game};
use crate::bench::Bench;
use crate::exporter::observed::Observed;
use crate::interpreter::{judge_calls, observe};
use crate::plan::{Plan, Planned};
use crate::record::{InterpreterRecord, SubjectRecord};
use crate::supervise::slot::{Slot, skip};
use bufcheck_protocol::format::Platform;

/// Calls of one job: a worker forks once for all of them.
const BATCH: usize = 1000;

/// Times that arguments are made simpler: enough for a shape of four axes, each with a stride.
const SIMPLER: usize = 300;

type Tree = Box<dyn ValueTree<Value = Ask>>;

/// Whether arguments are drawn for this group.
pub(super) fn are_drawn(group: &Group) -> bool {
    ask::asks(&group.id).is_some()
}

/// Calls a group's function with as many sets of arguments as the game has steps.
pub(super) fn one(
    slot: &mut Slot,
    (subject, group): (&Planned, &Group),
    plan: &Plan,
    game: Game,
    interpreter: &InterpreterRecord,
) -> (SubjectRecord, Subject, Fuzzed) {
    let hello = &interpreter.hello;
    let mut fuzzed = Fuzzed::default();
    let skipped = skip(subject, hello);
    let mut last = Batch::default();
    if let (None, Some(asks)) = (&skipped, ask::asks(&group.id)) {
        let mut player = Player {
            slot,
            group,
            bend: subject.bend,
            platform: hello.platform,
        };
        last = player.game(&asks, game, &mut fuzzed);
    }
    let record = SubjectRecord {
        interpreter_calls: Some(last.group(group)),
        skipped,
        ..SubjectRecord::new(subject, &interpreter.id, last.observed.clone())
    };
    let mut judged = judge_calls(&record, &last.group(group), hello, &Bench::of(plan));
    judged.requests.calls = fuzzed.sets;
    if !judged.findings.is_empty() {
        fuzzed.calls = Some(last.group(group));
    }
    (record, judged, fuzzed)
}

/// Calls that were made.
#[derive(Default)]
struct Batch {
    cases: Vec<InterpreterCase>,
    observed: Observed,
    judged: Judged,
}

impl Batch {
    /// The group, with these calls in it.
    fn group(&self, of: &Group) -> Group {
        Group {
            cases: self.cases.clone(),
            ..like(of)
        }
    }

    fn is_lost(&self) -> bool {
        !self.observed.faults.is_empty() || self.judged.judged == 0
    }
}

/// The group without its calls.
fn like(group: &Group) -> Group {
    Group {
        id: group.id.clone(),
        about: group.about.clone(),
        rule: group.rule.clone(),
        basis: group.basis,
        python: group.python.clone(),
        cases: Vec::new(),
    }
}

struct Player<'a> {
    slot: &'a mut Slot,
    group: &'a Group,
    bend: Option<Bend>,
    platform: Platform,
}

impl Player<'_> {
    /// Draws until there were enough, or one is found: the last batch, or what was found alone.
    fn game(&mut self, asks: &BoxedStrategy<Ask>, game: Game, fuzzed: &mut Fuzzed) -> Batch {
        let mut runner = runner(game.seed);
        let mut last = Batch::default();
        let mut drawn = 0;
        while drawn < game.steps {
            let wanted = BATCH.min(game.steps - drawn);
            let trees: Vec<Tree> = std::iter::from_fn(|| asks.new_tree(&mut runner).ok())
                .take(wanted)
                .collect();
            if trees.is_empty() {
                break;
            }
            let name = |nth: usize| format!("random-{}-{}", game.seed, drawn + nth);
            let drawn_now = trees.iter().enumerate();
            let cases = drawn_now.filter_map(|(nth, tree)| self.case(&name(nth), tree.current()));
            last = self.play(cases.collect());
            drawn += trees.len();
            fuzzed.sets += last.judged.judged;
            if let Some(found) = self.found(&last, trees) {
                return found;
            }
            if last.is_lost() {
                break;
            }
        }
        last
    }

    /// A call with what is wanted of it; nothing where no promise can be computed.
    fn case(&self, name: &str, ask: Ask) -> Option<InterpreterCase> {
        let want = oracle::want(&ask, Platform::LP64_LE)?;
        Some(InterpreterCase {
            id: format!("{}/{name}", self.group.id),
            ask,
            want,
        })
    }

    fn play(&mut self, cases: Vec<InterpreterCase>) -> Batch {
        let mut group = like(self.group);
        group.cases = cases;
        let observed = observe(self.slot, &group, self.bend);
        let answers = answers(&observed);
        let judged = judge(&group, answers, self.platform);
        Batch {
            cases: group.cases,
            observed,
            judged,
        }
    }

    /// The first call that breaks the rule, with the simplest arguments that do.
    fn found(&mut self, batch: &Batch, trees: Vec<Tree>) -> Option<Batch> {
        let id = batch.judged.hit.as_ref()?.case.clone()?;
        let case = batch.cases.iter().find(|case| case.id == id)?;
        let name = id.rsplit('/').next()?.to_owned();
        let mut best = self.play(vec![case.clone()]);
        // Alone, it may be right: what went before was to blame, and the batch is the finding.
        best.judged.hit.as_ref()?;
        let mut tree = trees.into_iter().find(|tree| tree.current() == case.ask)?;
        let mut more = tree.simplify();
        for _ in 0..SIMPLER {
            if !more {
                break;
            }
            let simpler = self.case(&name, tree.current());
            let played = simpler.map(|case| self.play(vec![case]));
            more = match played.filter(|played| played.judged.hit.is_some()) {
                Some(played) => {
                    best = played;
                    tree.simplify()
                }
                None => tree.complicate(),
            };
        }
        Some(best)
    }
}

fn answers(observed: &Observed) -> &[bufcheck_model::interpreter::Answer] {
    let Some(JobOutcome::Done { steps, .. }) = &observed.outcome else {
        return &[];
    };
    let seen = steps.iter().find_map(|step| match step {
        StepOutcome::Interpret(seen) => Some(&seen.answers[..]),
        StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Consume(_) => None,
    });
    seen.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::catalogue::Catalogue;

    fn drawn(group: &str, seed: u64, count: usize) -> Vec<Ask> {
        let asks = ask::asks(group).expect("arguments are drawn");
        let mut runner = runner(seed);
        let next = || asks.new_tree(&mut runner).ok().map(|tree| tree.current());
        std::iter::from_fn(next).take(count).collect()
    }

    fn groups() -> Vec<Group> {
        let catalogue = Catalogue::embedded().expect("the data is sound");
        let files = catalogue.interpreter.into_iter();
        let all = files.flat_map(|(_, file)| file.groups);
        all.filter(are_drawn).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_arguments() {
        let group = "interpreter/tocontiguous/orders";
        assert_eq!(drawn(group, 7, 20), drawn(group, 7, 20));
        assert_ne!(drawn(group, 7, 20), drawn(group, 8, 20));
    }

    #[test]
    fn most_of_what_is_drawn_has_a_defined_answer() {
        let groups = groups();
        assert!(groups.len() >= 25, "{}", groups.len());
        for group in groups {
            let asks = drawn(&group.id, 3, 200);
            assert_eq!(asks.len(), 200, "{}", group.id);
            let defined = asks
                .iter()
                .filter(|ask| oracle::want(ask, Platform::LP64_LE).is_some());
            let defined = defined.count();
            assert!(defined >= 100, "{}: {defined} of 200", group.id);
        }
    }

    #[test]
    fn what_is_drawn_for_a_group_shows_no_known_deviation_of_another() {
        let catalogue = Catalogue::embedded().expect("the data is sound");
        let files = catalogue.interpreter.iter();
        for known in files.flat_map(|(_, file)| &file.known) {
            assert!(ask::asks(&known.subject).is_none(), "{}", known.subject);
        }
    }
}
