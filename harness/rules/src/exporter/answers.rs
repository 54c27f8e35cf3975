//! Judging each distinct answer once, however many requests were answered with it.
//!
//! Knows how requests share answers. Must never know a rule.

use crate::broken::Broken;
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_protocol::request::Request;

/// What `check` says about each distinct granted answer to the requests that `applies` selects, with all of
/// those requests. `check` is given the index of the answer and the first request that had it.
pub(super) fn by_answer(
    evidence: &Evidence<'_>,
    applies: impl Fn(Request) -> bool,
    check: impl Fn(u32, &Grant<'_>) -> Option<Broken>,
) -> Vec<(Vec<Request>, Broken)> {
    let mut judged = vec![false; evidence.sweep.answers.len()];
    let mut found: Vec<(u32, Vec<Request>, Broken)> = Vec::new();
    for (request, answer) in evidence.asked().filter(|(request, _)| applies(*request)) {
        match judged.get_mut(answer as usize) {
            Some(seen) if !*seen => {
                *seen = true;
                let grant = evidence.grant(request, answer);
                if let Some(broken) = grant.and_then(|grant| check(answer, &grant)) {
                    found.push((answer, vec![request], broken));
                }
            }
            Some(_) => {
                let known = found.iter_mut().find(|(earlier, ..)| *earlier == answer);
                if let Some((_, requests, _)) = known {
                    requests.push(request);
                }
            }
            None => {}
        }
    }
    found
        .into_iter()
        .map(|(_, requests, broken)| (requests, broken))
        .collect()
}

/// Whether two contents cannot be the same items: they differ as far as both were read, or in length. Never where they
/// change by themselves.
pub(super) fn contents_differ(one: &Grant<'_>, other: &Grant<'_>) -> bool {
    if one.view.content == other.view.content || !one.evidence.is_steady() {
        return false;
    }
    let (Some(one), Some(other)) = (one.content, other.content) else {
        return false;
    };
    let whole = one.complete && other.complete && one.unreadable.is_none() && other.unreadable.is_none();
    one.bytes.iter().zip(&other.bytes).any(|(a, b)| a != b) || (whole && one.bytes.len() != other.bytes.len())
}
