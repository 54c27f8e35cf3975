//! The answers of which a format is due.
//!
//! Knows what the request says of it. Must never look into a format.

use bufcheck_protocol::format::Format;
use bufcheck_protocol::request::Request;

use crate::broken::Broken;
use crate::exporter::answers::by_answer;
use crate::exporter::evidence::{Evidence, Grant};

/// Whether the request settles that a format is due: what it must be without ND is contested.
pub(super) fn is_due(request: Request) -> bool {
    request.wants_format() && request.wants_shape()
}

/// What `check` says about each distinct answer with a format that is due and could be parsed.
pub(super) fn each_format(
    evidence: &Evidence<'_>,
    check: impl Fn(&Format, &Grant<'_>) -> Option<Broken>,
) -> Vec<(Vec<Request>, Broken)> {
    by_answer(evidence, is_due, |_, grant| {
        check(grant.facts.format.as_ref()?.as_ref().ok()?, grant)
    })
}
