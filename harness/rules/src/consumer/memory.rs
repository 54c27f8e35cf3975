//! Memory that a consumer touched though it must not, and calls that ended the process.
//!
//! Knows what each place and moment of a fault breaks. Must never know what the consumer computes.

use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Access, Empty, Ended, Fault, Place, Region};
use bufcheck_protocol::request::Request;

use super::evidence::{Evidence, Seen};
use super::offence::{BY_LEN, Kind, Offence};
use super::words::{asked, did, memory, region};
use crate::death::ended;

/// Everything of this kind in one call.
pub(super) fn offences<'a>(seen: &Seen<'a>, found: &mut Vec<Offence<'a>>) {
    let before = found.len();
    for fault in &seen.spied.faults {
        let offence = of_fault(seen, fault);
        // One call, one finding a rule: a loop that has left the buffer touches much.
        if let Some(offence) = offence
            && !found[before..].iter().any(|known| known.rule == offence.rule)
            && !(offence.kind == Kind::Bounds
                && found[before..].iter().any(|known| known.kind == Kind::Bounds))
        {
            found.push(offence);
        }
    }
    if let Ended::Died(how) = seen.spied.ended
        && found.len() == before
    {
        found.push(death(seen, how));
    }
    writes(seen, found);
}

fn of_fault<'a>(seen: &Seen<'a>, fault: &Fault) -> Option<Offence<'a>> {
    let offence =
        |kind, rule, found: String, wanted: &str| Some(Offence::new(seen, kind, rule, found, wanted));
    let (Place::Inside(touched) | Place::Before(touched) | Place::Behind(touched)) = fault.place else {
        return None;
    };
    if fault.held == 0 {
        // Nobody can know an address that was never handed out.
        return (fault.granted > 0).then(|| after_release(seen, fault, touched));
    }
    let wrote = fault.access != Some(Access::Read);
    let name = region(touched, seen);
    match (fault.place, touched) {
        (Place::Inside(_), Region::Memory | Region::Pointers) if wrote => offence(
            Kind::Other,
            "consumer.no-write-without-writable",
            format!(
                "wrote to memory of a read-only view, asked for with {}",
                asked(seen)
            ),
            "no write: `readonly` is not 0",
        ),
        (Place::Inside(_), Region::Shape | Region::Strides | Region::Suboffsets | Region::Format)
            if wrote =>
        {
            offence(
                Kind::Other,
                read_only(touched),
                format!("wrote to {name} of a view"),
                "the arrays and the format belong to the exporter",
            )
        }
        (Place::Inside(_), _) => offence(
            Kind::Other,
            "consumer.fields-not-requested",
            format!(
                "{} {name}, which {} does not give",
                did(fault.access),
                asked(seen)
            ),
            "only fields that the request asks for",
        ),
        (place, _) => {
            let side = if matches!(place, Place::Before(_)) {
                "before the start"
            } else {
                "past the end"
            };
            let shaped = seen.was_given(Request::ND);
            let rule = if shaped {
                "consumer.bounds-by-shape"
            } else {
                BY_LEN
            };
            let wanted = if shaped {
                "every index below the extent of its axis"
            } else {
                "`len` bytes, and no more"
            };
            offence(
                Kind::Bounds,
                rule,
                format!(
                    "{} {side} of {name}, asked for with {}",
                    did(fault.access),
                    asked(seen)
                ),
                wanted,
            )
        }
    }
}

const fn read_only(touched: Region) -> &'static str {
    match touched {
        Region::Strides => "strides.read-only-for-consumer",
        Region::Suboffsets => "suboffsets.read-only-for-consumer",
        Region::Format => "format.read-only-for-consumer",
        Region::Shape | Region::Memory | Region::Pointers => "shape.read-only-for-consumer",
    }
}

fn after_release<'a>(seen: &Seen<'a>, fault: &Fault, touched: Region) -> Offence<'a> {
    let name = match touched {
        Region::Memory => "the memory".to_owned(),
        other => region(other, seen),
    };
    let did = did(fault.access);
    if fault.after_call {
        return Offence::new(
            seen,
            Kind::Other,
            "consumer.holds-view-while-using-memory",
            format!("its result {did} {name} though no view was held any more"),
            "the view is held as long as its memory is used",
        );
    }
    Offence::new(
        seen,
        Kind::Other,
        "release.no-use-after",
        format!("{did} {name} after the release"),
        "nothing of a view is used once it was given back",
    )
}

/// The process ended, and not through memory of the spy.
fn death<'a>(seen: &Seen<'a>, ending: HowEnded) -> Offence<'a> {
    let how = format!("the process {}", ended(ending));
    let last = seen.spied.faults.last().map(|fault| fault.place);
    let refused = seen.is_refused();
    if refused && matches!(last, Some(Place::Impossible | Place::Null(_) | Place::Elsewhere)) {
        return Offence::new(
            seen,
            Kind::Other,
            "refusal.no-field-assumptions",
            format!("{how}: after a refusal a field of the struct was followed"),
            "no field of a struct that was not filled is used",
        );
    }
    let last_granted = seen.granted().next_back();
    if let (Some(Place::Null(offset)), Some(request)) = (last, last_granted)
        && !request.contains(Request::FULL_RO)
        && seen.spy.empty != Some(Empty::Null)
    {
        return Offence::new(
            seen,
            Kind::Death,
            "consumer.fields-not-requested",
            format!(
                "{how}: a null pointer was followed (address {offset}), and {} leaves {} NULL",
                asked(seen),
                missing(request)
            ),
            "only fields that the request asks for",
        );
    }
    // Who goes on for ever, or leaves, did not do so for want of looking at how the items lie.
    let by_signal = matches!(ending, HowEnded::Signal(_));
    Offence::new(
        seen,
        if by_signal { Kind::Death } else { Kind::Other },
        "consumer.survives",
        how,
        "a result or an exception, whatever a buffer shows",
    )
}

/// The fields that a request does not ask for, in words.
fn missing(request: Request) -> String {
    let fields = [
        ("`format`", request.wants_format()),
        ("`shape`", request.wants_shape()),
        ("`strides`", request.wants_strides()),
        ("`suboffsets`", request.takes_suboffsets()),
    ];
    let lacking = fields.iter().filter(|(_, asked)| !asked);
    lacking.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Memory that was changed, where no fault tells of it.
fn writes<'a>(seen: &Seen<'a>, found: &mut Vec<Offence<'a>>) {
    let Some(written) = &seen.spied.written else {
        return;
    };
    if !seen.was_given(Request::WRITABLE) && seen.call.readonly == 0 {
        found.push(Offence::new(
            seen,
            Kind::Other,
            "consumer.request-writable-to-write",
            format!("wrote to {}, asked for with {}", memory(seen), asked(seen)),
            "a request with WRITABLE",
        ));
    }
    if written.gaps {
        found.push(Offence::new(
            seen,
            Kind::Bounds,
            "consumer.bounds-by-shape",
            "wrote between the items",
            "only items are written",
        ));
    }
}

/// Requests that no consumer should make.
pub(super) fn malformed<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    for seen in evidence.spied() {
        let alone = |request: Request| request.wants_format() && !request.wants_shape();
        if let Some((request, _)) = seen.asked().find(|(request, _)| alone(*request)) {
            found.push(Offence::new(
                &seen,
                Kind::Other,
                "request.format-alone-malformed",
                format!("asked {request} ({}): a format, and no shape", request.hex()),
                "FORMAT only together with ND",
            ));
        }
    }
}
