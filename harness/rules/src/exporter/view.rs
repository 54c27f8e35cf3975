//! Rules of the family `view`: the struct as a whole.
//!
//! Knows that it comes filled with a pattern, two different ones in turn. Must never know what a single
//! field means.

use super::words::{self, filled, sensible};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::{Answer, Field, FieldSet};
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "view.all-fields-assigned",
        check: Check::Granted(all_fields_assigned),
    },
    Rule {
        id: "view.prior-content-ignored",
        check: Check::Whole(prior_content_ignored),
    },
    Rule {
        id: "view.struct-not-overrun",
        check: Check::Whole(struct_not_overrun),
    },
];

fn all_fields_assigned(grant: &Grant<'_>) -> Option<Broken> {
    if grant.view.untouched.is_empty() {
        return None;
    }
    let mut unwritten = grant.view.untouched;
    let mut first = None;
    let mut patterns = false;
    for (poison, grant) in filled(grant.evidence, grant.request) {
        patterns |= *first.get_or_insert(poison) != poison;
        unwritten = unwritten.and(grant.view.untouched);
    }
    let mut counted = FieldSet::EMPTY;
    for field in unwritten.iter().filter(|field| *field != Field::Internal) {
        counted.insert(field);
    }
    (patterns && !counted.is_empty()).then(|| {
        Broken::new(
            format!("never written: {}", words::fields(counted)),
            "every field but `internal` set, to NULL or a default where it was not asked",
        )
    })
}

fn prior_content_ignored(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let rounds = &evidence.sweep.rounds;
    let mut found = Vec::new();
    for (position, flags) in evidence.sweep.requests.iter().enumerate() {
        let request = Request::new(*flags);
        let answer_in = |round: usize| *rounds[round].answers.get(position)?;
        let Some(first) = (0..rounds.len()).find_map(answer_in) else {
            continue;
        };
        if (0..rounds.len()).all(|round| answer_in(round).is_none_or(|answer| answer == first)) {
            continue;
        }
        if sensible(request)
            && let Some(difference) = by_pattern(evidence, position)
        {
            let wanted = "the same whatever the struct held before";
            found.push((vec![request], Broken::new(difference, wanted)));
        }
    }
    found
}

/// What depends on the fill pattern and on nothing else: the answers are alike where the pattern is, in at
/// least two rounds each, and differ where it differs.
fn by_pattern(evidence: &Evidence<'_>, position: usize) -> Option<String> {
    let rounds = &evidence.sweep.rounds;
    let poison = rounds.first()?.poison;
    let of = |same: bool| {
        rounds
            .iter()
            .filter(move |round| (round.poison == poison) == same)
            .filter_map(move |round| {
                evidence
                    .sweep
                    .answers
                    .get((*round.answers.get(position)?)? as usize)
            })
    };
    let steady = |same: bool| {
        let one = of(same).next()?;
        (of(same).count() >= 2 && of(same).all(|other| differing(one, other).is_none())).then_some(one)
    };
    differing(steady(true)?, steady(false)?)
}

/// Where two answers differ, memory addresses and unwritten fields aside.
fn differing(one: &Answer, other: &Answer) -> Option<String> {
    let (a, b) = match (one, other) {
        (Answer::Granted(a), Answer::Granted(b)) => (a, b),
        (Answer::Refused(_), Answer::Refused(_)) => return None,
        (Answer::Granted(_), Answer::Refused(_)) | (Answer::Refused(_), Answer::Granted(_)) => {
            return Some("granted after one fill pattern, refused after another".into());
        }
    };
    let differs = |field: &Field| {
        if a.untouched.contains(*field) || b.untouched.contains(*field) {
            return false;
        }
        match field {
            Field::Obj => std::mem::discriminant(&a.obj) != std::mem::discriminant(&b.obj),
            Field::Len => a.len != b.len,
            Field::Itemsize => a.itemsize != b.itemsize,
            Field::Ndim => a.ndim != b.ndim,
            Field::Format => a.format != b.format,
            Field::Shape => a.shape.values() != b.shape.values(),
            Field::Strides => a.strides.values() != b.strides.values(),
            Field::Suboffsets => a.suboffsets.values() != b.suboffsets.values(),
            // Addresses of copies differ each time; half an int has a rule of its own.
            Field::Buf | Field::Readonly | Field::Internal => false,
        }
    };
    let mut fields = FieldSet::EMPTY;
    Field::ALL
        .into_iter()
        .filter(differs)
        .for_each(|field| fields.insert(field));
    (!fields.is_empty()).then(|| {
        format!(
            "depends on what the struct held before: {}",
            words::fields(fields)
        )
    })
}

fn struct_not_overrun(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let granted = evidence
        .grants()
        .filter(|grant| grant.view.overrun)
        .map(|grant| grant.request);
    let refused = evidence
        .denials()
        .filter(|denial| denial.refusal.overrun)
        .map(|denial| denial.request);
    let requests: Vec<Request> = granted.chain(refused).collect();
    if requests.is_empty() {
        return Vec::new();
    }
    vec![(
        requests,
        Broken::new(
            "bytes beside the struct were overwritten",
            "only the fields written",
        ),
    )]
}
