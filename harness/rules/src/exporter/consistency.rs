//! Rules of the family `consistency`: one object, one truth, whoever asks and however often.
//!
//! Knows how answers compare with what the author declared and with what the interpreter's own consumer reads; what
//! answers share with each other is stated in `cases/relations/`. Must never trust a declaration more than
//! it says.
//!
//! Source: `c-api/buffer#buffer-request-types`, `c-api/buffer#buffer-structure`.

use super::answers::by_answer;
use super::items::Truth;
use super::words::sensible;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Denial, Evidence, Grant};
use bufcheck_model::observation::{Content, MemoryviewReading};
use bufcheck_protocol::format::{Format, Names};
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "consistency.fields-follow-request",
        check: Check::Relation,
    },
    Rule {
        id: "consistency.content-equal",
        check: Check::Relation,
    },
    Rule {
        id: "consistency.same-after-repeat",
        check: Check::Relation,
    },
    Rule {
        id: "consistency.declared-format",
        check: Check::Whole(declared_format),
    },
    Rule {
        id: "consistency.declared-shape",
        check: Check::Granted(declared_shape),
    },
    Rule {
        id: "consistency.declared-readonly",
        check: Check::Whole(declared_readonly),
    },
    Rule {
        id: "consistency.declared-values",
        check: Check::Whole(declared_values),
    },
    Rule {
        id: "consistency.memoryview-agrees",
        check: Check::Whole(memoryview_agrees),
    },
];

fn declared_format(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let Some(Ok(declared)) = evidence.declared.format.as_deref().map(Format::parse) else {
        return Vec::new();
    };
    by_answer(
        evidence,
        |request| request.wants_format() && request.wants_shape() && sensible(request),
        |_, grant| {
            let found = grant.view.format.ascii()?;
            if found == declared.text() {
                return None;
            }
            let same = grant
                .facts
                .format
                .as_ref()?
                .as_ref()
                .is_ok_and(|found| found.equivalent(&declared, evidence.platform, Names::Ignored));
            (!same).then(|| {
                Broken::new(
                    format!("format \"{found}\""),
                    format!("\"{declared}\", as declared, or its equal"),
                )
            })
        },
    )
}

fn declared_shape(grant: &Grant<'_>) -> Option<Broken> {
    let declared = grant.evidence.declared.shape.as_ref()?;
    if !grant.request.wants_shape() || !sensible(grant.request) {
        return None;
    }
    let view = grant.view;
    let found: &[i64] = match view.shape.values() {
        Some(found) => found,
        None if view.shape.is_null() && view.ndim == 0 => &[],
        None => return None,
    };
    let same = found.len() == declared.len()
        && found
            .iter()
            .zip(declared)
            .all(|(found, declared)| u64::try_from(*found) == Ok(*declared));
    (!same).then(|| Broken::new(format!("shape {found:?}"), format!("{declared:?}, as declared")))
}

fn declared_readonly(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let requests_of = |which: fn(&Grant<'_>) -> bool| -> Vec<Request> {
        let grants = evidence.grants().filter(which);
        grants.map(|grant| grant.request).collect()
    };
    let found = match evidence.declared.readonly {
        Some(true) => vec![
            (
                requests_of(|grant| grant.request.wants_writable()),
                Broken::new("WRITABLE granted", "refused: declared read-only"),
            ),
            (
                requests_of(claims_writable),
                Broken::new("readonly 0", "readonly 1: declared read-only"),
            ),
        ],
        Some(false) => {
            let denials = evidence.denials().filter(refused_for_writing);
            vec![(
                denials.map(|denial| denial.request).collect(),
                Broken::new(
                    "WRITABLE refused where the same without it is granted",
                    "granted: declared writable",
                ),
            )]
        }
        None => Vec::new(),
    };
    found
        .into_iter()
        .filter(|(requests, _)| !requests.is_empty())
        .collect()
}

/// A copy served for want of better memory may be written without harm.
fn claims_writable(grant: &Grant<'_>) -> bool {
    let native = grant.evidence.native();
    !grant.request.wants_writable()
        && grant.view.readonly == 0
        && native.is_none_or(|native| native_meets(grant.request, native.class))
}

/// Whether nothing but WRITABLE can be the reason; a copy that is served for want of better memory cannot be
/// written with effect, so it may well be refused.
fn refused_for_writing(denial: &Denial<'_>) -> bool {
    let request = denial.request;
    let evidence = denial.evidence;
    request.wants_writable()
        && sensible(request)
        && evidence.granted(request).is_none()
        && evidence
            .native()
            .is_some_and(|native| native_meets(request, native.class))
        && evidence.granted(request.without(Request::WRITABLE)).is_some()
        && evidence.refused(request.without(Request::WRITABLE)).is_none()
}

fn declared_values(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let Some(truth) = Truth::of(evidence) else {
        return Vec::new();
    };
    let by_own_format = |request: Request| request.wants_format() && request.wants_shape();
    let judge = |own: bool| {
        by_answer(
            evidence,
            |request| sensible(request) && by_own_format(request) == own,
            |_, grant| {
                let difference = truth.difference(grant)?;
                Some(Broken::new(
                    format!("{} is {}", difference.item, difference.found),
                    format!("{}, as declared", difference.declared),
                ))
            },
        )
    };
    let mut found = judge(true);
    found.extend(judge(false));
    found
}

/// `memoryview(object)` asks `FULL_RO`; what it makes of the answer is compared with what was read through it.
fn memoryview_agrees(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let Some(MemoryviewReading::Bytes { bytes, complete }) = &evidence.made.memoryview else {
        return Vec::new();
    };
    if !evidence.is_steady() {
        return Vec::new();
    }
    by_answer(
        evidence,
        |request| request == Request::FULL_RO,
        |_, grant| {
            let content = grant.content.filter(|content| content.unreadable.is_none())?;
            disagreement(content, bytes, *complete)
        },
    )
}

fn disagreement(content: &Content, seen: &[u8], complete: bool) -> Option<Broken> {
    let place = content
        .bytes
        .iter()
        .zip(seen)
        .position(|(one, other)| one != other);
    if let Some(place) = place {
        return Some(Broken::new(
            format!(
                "byte {place} of the items is {:02x}, memoryview reads {:02x}",
                content.bytes[place], seen[place]
            ),
            "the same bytes for every consumer",
        ));
    }
    (content.complete && complete && content.bytes.len() != seen.len()).then(|| {
        Broken::new(
            format!(
                "{} bytes of items, memoryview reads {}",
                content.bytes.len(),
                seen.len()
            ),
            "the same bytes for every consumer",
        )
    })
}
