//! What the author declares of a consumer, compared with what it does.
//!
//! Knows `writes` and `formats` of a consumer. Must never know what the consumer computes: the oracle is asked elsewhere.

use bufcheck_model::spy::Ended;

use super::evidence::{Evidence, Seen};
use super::offence::{Kind, Offence};
use super::words::memory;

/// Pairs of plain spies with the same bytes in two formats of one size.
const SAME_BYTES: [[&str; 2]; 2] = [
    ["spies/ints/plain", "spies/floats/bytes-of-ints"],
    ["spies/long-longs/plain", "spies/doubles/bytes-of-long-longs"],
];

/// Everything of this kind.
pub(super) fn offences<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    match evidence.case.writes {
        Some(false) => writes_all_the_same(evidence, found),
        Some(true) => never_writes(evidence, found),
        None => {}
    }
    if evidence.case.formats.is_empty() {
        return;
    }
    for format in &evidence.case.formats {
        refuses(evidence, format, found);
    }
    takes_for_another(evidence, found);
}

fn writes<'a>(seen: &Seen<'a>, text: String, wanted: &str) -> Offence<'a> {
    Offence::new(seen, Kind::Other, "consumer.declared-writes", text, wanted)
}

fn writes_all_the_same<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    let wrote = evidence.spied().filter(|seen| seen.spied.written.is_some());
    found.extend(wrote.map(|seen| {
        let text = format!("wrote to {}", memory(&seen));
        writes(&seen, text, "no write: `writes = false` is declared")
    }));
}

/// A consumer may have nothing to write into one buffer; that it has nothing for any says that it does not write.
fn never_writes<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    let mut writable = evidence
        .spied()
        .filter(|seen| seen.call.readonly == 0 && plain(seen) && seen.result().is_some());
    let Some(first) = writable.next() else {
        return;
    };
    if evidence.spied().all(|seen| seen.spied.written.is_none()) {
        let text = "left all writable memory as it was".to_owned();
        found.push(writes(&first, text, "a write: `writes = true` is declared"));
    }
}

/// Nothing about it is unusual: whoever takes its format takes it.
fn plain(seen: &Seen<'_>) -> bool {
    let spy = seen.spy;
    spy.blames.is_none() && spy.refuses.is_none() && spy.strides.is_none() && !spy.is_empty()
}

/// A declared format is refused in every plain buffer of it.
fn refuses<'a>(evidence: &Evidence<'a>, format: &str, found: &mut Vec<Offence<'a>>) {
    let of_it: Vec<Seen<'a>> = evidence
        .spied()
        .filter(|seen| plain(seen) && seen.spy.format == format.trim())
        .collect();
    let Some(Ended::Raised {
        type_name, message, ..
    }) = of_it.first().map(|seen| &seen.spied.ended)
    else {
        return;
    };
    if of_it.iter().all(Seen::raised) {
        let text = format!("refused with {type_name}: {message}");
        let wanted = format!("a result: `{format}` is among the declared `formats`");
        found.push(formats(&of_it[0], text, wanted));
    }
}

fn formats<'a>(seen: &Seen<'a>, text: String, wanted: String) -> Offence<'a> {
    Offence::new(seen, Kind::Other, "consumer.declared-formats", text, wanted)
}

/// A format that is not declared gives what the same bytes give in one that is.
fn takes_for_another<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    if !evidence.steady() {
        return;
    }
    let declared = |seen: &Seen<'_>| {
        evidence
            .case
            .formats
            .iter()
            .any(|format| format.trim() == seen.spy.format)
    };
    let read_only = |id| evidence.other(id, 1).or_else(|| evidence.other(id, 0));
    for [one, other] in SAME_BYTES {
        let (Some(one), Some(other)) = (read_only(one), read_only(other)) else {
            continue;
        };
        for (known, unknown) in [(&one, &other), (&other, &one)] {
            if declared(known)
                && !declared(unknown)
                && unknown.granted().next().is_some()
                && Evidence::alike(known, unknown) == Some(true)
                && !known.hands_back()
            {
                let text = format!("took `{}` for `{}`", unknown.spy.format, known.spy.format);
                let wanted = "an exception, or a result of the items as they are".to_owned();
                found.push(formats(unknown, text, wanted));
            }
        }
    }
}
