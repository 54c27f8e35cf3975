//! Rules of the family `request`: which requests are answered, and how; with the twin of one of them for
//! classes with `__buffer__`.
//!
//! Knows verdicts, the readonly choice, and what asking must not change; what the structure macros ask for is
//! in [`structure`]. Must never know how an exporter came by its answer.

mod structure;

use super::handed::{known_writable, shown};
use super::words::{self, sensible};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Denial, Evidence, Grant};
use crate::exporter::readonly;
use bufcheck_model::observation::Content;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::Outcome;
use bufcheck_protocol::outcome::{native_meets, outcome};
use bufcheck_protocol::request::{Request, WellFormed};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "request.met-when-possible",
        check: Check::Refused(met_when_possible),
    },
    Rule {
        id: "request.writable-refused-when-readonly",
        check: Check::Granted(writable_refused_when_readonly),
    },
    Rule {
        id: "request.writable-orthogonal",
        check: Check::Relation,
    },
    Rule {
        id: "request.readonly-choice-consistent",
        check: Check::Whole(readonly_choice),
    },
    Rule {
        id: "request.readonly-implied-by-writable-success",
        check: Check::Granted(readonly_implied_by_writable),
    },
    Rule {
        id: "request.format-always-available",
        check: Check::Relation,
    },
    Rule {
        id: "request.nd-gives-shape",
        check: Check::Granted(structure::nd_gives_shape),
    },
    Rule {
        id: "request.no-strides-means-c-contiguous",
        check: Check::Granted(structure::no_strides_means_c),
    },
    Rule {
        id: "request.c-contiguous",
        check: Check::Granted(structure::c_contiguous),
    },
    Rule {
        id: "request.f-contiguous",
        check: Check::Granted(structure::f_contiguous),
    },
    Rule {
        id: "request.any-contiguous",
        check: Check::Granted(structure::any_contiguous),
    },
    Rule {
        id: "request.several-contiguity-flags",
        check: Check::Granted(structure::several_contiguity),
    },
    Rule {
        id: "request.indirect-with-contiguity",
        check: Check::Granted(structure::indirect_with_contiguity),
    },
    Rule {
        id: "request.suboffsets-refused-without-indirect",
        check: Check::Granted(structure::suboffsets_without_indirect),
    },
    Rule {
        id: "request.extra-capability-harmless",
        check: Check::Relation,
    },
    Rule {
        id: "request.format-alone-outcome",
        check: Check::Camp(format_alone),
    },
    Rule {
        id: "request.partial-macro-ignored",
        check: Check::Relation,
    },
    Rule {
        id: "request.unknown-bits-ignored",
        check: Check::Relation,
    },
    Rule {
        id: "request.no-side-effects-on-data",
        check: Check::Whole(no_side_effects),
    },
    Rule {
        id: "py.readonly-choice-consistent",
        check: Check::Whole(readonly_choice_of_class),
    },
];

fn met_when_possible(denial: &Denial<'_>) -> Option<Broken> {
    let evidence = denial.evidence;
    if denial.request.well_formed() != WellFormed::Yes {
        return None;
    }
    let Some(native) = evidence.native() else {
        return nothing_granted(denial);
    };
    let readonly = !known_writable(evidence);
    (outcome(denial.request, native.class, readonly) == Outcome::Grant).then(|| {
        let raised = &denial.refusal.raised;
        Broken::new(
            raised
                .as_ref()
                .map_or("refused without an exception".to_owned(), |raised| {
                    format!("refused with {}", words::exception(raised))
                }),
            format!(
                "granted: the memory as {} shows it ({}) meets the request",
                native.request,
                shown(&native.layout)
            ),
        )
    })
}

/// A request that memory of every layout meets, refused like all others, of an object that is declared to hold something.
fn nothing_granted(denial: &Denial<'_>) -> Option<Broken> {
    let (evidence, request) = (denial.evidence, denial.request);
    let declared = evidence.declared;
    let says_something = declared.shape.is_some() || declared.format.is_some() || declared.values.is_some();
    let always = || {
        LayoutClass::ALL
            .iter()
            .all(|class| outcome(request, *class, true) == Outcome::Grant)
    };
    if !says_something || declared.grants == Some(false) || evidence.grants().next().is_some() || !always() {
        return None;
    }
    let raised = denial.refusal.raised.as_ref();
    let refused = raised.map_or("refused".to_owned(), |raised| {
        format!("refused with {}", words::exception(raised))
    });
    let broken = Broken::new(
        format!("{refused}, and so is everything else"),
        "granted: it is declared what the object holds",
    );
    Some(broken.raised())
}

