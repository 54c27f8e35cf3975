//! Causes: which violations would vanish, were another one mended.
//!
//! Knows, for rules that carry others with them, how the observations would look if the exporter kept them: judged
//! again, what is no longer found follows from the cause. Must never know levels, nor how findings are folded.
//!
//! Most consequences are of the kind that rule data names under `caused_by`: another fault of the same answer. Here
//! stand the causes that reach further, over requests and scenarios. What is mended is only ever *less*: an answer is
//! taken for what it is, or something that cannot be believed is forgotten, so that no violation is made up.

mod answers;
mod traces;

use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{Field, Sweep};
use bufcheck_model::scenario::Played;

use crate::exporter::Evidence;
use crate::hit::Hit;

/// The observations of one subject, as they would be without some cause.
#[derive(Debug, Clone)]
pub struct Mended {
    /// What is declared, as far as it is not contradicted.
    pub declared: ExporterCase,
    /// The answers.
    pub sweep: Sweep,
    /// The scenarios.
    pub played: Vec<Played>,
}

/// Mends what these violations of one rule tell of.
type Mend = fn(&mut Mended, &Evidence<'_>, &[&Hit]);

/// Every cause, the deepest first: what follows from an earlier one is no cause itself.
const CAUSES: &[(&str, Mend)] = &[
    ("refusal.returns-minus-one", returned_something_else),
    ("view.all-fields-assigned", fields_left_alone),
    ("memory.valid-until-release", dangling),
    ("itemsize.matches-format", wrong_itemsize),
    ("itemsize.matches-extended-format", wrong_itemsize),
    ("memory.readable-whole-extent", unreadable),
    ("memory.verify-structure", out_of_bounds),
    ("consistency.declared-format", format_contradicted),
    ("consistency.declared-shape", shape_contradicted),
    ("obj.refcount-balanced", references_lost),
    ("refusal.no-export-counted", references_lost),
];

/// Violations that have another cause, though they would vanish too.
const SPARED: &[(&str, &[&str])] = &[
    // What a refusal leaves behind, a grant does not.
    (
        "obj.refcount-balanced",
        &["refusal.no-export-counted", "leak.on-refusal"],
    ),
    // Memory that does not meet a request ends where its consumer reads on: that it was handed out is the cause.
    (
        "memory.readable-whole-extent",
        &[
            "request.no-strides-means-c-contiguous",
            "request.c-contiguous",
            "request.f-contiguous",
            "request.any-contiguous",
            "request.several-contiguity-flags",
            "request.indirect-with-contiguity",
            "request.suboffsets-refused-without-indirect",
            "memory.verify-structure",
            "buf.not-null-unless-empty",
        ],
    ),
    // What a method does to the memory it does whatever else is shown of it.
    ("memory.verify-structure", &["export.locks-resize"]),
];

/// Whether a violation of `other` has a cause of its own beside this one.
pub fn spares(rule: &str, other: &str) -> bool {
    let spared = SPARED.iter().find(|(cause, _)| *cause == rule);
    spared.is_some_and(|(_, others)| others.contains(&other))
}

/// The rules whose mending may make others vanish, the deepest first.
pub fn causes() -> impl Iterator<Item = &'static str> {
    CAUSES.iter().map(|(rule, _)| *rule)
}

/// The observations as they would be if this rule were kept; `hits` are its violations.
pub fn mended(rule: &str, evidence: &Evidence<'_>, played: &[Played], hits: &[&Hit]) -> Option<Mended> {
    let (_, mend) = CAUSES.iter().find(|(known, _)| *known == rule)?;
    let mut mended = Mended {
        declared: evidence.declared.clone(),
        sweep: evidence.sweep.clone(),
        played: played.to_vec(),
    };
    mend(&mut mended, evidence, hits);
    Some(mended)
}

/// Whether scenarios met the cause too: it was found in one, or on the request that they ask.
fn in_scenarios(evidence: &Evidence<'_>, hits: &[&Hit]) -> bool {
    let widest = evidence.native().map(|native| native.request);
    hits.iter()
        .any(|hit| hit.requests.is_empty() || widest.is_some_and(|widest| hit.requests.contains(&widest)))
}

