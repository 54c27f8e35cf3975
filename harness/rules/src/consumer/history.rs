//! Calls made one after the other, and the first rule that they break.
//!
//! Knows which rules need no more than one call and the plain buffers of the same content. Must never know how the calls
//! were drawn.

use bufcheck_model::spy::{Call, History, Spy};

use super::evidence::Evidence;
use super::offence::{Offence, rules};
use super::words::readonly;
use super::{memory, refusal, release, result};
use crate::hit::Hit;

/// The rule that is broken first, if one of these is: what comes later may follow from it. `evidence`: what a single call
/// with each spy shows, and `once` the rules that it breaks: what goes wrong for such a reason says nothing of what came
/// before the call.
pub fn judge_history(
    history: &History,
    (evidence, once): (&Evidence<'_>, &[String]),
    wanted: impl Fn(&str) -> bool,
) -> Option<Hit> {
    let given = |call| as_given(history, call);
    let spies: Vec<Spy> = history.calls.iter().filter_map(given).collect();
    if spies.len() != history.calls.len() {
        return None;
    }
    let played = evidence.of_history(history, &spies);
    let mut offences: Vec<Offence<'_>> = Vec::new();
    for seen in played.spied() {
        memory::offences(&seen, &mut offences);
        refusal::offences(&seen, &mut offences);
    }
    release::offences(&played, &mut offences);
    result::offences(&played, &mut offences);
    let place = |offence: &Offence<'_>| {
        played
            .spied()
            .position(|seen| std::ptr::eq(seen.spy, offence.seen.spy))
    };
    let is_told = |rule: &str| once.iter().any(|told| told == rule);
    let new = offences
        .iter()
        .zip(rules(&offences, &evidence.plain_sizes()))
        .filter(|(_, rule)| !is_told(rule));
    // A single call with the spy breaks nothing: what is special about it is not to blame.
    let broken = new
        .map(|(offence, _)| offence)
        .filter(|offence| !is_told(offence.rule) && wanted(offence.rule));
    let offence = broken.min_by_key(|offence| place(offence))?;
    let mut broken = offence.broken.clone();
    broken.found = format!("{}, {}", broken.found, told(history, place(offence)?));
    Some(Hit {
        by_chance: false,
        rule: offence.rule.to_owned(),
        requests: offence.seen.requests(),
        broken,
        case: Some(history.id.clone()),
    })
}

/// The spy of a call, as it behaves in it.
fn as_given(history: &History, call: &Call) -> Option<Spy> {
    let spy = history.spies.get(call.spy)?.clone();
    let refuses = call.refuses.or(spy.refuses);
    Some(Spy { refuses, ..spy })
}

/// The calls up to this one, in words.
fn told(history: &History, last: usize) -> String {
    let calls: Vec<&Call> = history.played().take(last + 1).collect();
    let named = |at: usize| -> String {
        let call = calls[at];
        let same = |other: &&Call| (other.spy, other.readonly) == (call.spy, call.readonly);
        let what = if let Some(before) = calls[..at].iter().rposition(same) {
            format!("that of call {} again", before + 1)
        } else {
            let about = history.spies.get(call.spy).map_or("", |spy| spy.about.as_str());
            format!("{about}, {}", readonly(call.readonly))
        };
        let moved = match call.moved {
            0 => String::new(),
            1 => ", its items moved up by one".into(),
            by => format!(", its items moved up by {by}"),
        };
        let refused = call.refuses.map_or_else(String::new, |refusal| {
            format!(
                ", {} refused with {}",
                refusal.which.name(),
                refusal.raises.name()
            )
        });
        format!("({}) {what}{moved}{refused}", at + 1)
    };
    let calls: Vec<String> = (0..calls.len()).map(named).collect();
    if let [only] = calls.as_slice() {
        return format!("given {}", only.trim_start_matches("(1) "));
    }
    format!("in call {} of these: {}", last + 1, calls.join("; "))
}
