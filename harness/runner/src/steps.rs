//! What was done before a finding showed, step by step.
//!
//! Knows scenarios and what was noted of them. Must never know how anything was judged.

use bufcheck_model::report::{Finding, Step};
use bufcheck_model::scenario::{Act, Played, ScenarioCase};
use bufcheck_rules::death;
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::overtime::{Background, violated};

use crate::bench::Bench;

/// The steps of the scenario in which a finding showed, up to the one that was fatal; none where it shows in an answer.
pub(crate) fn steps(
    finding: &Finding,
    evidence: &Evidence<'_>,
    played: &[Played],
    bench: &Bench<'_>,
) -> Vec<Step> {
    let mut scenarios = bench.catalogue.scenarios.iter();
    let Some(case) = scenarios.find(|case| case.id == finding.case) else {
        return Vec::new();
    };
    if death::is_told_by(&finding.rule) {
        let ended = |played: &&Played| played.scenario == case.id && played.ended.is_some();
        let Some(played) = played.iter().find(ended) else {
            return Vec::new();
        };
        // Where nothing could be noted before the end, nobody knows which step it was.
        let noted = played.trace.seen.len();
        return told(case, played, |nth| noted > 0 && nth == noted);
    }
    let background = Background::of(evidence);
    let Some((played, that)) = violated(case, played, &background, &finding.rule) else {
        return Vec::new();
    };
    let expected = |act: &Act| matches!(act, Act::Expect(expectation) if expectation.that == *that);
    let before = case
        .acts
        .iter()
        .flat_map(Act::flat)
        .take_while(|act| !expected(act));
    let done = before.filter(|act| !matches!(act, Act::Expect(_))).count();
    told(case, played, |nth| nth + 1 == done)
}

/// The acts of a scenario in words, up to the fatal one; all of them if none is.
fn told(case: &ScenarioCase, played: &Played, fatal: impl Fn(usize) -> bool) -> Vec<Step> {
    let mutator = played.mutator.as_deref();
    let words = |act: &Act| -> Vec<String> {
        match act {
            // What a thread does is noted act by act.
            Act::Thread { .. } => {
                let inside = act.flat().filter_map(|act| act.told(mutator));
                inside.map(|said| format!("in another thread: {said}")).collect()
            }
            _ => act.told(mutator).into_iter().collect(),
        }
    };
    let mut steps = Vec::new();
    for (nth, said) in case.acts.iter().flat_map(words).enumerate() {
        let fatal = fatal(nth);
        steps.push(Step { said, fatal });
        if fatal {
            break;
        }
    }
    steps
}