fn writable_refused_when_readonly(grant: &Grant<'_>) -> Option<Broken> {
    if !grant.request.wants_writable() {
        return None;
    }
    (readonly::is_readonly(grant) == Some(true)).then(|| {
        Broken::new(
            format!("granted, with `readonly` {}", grant.view.readonly),
            "a refusal, or writable memory with `readonly` 0",
        )
    })
}

fn readonly_choice(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    if evidence.made.python_level {
        Vec::new()
    } else {
        wavering(evidence)
    }
}

fn readonly_choice_of_class(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    if evidence.made.python_level {
        wavering(evidence)
    } else {
        Vec::new()
    }
}

/// The requests that show another `readonly` than the first one.
fn wavering(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let mut choices = evidence.grants().filter_map(|grant| {
        let counts = !grant.request.wants_writable() && sensible(grant.request) && !may_be_copy(&grant);
        Some((grant.request, readonly::is_readonly(&grant).filter(|_| counts)?))
    });
    let Some((first, chosen)) = choices.next() else {
        return Vec::new();
    };
    let others: Vec<Request> = choices
        .filter(|(_, readonly)| *readonly != chosen)
        .map(|(request, _)| request)
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let name = |readonly| if readonly { "read-only" } else { "writable" };
    let found = format!("{} (but {} under {first})", name(!chosen), name(chosen));
    vec![(
        others,
        Broken::new(found, "the same choice for every request without WRITABLE"),
    )]
}

/// Whether the view may be of a copy, since native memory does not meet the request.
fn may_be_copy(grant: &Grant<'_>) -> bool {
    let native = grant.evidence.native();
    native.is_some_and(|native| !native_meets(grant.request, native.class))
}

fn readonly_implied_by_writable(grant: &Grant<'_>) -> Option<Broken> {
    let evidence = grant.evidence;
    if !evidence.grants_writable() || grant.request.wants_writable() || !sensible(grant.request) {
        return None;
    }
    if readonly::is_readonly(grant) != Some(true) {
        return None;
    }
    let writable = evidence.granted(grant.request.with(Request::WRITABLE))?;
    (readonly::is_readonly(&writable) == Some(false)).then(|| {
        Broken::new(
            format!(
                "`readonly` {}, though WRITABLE added is granted",
                grant.view.readonly
            ),
            "`readonly` 0 also where WRITABLE is not asked",
        )
    })
}

fn format_alone(evidence: &Evidence<'_>) -> Option<&'static str> {
    // Read-only memory refuses the word with WRITABLE for that bit alone, so only the other one tells.
    let request = Request::FORMAT;
    let native = evidence.native_grant();
    if let Some(grant) = evidence.granted(request) {
        let truth = native.as_ref().and_then(|native| native.view.format.ascii());
        return match (grant.view.format.ascii()?, truth?) {
            // Where the true format is "B" itself, the two camps look alike.
            ("B", "B") => None,
            ("B", _) => Some("bytes"),
            (format, truth) if format == truth => Some("true-format"),
            _ => None,
        };
    }
    // Memory that is not C-contiguous is refused for that, since no strides were asked.
    let meets = evidence
        .native()
        .is_some_and(|native| native_meets(request, native.class));
    (meets && evidence.refused(request).is_some()).then_some("refuse")
}

fn no_side_effects(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let before = evidence.native_grant().and_then(|native| native.content);
    let comparable = |content: &&Content| evidence.is_steady() && content.unreadable.is_none();
    let Some(before) = before.filter(comparable) else {
        return Vec::new();
    };
    let changed = evidence.sweep.rounds.iter().find_map(|round| {
        let after = evidence.sweep.contents.get(round.content_after? as usize)?;
        difference(before, after)
    });
    changed.map(|broken| (Vec::new(), broken)).into_iter().collect()
}

fn difference(before: &Content, after: &Content) -> Option<Broken> {
    if after.unreadable.is_some() {
        return None;
    }
    let place = before
        .bytes
        .iter()
        .zip(&after.bytes)
        .position(|(one, other)| one != other)?;
    Some(Broken::new(
        format!(
            "after all requests the content is {} from byte {place} on (before: {})",
            words::bytes(&after.bytes[place..]),
            words::bytes(&before.bytes[place..])
        ),
        "the same bytes before and after",
    ))
}
