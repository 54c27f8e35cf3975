//! From traces to broken rules.
//!
//! Knows how expectations are driven and how equal findings become one. Must never know a rule by name, but
//! for those that deaths break.

use super::background::Background;
use super::play::{Play, events};
use super::predicates::broken;
use crate::broken::Broken;
use crate::death::{DAMAGED, doing, ended, how_often, rule};
use crate::exporter::HEAP;
use crate::hit::Hit;
use bufcheck_model::observation::Raised;
use bufcheck_model::scenario::ScenarioCase;
use bufcheck_model::scenario::{Act, Expectation, That};
use bufcheck_model::scenario::{Played, Seen};

/// The rules that the traces show broken, each once, in the order of the traces. Traces of scenarios that
/// are not among the cases are passed over.
pub fn judge(
    cases: &[ScenarioCase],
    traces: &[Played],
    background: &Background,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Hit> {
    let mut hits: Vec<(Hit, usize)> = Vec::new();
    let mut add = |rule: &str, broken: Broken, case: &str, by_chance: bool| {
        let hit = Hit {
            rule: rule.to_owned(),
            requests: Vec::new(),
            broken,
            case: Some(case.to_owned()),
            by_chance,
        };
        match hits.iter_mut().find(|(known, _)| known.rule == rule) {
            // What shows each time is told, and how often depends on nothing else.
            Some((known, more)) if known.by_chance && !by_chance => (*known, *more) = (hit, 0),
            Some((known, more)) if known.by_chance == by_chance => {
                *more += usize::from(known.case != hit.case);
            }
            Some(_) => {}
            None => hits.push((hit, 0)),
        }
    };
    for played in traces {
        let Some(case) = cases.iter().find(|case| case.id == played.scenario) else {
            continue;
        };
        if let Some((how, _)) = played.ended
            && wanted(rule(how))
        {
            // A death is told the first time, however it came about.
            add(rule(how), death(case, played), &case.id, false);
        }
        for (Expectation { rule, .. }, broken) in violations(case, played, background) {
            if wanted(rule) {
                add(rule, broken, &case.id, case.is_race());
            }
        }
    }
    hits.into_iter()
        .map(|(mut hit, more)| {
            match more {
                0 => {}
                1 => hit.broken.found += " (and in one more scenario)",
                _ => hit.broken.found += &format!(" (and in {more} more scenarios)"),
            }
            hit
        })
        .collect()
}

/// The first trace that shows this rule broken in one of these cases, and the expectation that does not hold there.
pub fn violated<'a>(
    case: &'a ScenarioCase,
    traces: &'a [Played],
    background: &Background,
    rule: &str,
) -> Option<(&'a Played, &'a That)> {
    let own = traces.iter().filter(|played| played.scenario == case.id);
    own.into_iter().find_map(|played| {
        let found = violations(case, played, background);
        let (expectation, _) = found.into_iter().find(|(known, _)| known.rule == rule)?;
        Some((played, &expectation.that))
    })
}

/// Mutators that never work: on an object that was never asked they raise, whatever it is.
pub fn useless<'a>(cases: &'a [ScenarioCase], traces: &'a [Played]) -> Vec<(&'a str, &'a Raised)> {
    let mut found: Vec<(&str, &Raised)> = Vec::new();
    for played in traces {
        let case = cases.iter().find(|case| case.id == played.scenario);
        let (Some(code), Some(case)) = (&played.mutator, case) else {
            continue;
        };
        let free = |(act, _): &&(&Act, &Seen)| matches!(act, Act::Mutate { code: None, object, .. } if object != "x");
        let all = events(&case.acts, played);
        if let Some((_, Seen::Ran { raised: Some(raised) })) = all.iter().find(free)
            && !found.iter().any(|(known, _)| *known == code.as_str())
        {
            found.push((code, raised));
        }
    }
    found
}

/// Mutators that were let through as often as they were tried while a view was held, though the memory stayed where
/// it was, of an object that was not seen to refuse or move with any other: whether it locks was not seen.
pub fn unmoved<'a>(cases: &[ScenarioCase], traces: &'a [Played]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for played in traces {
        let case = cases.iter().find(|case| case.id == played.scenario);
        let (Some(case), Some(code)) = (case, played.mutator.as_deref()) else {
            continue;
        };
        for (_, seen) in events(&case.acts, played) {
            match seen {
                Seen::Outgrown {
                    moved: false,
                    raised: None,
                    ..
                } => found.push(code),
                Seen::Outgrown { .. } => return Vec::new(),
                _ => {}
            }
        }
    }
    found
}

/// What the harness itself stumbled over while it played.
pub fn faults(traces: &[Played]) -> Vec<String> {
    let mut found = Vec::new();
    for played in traces {
        found.extend(played.trace.seen.iter().filter_map(|seen| match seen {
            Seen::Fault(told) => Some(format!("{told}, in `{}`", played.scenario)),
            _ => None,
        }));
    }
    found
}

fn death(case: &ScenarioCase, played: &Played) -> Broken {
    let found = played.ended.map_or_else(String::new, |(how, during)| {
        let often = how_often(played.once_in);
        format!("the process {} {}{often}", ended(how), doing(during))
    });
    let with = played
        .mutator
        .as_ref()
        .map_or_else(String::new, |code| format!(", with `{code}`"));
    // What was survived is in the trace; the act behind it is the one that was not.
    let mut acts = case.acts.iter().flat_map(Act::flat);
    let fatal = acts
        .by_ref()
        .filter(|act| !matches!(act, Act::Expect(_)))
        .nth(played.trace.seen.len())
        .filter(|_| !played.trace.is_empty())
        .and_then(|act| serde_json::to_string(act).ok())
        .map_or_else(String::new, |act| format!(", at the act `{act}`"));
    let damaged = played.ended.is_some_and(|(how, _)| rule(how) == DAMAGED);
    let wanted = if damaged { HEAP } else { "the process goes on" };
    Broken::new(format!("{found}{with}{fatal}"), wanted)
}

/// The expectations of one scenario that do not hold.
pub(super) fn violations<'a>(
    case: &'a ScenarioCase,
    played: &'a Played,
    background: &Background,
) -> Vec<(&'a Expectation, Broken)> {
    let all = events(&case.acts, played);
    let mut done = 0;
    let mut found = Vec::new();
    for act in case.acts.iter().flat_map(Act::flat) {
        if let Act::Expect(expectation) = act {
            let play = Play::new(played, &all[..done.min(all.len())], background);
            // Where the play stopped short, only what was seen before it counts.
            if done <= all.len()
                && let Some(broken) = broken(&play, &expectation.that)
            {
                found.push((expectation, broken));
            }
        } else {
            done += 1;
        }
    }
    found
}
