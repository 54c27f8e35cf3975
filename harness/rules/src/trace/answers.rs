//! The rules for exporters that one answer can break by itself.
//!
//! Knows which they are. Must never name one that needs a second answer, the memory, or the author's word: a trace asks
//! for nothing.

use bufcheck_model::case::ExporterCase;
use bufcheck_model::observation::{Answer, FieldSet, Round, Sweep};
use bufcheck_model::trace::{Site, Told};
use bufcheck_protocol::format::Platform;

use super::fault::Fault;
use super::traced::Traced;
use crate::exporter::{Evidence, judge};
use crate::hit::Hit;
use crate::table::rule;

/// The rules, in the order of their families. What makes two answers distinct for the tracer decides each of them.
pub const PROVEN_BY_AN_ANSWER: &[&str] = &[
    "refusal.returns-minus-one",
    "refusal.obj-not-owned",
    "obj.not-null-on-success",
    "obj.is-exporter-or-root",
    "obj.valid-pointer",
    "buf.not-null-unless-empty",
    "len.product-of-shape-times-itemsize",
    "len.non-negative",
    "view.all-fields-assigned",
    "itemsize.positive",
    "itemsize.matches-format",
    "format.null-unless-requested",
    "format.non-null-when-requested",
    "format.pointer-readable",
    "format.nul-terminated",
    "format.parses",
    "ndim.non-negative",
    "ndim.max-64",
    "ndim.matches-array-lengths",
    "scalar.shape-strides-suboffsets-null",
    "shape.null-unless-nd",
    "shape.non-negative",
    "shape.pointer-readable",
    "strides.null-unless-strides",
    "strides.non-null-when-requested",
    "strides.pointer-readable",
    "suboffsets.null-unless-indirect",
    "suboffsets.pointer-readable",
    "request.writable-refused-when-readonly",
    "request.nd-gives-shape",
    "request.c-contiguous",
    "request.f-contiguous",
    "request.any-contiguous",
];

/// What these answers break.
pub(super) fn faults(traced: &Traced) -> Vec<Fault<'_>> {
    let mut faults = Vec::new();
    for told in &traced.answers {
        let Some(site) = traced.sites.get(&told.site) else {
            continue;
        };
        let twin = twin(traced, told);
        for hit in hits(traced, site, told, twin) {
            let Some(rule) = PROVEN_BY_AN_ANSWER.iter().find(|rule| **rule == hit.rule) else {
                continue;
            };
            faults.push(Fault {
                rule,
                type_name: &site.made.type_name,
                asked_by: &site.asked_by,
                through: site.through.as_ref(),
                by: None,
                requests: hit.requests,
                broken: hit.broken,
                place: told.place.as_ref(),
                pid: traced.start.pid,
            });
        }
    }
    faults
}

/// An answer to the same question that left the same fields alone, after the other fill pattern: only both together
/// prove that a field was not written.
fn twin<'a>(traced: &'a Traced, told: &Told) -> Option<&'a Told> {
    let untouched = |told: &Told| match &told.answer {
        Answer::Granted(view) => view.untouched,
        Answer::Refused(_) => FieldSet::EMPTY,
    };
    let of = untouched(told);
    traced.answers.iter().find(|other| {
        other.site == told.site && other.poison != told.poison && !of.is_empty() && untouched(other) == of
    })
}

fn hits(traced: &Traced, site: &Site, told: &Told, twin: Option<&Told>) -> Vec<Hit> {
    let rounds = [Some(told), twin].into_iter().flatten().zip(0..);
    let sweep = Sweep {
        requests: vec![site.flags],
        answers: [Some(told), twin]
            .into_iter()
            .flatten()
            .map(|told| told.answer.clone())
            .collect(),
        rounds: rounds
            .map(|(told, number)| Round {
                poison: told.poison,
                answers: vec![Some(number)],
                content_after: None,
                references: None,
            })
            .collect(),
        ..Sweep::default()
    };
    let (declared, platform) = (ExporterCase::default(), Platform::host());
    let evidence = Evidence::new(&declared, &site.made, &platform, traced.start.python, &sweep, &[]);
    judge(
        &evidence,
        PROVEN_BY_AN_ANSWER.iter().filter_map(|id| rule(id)),
        &[],
    )
}
