//! Makes the shortest scenario of a history that breaks a rule.
//!
//! Knows that a candidate counts only if it breaks the same rule. Must never know which.

use bufcheck_model::scenario::{Act, Played, ScenarioCase, Script};
use bufcheck_rules::histories::Arena;

use super::draw::Tree;
use super::player::Player;
use crate::exporter::play::beginning;
use crate::supervise::server::Server;

/// Candidates that are played at most.
const MAX_PLAYS: usize = 400;

/// How often the result must break the rule, each time in a fresh worker.
const REPEATS: usize = 3;

/// The shortest scenario that still breaks the rule, and what was seen of it; `None` if the rule is not broken
/// again each time.
pub(super) fn shorten<S: Server>(
    player: &mut Player<'_, S>,
    mut tree: Tree,
    arena: &Arena,
    rule: &str,
) -> Option<(ScenarioCase, Played)> {
    let mut best = player.scene(arena, &tree.current(), rule);
    let first = player.play_afresh(&best)?;
    if !player.breaks(&best, &first, rule) {
        return None;
    }
    if first.ended.is_some_and(|(how, _)| how.is_endless()) {
        // Each further try would cost the whole deadline.
        return Some((best, first));
    }
    let mut plays = MAX_PLAYS;
    let mut more = tree.simplify();
    while more && plays > 0 {
        let case = player.scene(arena, &tree.current(), rule);
        more = if case.acts == best.acts {
            // Another way to write the same history.
            tree.simplify()
        } else {
            plays -= 1;
            // What cannot be played breaks nothing.
            let played = player.play(&case);
            if played.is_some_and(|played| player.breaks(&case, &played, rule)) {
                best = case;
                tree.simplify()
            } else {
                tree.complicate()
            }
        };
    }
    let whole = best.clone();
    trim(player, &mut best, rule, &mut plays);
    // What was left out may have been what made it certain.
    [best, whole].into_iter().find_map(|case| {
        let mut last = None;
        for _ in 0..REPEATS {
            let played = player.play_afresh(&case)?;
            if !player.breaks(&case, &played, rule) {
                return None;
            }
            last = Some(played);
        }
        let played = last?;
        Some(match played.ended {
            Some(_) => {
                let before = beginning(player.server, player.subject, &Script::closed(&case));
                let trace = before.unwrap_or_default().trace;
                (case, Played { trace, ..played })
            }
            None => (case, played),
        })
    })
}

/// Strikes out what only watches: expectations about other rules, readings and counts that this one does not need,
/// the object for comparison.
fn trim<S: Server>(player: &mut Player<'_, S>, case: &mut ScenarioCase, rule: &str, plays: &mut usize) {
    case.acts
        .retain(|act| !matches!(act, Act::Expect(expectation) if expectation.rule != rule));
    let mut try_without = |case: &mut ScenarioCase, strike: &dyn Fn(usize, &Act) -> bool| {
        let kept = case.acts.iter().enumerate();
        let acts: Vec<Act> = kept
            .filter(|(number, act)| !strike(*number, act))
            .map(|(_, act)| act.clone())
            .collect();
        if acts.len() < case.acts.len() && *plays > 0 {
            *plays -= 1;
            let shorter = ScenarioCase { acts, ..case.clone() };
            let played = player.play(&shorter);
            if played.is_some_and(|played| player.breaks(&shorter, &played, rule)) {
                *case = shorter;
            }
        }
    };
    try_without(case, &|_, act| concerns_fresh(act));
    for number in (0..case.acts.len()).rev() {
        let only_watches = |act: &Act| {
            matches!(
                act,
                Act::Expect(_) | Act::Read { .. } | Act::Count { .. } | Act::Alive { .. } | Act::Collect {}
            )
        };
        if case.acts.get(number).is_some_and(only_watches) {
            try_without(case, &|at, _| at == number);
        }
    }
}

/// Whether the act is about the object that is never asked.
fn concerns_fresh(act: &Act) -> bool {
    match act {
        Act::Make { object } | Act::Drop { object } | Act::Alive { object } | Act::Mutate { object, .. } => {
            object == bufcheck_rules::histories::FRESH
        }
        _ => false,
    }
}
