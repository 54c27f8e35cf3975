//! Rules of the family `obj`: the owner of a view, and its references.
//!
//! Knows that a view owns one new reference to its exporter or to the root of a chain. Must never know how
//! references were counted.

use super::words::{in_every_round, is_interpreters_wrapper, sensible};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::ObjRef;
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "obj.new-reference",
        check: Check::Granted(new_reference),
    },
    Rule {
        id: "obj.not-null-on-success",
        check: Check::Granted(not_null),
    },
    Rule {
        id: "obj.is-exporter-or-root",
        check: Check::Granted(is_exporter_or_root),
    },
    Rule {
        id: "obj.same-for-every-request",
        check: Check::Whole(same_for_every_request),
    },
    Rule {
        id: "obj.refcount-balanced",
        check: Check::Granted(balanced),
    },
    Rule {
        id: "obj.valid-pointer",
        check: Check::Granted(valid_pointer),
    },
];

fn new_reference(grant: &Grant<'_>) -> Option<Broken> {
    let lacking = |grant: &Grant<'_>| {
        grant.view.obj == ObjRef::Exporter
            && grant
                .view
                .references
                .is_some_and(|references| references.during < 1)
    };
    let counted = !grant.evidence.made.immortal;
    (counted && lacking(grant) && in_every_round(grant, lacking)).then(|| {
        let during = grant.view.references.map_or(0, |references| references.during);
        Broken::new(
            format!("while the view is held the exporter's reference count is changed by {during}"),
            "a change of at least +1: `obj` is a new reference",
        )
    })
}

fn not_null(grant: &Grant<'_>) -> Option<Broken> {
    let found = match grant.view.obj {
        ObjRef::Null => "`obj` is NULL",
        // That a field was left alone is for one rule to say.
        ObjRef::Untouched | ObjRef::Exporter | ObjRef::Other(_) | ObjRef::Stray(_) => return None,
    };
    Some(Broken::new(
        found,
        "the exporter, or the root of the chain it redirects to",
    ))
}

fn valid_pointer(grant: &Grant<'_>) -> Option<Broken> {
    matches!(grant.view.obj, ObjRef::Stray(_)).then(|| {
        Broken::new(
            "`obj` is an address where no object is",
            "the exporter, or the root of a chain",
        )
    })
}

fn is_exporter_or_root(grant: &Grant<'_>) -> Option<Broken> {
    let ObjRef::Other(owner) = &grant.view.obj else {
        return None;
    };
    (!owner.exports && !is_interpreters_wrapper(owner)).then(|| {
        Broken::new(
            format!("`obj` is of type `{}`, which exports no buffer", owner.type_name),
            "the exporter, or the root of the chain it redirects to",
        )
    })
}

/// Who owns a view: the exporter, or another object of this type. Another object may be a new one each time.
#[derive(PartialEq, Eq)]
enum Holder<'a> {
    Exporter,
    Other(&'a str),
}

fn same_for_every_request(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let mut owners = evidence
        .grants()
        .filter(|grant| sensible(grant.request))
        .filter_map(|grant| {
            let holder = match &grant.view.obj {
                ObjRef::Exporter => Holder::Exporter,
                ObjRef::Other(owner) => Holder::Other(&owner.type_name),
                ObjRef::Null | ObjRef::Untouched | ObjRef::Stray(_) => return None,
            };
            Some((grant.request, holder))
        });
    let Some((first, usual)) = owners.next() else {
        return Vec::new();
    };
    owners
        .filter(|(_, holder)| *holder != usual)
        .map(|(request, holder)| {
            let found = format!("`obj` is {} (but {} under {first})", told(&holder), told(&usual));
            (
                vec![request],
                Broken::new(found, "the same owner whatever was asked"),
            )
        })
        .collect()
}

fn told(holder: &Holder<'_>) -> String {
    match holder {
        Holder::Exporter => "the exporter".into(),
        Holder::Other(type_name) => format!("an object of type `{type_name}`"),
    }
}

fn balanced(grant: &Grant<'_>) -> Option<Broken> {
    let drift = |grant: &Grant<'_>| grant.view.references.map_or(0, |references| references.after);
    let after = drift(grant);
    let leaks = after != 0 && !grant.view.unreleased && grant.evidence.keeps_references();
    // A fault of the exporter is the same every time; what others do to a shared object is not.
    (leaks && in_every_round(grant, |other| drift(other) == after)).then(|| {
        Broken::new(
            format!("after the release the exporter's reference count is changed by {after:+}"),
            "the count of before the request",
        )
    })
}
