//! The words in which rules tell what a view holds.
//!
//! Knows how fields read in a finding; addresses are never shown, since they differ from run to run. Must
//! never know a rule.

use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::{Array, Field, FieldSet, Owner, Raised, Text};
use bufcheck_protocol::request::{Request, WellFormed};

/// A string field, as it is shown to a reader.
pub(crate) fn text(text: &Text) -> String {
    match text {
        Text::Null => "NULL".into(),
        Text::Unreadable(_) => "a pointer that cannot be read".into(),
        Text::Unterminated(_) => "a string without an end".into(),
        Text::Ascii(text) | Text::Bytes(text) => format!("\"{text}\""),
    }
}

/// An array field, as it is shown to a reader.
pub(crate) fn array(array: &Array) -> String {
    match array {
        Array::Null => "NULL".into(),
        Array::Unreadable(_) => "a pointer that cannot be read".into(),
        Array::Unread(_) => "not NULL".into(),
        Array::InView(values) | Array::OnStack(values) | Array::Elsewhere(values) => format!("{values:?}"),
    }
}

/// Field names in backticks, joined.
pub(super) fn fields(fields: FieldSet) -> String {
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name())).collect();
    names.join(", ")
}

/// An exception by name and message.
pub(crate) fn exception(raised: &Raised) -> String {
    if raised.message.is_empty() {
        format!("`{}`", raised.type_name)
    } else {
        format!("`{}: {}`", raised.type_name, raised.message)
    }
}

/// The first few bytes, in hexadecimal.
pub(super) fn bytes(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    shown.join(" ")
}

/// Whether the documentation lets a consumer ask this.
pub(super) fn sensible(request: Request) -> bool {
    request.well_formed() != WellFormed::Malformed
}

/// Whether the word is `PyBUF_READ` or `PyBUF_WRITE`, which the interpreter itself may reject.
pub(crate) fn interpreters_own(request: Request) -> bool {
    request.flags() == 0x100 || request.flags() == 0x200
}

/// Whether this is the owner that the interpreter puts before the view of a class with `__buffer__`: a new
/// one for each view, and no exporter itself. It stands in no module; a class of that name stands in one.
///
/// Source: `Objects/typeobject.c`, `slot_bf_getbuffer`.
pub(super) fn is_interpreters_wrapper(owner: &Owner) -> bool {
    owner.type_name == "_buffer_wrapper" && !owner.exports && owner.releases
}

/// Whether `holds` for every view that was granted for the same request, over all rounds.
///
/// What happens in one round only may be a cache that fills, or a neighbour; a fault of the exporter shows
/// every time.
pub(super) fn in_every_round(grant: &Grant<'_>, holds: impl Fn(&Grant<'_>) -> bool) -> bool {
    let evidence = grant.evidence;
    evidence
        .rounds_of(grant.request)
        .filter_map(|answer| evidence.grant(grant.request, answer))
        .all(|grant| holds(&grant))
}

/// Whether every view granted for the same request starts at the same address: views that were never held together
/// can be compared by their addresses only where none is made anew.
pub(super) fn keeps_place(grant: &Grant<'_>) -> bool {
    let mut places = filled(grant.evidence, grant.request).map(|(_, other)| other.view);
    places.all(|other| other.buf == grant.view.buf && !other.untouched.contains(Field::Buf))
}

/// The views granted for a request, each with the fill pattern of its round.
pub(super) fn filled<'e>(
    evidence: &'e Evidence<'_>,
    request: Request,
) -> impl Iterator<Item = (u8, Grant<'e>)> {
    let position = evidence
        .sweep
        .requests
        .iter()
        .position(|flags| *flags == request.flags());
    evidence.sweep.rounds.iter().filter_map(move |round| {
        let answer = (*round.answers.get(position?)?)?;
        Some((round.poison, evidence.grant(request, answer)?))
    })
}
