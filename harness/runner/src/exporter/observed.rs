//! What came of a subject while it was asked and played.
//!
//! Knows the parts, and how what was left out is counted. Must never judge.

use bufcheck_model::not_asked::{Kind, NotAsked, Why};
use bufcheck_model::observation::{Death, Effect, Phase, Touched};
use bufcheck_model::wire::{JobOutcome, StepOutcome};

/// Characters of a command that are kept.
const COMMAND_KEPT: usize = 60;

/// What came of a subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The last reply, for the requests that can be survived.
    pub outcome: Option<JobOutcome>,
    /// How the process ended.
    pub deaths: Vec<Death>,
    /// What the harness itself stumbled over, and what it saw once and could not make sure of.
    pub faults: Vec<String>,
    /// Mutators that cannot be used, with the reason.
    pub unusable: Vec<String>,
    /// What was planned and left out.
    pub not_asked: Vec<NotAsked>,
}

impl Observed {
    /// Writes down processes that lived on when everything else of the subject had ended, by their commands.
    pub(crate) fn leave_behind(&mut self, commands: Vec<String>) {
        let Some(JobOutcome::Done { steps, .. }) = &mut self.outcome else {
            return;
        };
        let sweep = steps.iter_mut().find_map(|step| match step {
            StepOutcome::Sweep(sweep) => Some(sweep),
            StepOutcome::Scenario(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => None,
        });
        let effects = commands.into_iter().map(|command| Effect {
            what: Touched::Process,
            phase: Phase::Idle,
            requests: Vec::new(),
            told: Some(command.chars().take(COMMAND_KEPT).collect()),
        });
        if let Some(sweep) = sweep {
            sweep.effects.extend(effects);
        }
    }

    /// Counts what was left out.
    pub(crate) fn leave_out(&mut self, what: Kind, count: usize, why: Why, reason: &str) {
        let same = |left: &&mut NotAsked| left.what == what && left.why == why && left.reason == reason;
        if count == 0 {
        } else if let Some(left) = self.not_asked.iter_mut().find(same) {
            left.count += count;
        } else {
            let reason = reason.to_owned();
            self.not_asked.push(NotAsked {
                what,
                count,
                why,
                reason,
            });
        }
    }
}
