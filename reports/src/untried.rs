//! What was not tried, in words: for every format, and for the test runners.
//!
//! Knows what a subject's report says of it. Must never know a format.

use bufcheck_model::case::Side;
use bufcheck_model::not_asked::NotAsked;
use bufcheck_model::report::{Status, Subject};

use crate::words::count;

/// What is said of a subject that granted nothing, or of a consumer that was never granted anything.
pub fn nothing_granted(subject: &Subject) -> Option<String> {
    let told = || match subject.kind {
        Side::Consumer => subject.reason.join("; "),
        Side::Exporter | Side::Interpreter => NOTHING_GRANTED.to_owned(),
    };
    (subject.status == Status::NothingGranted).then(told)
}

/// What is said of an object that grants nothing.
const NOTHING_GRANTED: &str = "every request was refused, so only refusals could be judged; `grants = false` declares that this is meant";

/// What is said of a family of rules that had nothing to look at.
pub const NO_EVIDENCE: &str = "not tested: no answer and no scenario that these rules speak of";

/// What was left out, in a line.
pub fn left_out(left: &NotAsked) -> String {
    let was = if left.count == 1 { "was" } else { "were" };
    format!(
        "{} {was} left out: {}",
        count(left.count, left.what.noun()),
        left.reason
    )
}

/// What keeps a subject from being called tested in full: a line each.
pub fn remarks(subject: &Subject) -> Vec<String> {
    let given_up = subject
        .not_asked
        .iter()
        .filter(|left| !left.why.follows_from_a_death());
    let told = subject.faults.iter().chain(&subject.unusable).cloned();
    told.chain(given_up.map(left_out)).collect()
}

/// All that was not tried, is not sure or was noticed, a line each; of a subject that could not be tested at all, nothing.
pub fn lines(subject: &Subject) -> Vec<String> {
    if !subject.status.is_tested() {
        return Vec::new();
    }
    let barren = nothing_granted(subject);
    let told = subject.faults.iter().chain(&subject.unusable).cloned();
    let all = barren.into_iter().chain(told);
    all.chain(subject.not_asked.iter().map(left_out))
        .chain(subject.noticed.iter().cloned())
        .collect()
}