fn returned_something_else(mended: &mut Mended, _: &Evidence<'_>, _: &[&Hit]) {
    answers::take_at_their_word(&mut mended.sweep.answers);
    traces::answers(&mut mended.played).for_each(answers::take_at_its_word);
}

/// Where nobody wrote `buf` nothing was read, and where nobody wrote `obj` no reference is given back.
fn fields_left_alone(mended: &mut Mended, evidence: &Evidence<'_>, hits: &[&Hit]) {
    let widest = evidence.native_grant();
    let met = in_scenarios(evidence, hits);
    let left = |field| met && widest.is_some_and(|widest| widest.view.untouched.contains(field));
    if left(Field::Buf) {
        traces::forget_contents(&mut mended.played);
    }
    if left(Field::Obj) {
        traces::forget_counts(&mut mended.played);
    }
    answers::forget_what_was_left_alone(&mut mended.sweep.answers);
}

/// What was freed before a view of it was granted lies in whatever block was put there.
fn dangling(mended: &mut Mended, _: &Evidence<'_>, _: &[&Hit]) {
    answers::forget_contents(&mut mended.sweep, |_| true);
    if traces::grant_freed_memory(&mended.played) {
        traces::forget_blocks(&mut mended.played);
    }
    traces::forget_contents(&mut mended.played);
}

fn unreadable(mended: &mut Mended, evidence: &Evidence<'_>, hits: &[&Hit]) {
    answers::forget_contents(&mut mended.sweep, |content| content.unreadable.is_some());
    // What a scenario found unreadable may have been taken away on the way.
    let widest = evidence.native().map(|native| native.request);
    if hits
        .iter()
        .any(|hit| widest.is_some_and(|widest| hit.requests.contains(&widest)))
    {
        traces::forget_contents(&mut mended.played);
    }
}

/// What a view shows beyond its memory belongs to somebody else and changes when it likes. Where a scenario has found
/// it, the steps lead there: no answer with steps is believed.
fn out_of_bounds(mended: &mut Mended, evidence: &Evidence<'_>, hits: &[&Hit]) {
    let by_scenario = hits.iter().any(|hit| hit.requests.is_empty());
    answers::take_out(&mut mended.sweep, |request| {
        by_scenario && request.wants_strides() || hits.iter().any(|hit| hit.requests.contains(&request))
    });
    if in_scenarios(evidence, hits) {
        answers::forget_contents(&mut mended.sweep, |_| true);
        traces::forget_contents(&mut mended.played);
        // Steps that lead nowhere say nothing of the order in which other views show the memory.
        traces::forget_neighbours(&mut mended.played);
    }
}

fn wrong_itemsize(mended: &mut Mended, evidence: &Evidence<'_>, hits: &[&Hit]) {
    for hit in hits {
        for request in &hit.requests {
            for grant in evidence
                .rounds_of(*request)
                .filter_map(|answer| evidence.grant(*request, answer))
            {
                if let Some((wrong, right)) = answers::itemsize_of_format(&grant) {
                    answers::resize_items(mended.sweep.answers.iter_mut(), wrong, right);
                    answers::resize_items(traces::answers(&mut mended.played), wrong, right);
                }
            }
        }
    }
}

/// Format and values are of one description: where the object shows another, they cannot be compared either.
fn format_contradicted(mended: &mut Mended, _: &Evidence<'_>, _: &[&Hit]) {
    mended.declared.format = None;
    mended.declared.values = None;
}

fn shape_contradicted(mended: &mut Mended, _: &Evidence<'_>, _: &[&Hit]) {
    mended.declared.shape = None;
    mended.declared.values = None;
}

/// One reference that each request leaves behind shows in every count.
fn references_lost(mended: &mut Mended, evidence: &Evidence<'_>, hits: &[&Hit]) {
    answers::forget_counts(&mut mended.sweep.answers);
    let scenarios_refuse = hits.iter().any(|hit| hit.rule == "refusal.no-export-counted");
    if scenarios_refuse || in_scenarios(evidence, hits) {
        traces::forget_counts(&mut mended.played);
    }
}
