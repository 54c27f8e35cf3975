//! Rules of the family `refusal`: how a request is turned down.
//!
//! Knows which exceptions say that a request cannot be met, and which tell of another cause. Must never know
//! whether a refusal was due.

use super::words::{self, interpreters_own, sensible};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Denial, Evidence};
use bufcheck_model::observation::{ObjRef, Raised};
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "refusal.raises-buffererror",
        check: Check::Refused(raises_buffererror),
    },
    Rule {
        id: "refusal.other-error-when-cause-differs",
        check: Check::Refused(other_cause),
    },
    Rule {
        id: "refusal.returns-minus-one",
        check: Check::Whole(returns_minus_one),
    },
    Rule {
        id: "refusal.obj-null",
        check: Check::Camp(obj_null),
    },
    Rule {
        id: "refusal.obj-not-owned",
        check: Check::Refused(obj_not_owned),
    },
    Rule {
        id: "refusal.no-export-counted",
        check: Check::Refused(no_export_counted),
    },
    Rule {
        id: "refusal.repeatable",
        check: Check::Relation,
    },
    Rule {
        id: "refusal.message-not-empty",
        check: Check::Refused(message_not_empty),
    },
    Rule {
        id: "py.raise-buffererror",
        check: Check::Refused(class_raises_buffererror),
    },
];

/// What an exception other than `BufferError` amounts to.
#[derive(PartialEq, Eq)]
enum Cause {
    /// The request: then `BufferError` was due.
    Request,
    /// Something else: no memory, an object that grants nothing any more, a state that comes and goes.
    Elsewhere,
}

/// The exception of a refusal that is no `BufferError`, and what it amounts to.
fn other_exception<'a>(denial: &Denial<'a>) -> Option<(&'a Raised, Cause)> {
    let raised = denial.refusal.raised.as_ref()?;
    if raised.is_buffer_error || interpreters_own(denial.request) {
        return None;
    }
    let evidence = denial.evidence;
    let cause = match raised.type_name.as_str() {
        "KeyboardInterrupt" | "SystemExit" | "GeneratorExit" => Cause::Request,
        // Whoever asks nonsense may be told so in other words.
        _ if !sensible(denial.request) => return None,
        "MemoryError" => Cause::Elsewhere,
        // No state of an object makes a class answer like this, even if it grants nothing at all.
        "TypeError" | "NotImplementedError" | "AttributeError" if evidence.made.python_level => {
            Cause::Request
        }
        // Where nothing at all is granted, the object's state is to blame and not the request.
        _ if evidence.granted(denial.request).is_some() || evidence.grants().next().is_none() => {
            Cause::Elsewhere
        }
        _ => Cause::Request,
    };
    Some((raised, cause))
}

fn raises_buffererror(denial: &Denial<'_>) -> Option<Broken> {
    if denial.evidence.made.python_level {
        return None;
    }
    not_buffererror(denial)
}

fn class_raises_buffererror(denial: &Denial<'_>) -> Option<Broken> {
    if denial.evidence.made.python_level {
        not_buffererror(denial)
    } else {
        None
    }
}

fn not_buffererror(denial: &Denial<'_>) -> Option<Broken> {
    let (raised, cause) = other_exception(denial)?;
    (cause == Cause::Request).then(|| {
        Broken::new(
            format!("refused with {}", words::exception(raised)),
            "`BufferError`",
        )
    })
}

fn other_cause(denial: &Denial<'_>) -> Option<Broken> {
    let (raised, cause) = other_exception(denial)?;
    (cause == Cause::Elsewhere).then(|| {
        Broken::new(
            format!("refused with {}", words::exception(raised)),
            "`BufferError`, unless the cause is another than the request, as it seems to be here",
        )
    })
}

fn returns_minus_one(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let granted = evidence.grants().filter_map(|grant| {
        let wanted = "0 and no exception, or -1 and an exception";
        let found = match (grant.view.returned, &grant.view.raised) {
            (0, None) => return None,
            (0, Some(raised)) => format!("returned 0 with {} set", words::exception(raised)),
            (returned, None) => format!("returned {returned}"),
            (returned, Some(raised)) => {
                format!("returned {returned} with {} set", words::exception(raised))
            }
        };
        Some((vec![grant.request], Broken::new(found, wanted)))
    });
    let refused = evidence
        .denials()
        .filter(|denial| denial.refusal.raised.is_none())
        .map(|denial| {
            (
                vec![denial.request],
                Broken::new("returned -1 without an exception", "-1 and an exception"),
            )
        });
    granted.chain(refused).collect()
}

fn obj_null(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut cleared = false;
    for denial in evidence
        .denials()
        .filter(|denial| !interpreters_own(denial.request))
    {
        match denial.refusal.obj {
            ObjRef::Untouched => return Some("untouched"),
            ObjRef::Null => cleared = true,
            ObjRef::Exporter | ObjRef::Other(_) | ObjRef::Stray(_) => {}
        }
    }
    cleared.then_some("cleared")
}

fn obj_not_owned(denial: &Denial<'_>) -> Option<Broken> {
    let found = match &denial.refusal.obj {
        ObjRef::Null | ObjRef::Untouched => return None,
        ObjRef::Exporter => "`obj` is the exporter".to_owned(),
        ObjRef::Other(owner) => format!("`obj` is an object of type `{}`", owner.type_name),
        ObjRef::Stray(_) => "`obj` is an address where no object is".to_owned(),
    };
    Some(Broken::new(
        found,
        "NULL after a refusal: a later PyBuffer_Release would drop it",
    ))
}

fn no_export_counted(denial: &Denial<'_>) -> Option<Broken> {
    let change = denial.refusal.references.filter(|change| *change != 0)?;
    let evidence = denial.evidence;
    // A cache that fills shows once; a leak shows in every round.
    let always = evidence
        .rounds_of(denial.request)
        .filter_map(|answer| evidence.denial(denial.request, answer))
        .all(|denial| {
            denial
                .refusal
                .references
                .is_some_and(|other| other.signum() == change.signum())
        });
    (always && evidence.keeps_references()).then(|| {
        Broken::new(
            format!("the exporter's reference count changed by {change:+}"),
            "no change: a refused request leaves nothing behind",
        )
    })
}

fn message_not_empty(denial: &Denial<'_>) -> Option<Broken> {
    let raised = denial.refusal.raised.as_ref()?;
    (raised.message.is_empty() && !interpreters_own(denial.request)).then(|| {
        Broken::new(
            format!("`{}` without a message", raised.type_name),
            "a message that says what cannot be had",
        )
    })
}
