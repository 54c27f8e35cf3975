//! What came of one consumer and one exporter, and what was to be expected.
//!
//! Knows the call, the same call with plain buffers, and what spies of the same kind saw. Must never know how any of it
//! was tried. No rule is judged here: neither of the two need be at fault.

use bufcheck_model::compat::{Cell, Verdict};
use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Ended, Lie, Measured, Met, Outcome, Spy, Told, Twin};
use bufcheck_protocol::request::Request;

use super::evidence::{Evidence, Seen};
use crate::death::ended;

/// Judges one pair.
pub fn pair(evidence: &Evidence<'_>, met: &Met) -> Cell {
    let (verdict, reason) = verdict(evidence, met);
    Cell {
        verdict,
        reason,
        expected: met.real.as_ref().and_then(|_| expected(evidence, met)),
    }
}

fn verdict(evidence: &Evidence<'_>, met: &Met) -> (Verdict, String) {
    if let Some(reason) = &met.unmade {
        return (
            Verdict::NotTried,
            format!("the exporter could not be made: {reason}"),
        );
    }
    let Some(real) = &met.real else {
        return (Verdict::NotTried, "there was no call".into());
    };
    match &real.ended {
        Ended::Died(HowEnded::Hung) => (Verdict::Hung, "the call did not come back".into()),
        Ended::Died(how) => (Verdict::Died, format!("the process {}", ended(*how))),
        Ended::Raised {
            type_name, message, ..
        } => refused(met, &format!("{type_name}: {message}")),
        Ended::Unreadable(told) => {
            let text = format!("the result cannot be read: {}", told.text);
            // Nor could that of a plain buffer, or it was the object itself.
            let verdict = plain(evidence, met).map_or(Verdict::Works, |_| Verdict::Wrong);
            (verdict, text)
        }
        Ended::Returned(told) => compared(evidence, met, (real, told)),
    }
}

/// What the consumer makes of a plain buffer of the same content; to give it back unread is no result.
fn plain<'m>(evidence: &Evidence<'_>, met: &'m Met) -> Option<&'m Told> {
    let told = likely(evidence, met).and_then(returned)?;
    (!told.is_unread()).then_some(told)
}

/// A result beside that of plain buffers.
fn compared(evidence: &Evidence<'_>, met: &Met, (real, told): (&Outcome, &Told)) -> (Verdict, String) {
    let works = |reason: &str| (Verdict::Works, reason.to_owned());
    if is_right(evidence, met, real) {
        return works("");
    }
    if is_in_memory_order(met, told) {
        return works("the bytes come as they lie in memory, in Fortran order");
    }
    let Some(plain) = plain(evidence, met) else {
        return works("there is nothing to compare the result with");
    };
    let found = if told.digest == plain.digest {
        "other bytes are left in the memory".to_owned()
    } else {
        format!("the result is {}", told.text)
    };
    let text = format!("{found}; a plain buffer of the same content gives {}", plain.text);
    match &met.viewed {
        Some(viewed) if is_right(evidence, met, viewed) => (
            Verdict::Otherwise,
            format!("{text}, and so does a memoryview of it"),
        ),
        // As a buffer it is not taken: the result is not one of its buffer.
        Some(Outcome {
            ended: Ended::Raised {
                type_name, message, ..
            },
            ..
        }) => (
            Verdict::Otherwise,
            format!("{text}; a memoryview of it is refused with {type_name}: {message}"),
        ),
        None => (
            Verdict::Otherwise,
            format!("{text}; no memoryview of it can be made, to know why"),
        ),
        Some(_) => (Verdict::Wrong, text),
    }
}

/// Who refuses: the exporter, if it refuses whatever the consumer asks of such a buffer.
fn refused(met: &Met, told: &str) -> (Verdict, String) {
    let refusals: Vec<_> = met
        .answers
        .iter()
        .filter_map(|(word, refusal)| Some((word, refusal.as_ref()?)))
        .collect();
    let own = |refusal: &&(&Request, &String)| {
        let words = refusal.1.split_once(": ").map_or("", |(_, words)| words);
        !words.is_empty() && told.contains(words)
    };
    let all = !met.answers.is_empty() && refusals.len() == met.answers.len();
    // Its own words come out of the consumer: it was the exporter's refusal, whatever else was granted.
    let spoken = refusals.iter().find(own);
    if let Some((word, refusal)) = spoken.or(refusals.first().filter(|_| all)) {
        return (
            Verdict::ExporterRefuses,
            format!("it refuses {word} ({}) with {refusal}", word.hex()),
        );
    }
    let same = [&met.items, &met.bytes].into_iter().flatten();
    let with_plain = same.map(returned).any(|plain| plain.is_some());
    let told = if with_plain {
        format!("{told}, and takes a plain buffer of the same content")
    } else {
        told.to_owned()
    };
    (Verdict::ConsumerRefuses, told)
}

fn returned(outcome: &Outcome) -> Option<&Told> {
    match &outcome.ended {
        Ended::Returned(told) => Some(told),
        Ended::Unreadable(_) | Ended::Raised { .. } | Ended::Died(_) => None,
    }
}

/// The plain buffer that the consumer would most likely take it for.
fn likely<'m>(evidence: &Evidence<'_>, met: &'m Met) -> Option<&'m Outcome> {
    let order = if evidence.asks_shapes() {
        [&met.items, &met.bytes]
    } else {
        [&met.bytes, &met.items]
    };
    order
        .into_iter()
        .flatten()
        .find(|outcome| returned(outcome).is_some())
}

/// As with one of the plain buffers; equal buffers may give different results to begin with.
fn is_right(evidence: &Evidence<'_>, met: &Met, outcome: &Outcome) -> bool {
    let Some(told) = returned(outcome) else {
        return false;
    };
    let plain = [&met.items, &met.bytes].into_iter().flatten();
    let same = |plain: &Outcome| {
        returned(plain).is_some_and(|plain| plain.digest == told.digest)
            && (plain.left == outcome.left || outcome.left.is_none())
    };
    !evidence.steady() || plain.into_iter().any(same)
}

/// Texts leave open in which order the bytes of Fortran memory come.
fn is_in_memory_order(met: &Met, told: &Told) -> bool {
    let memory = met.memory.as_ref().and_then(returned);
    memory.is_some_and(|memory| memory.digest == told.digest)
}

/// What spies of the same kind and the exporter's own answers say.
fn expected(evidence: &Evidence<'_>, met: &Met) -> Option<Verdict> {
    let content = met.content.as_ref()?;
    let like = evidence.spied().filter(|seen| is_like(seen, content));
    let seen = like.max_by_key(|seen| closeness(seen.spy, content))?;
    // What a plain buffer of this content meets, and one of the spy's content does not, is about the content.
    let plain = evidence.twin(&seen, Twin::Layout)?;
    if met.items.as_ref().map(|items| returned(items).is_some()) != Some(plain.is_answered()) {
        return None;
    }
    let answer = |word: Request| met.answers.iter().find(|(known, _)| *known == word);
    let words = seen.requests();
    let refuses = |word: &Request| answer(*word).is_some_and(|(_, refusal)| refusal.is_some());
    if !words.is_empty() && words.iter().all(refuses) && !(seen.is_refused() && seen.is_answered()) {
        return Some(Verdict::ExporterRefuses);
    }
    Some(match &seen.spied.ended {
        Ended::Raised { .. } if seen.is_refused() => Verdict::ExporterRefuses,
        Ended::Raised { .. } => Verdict::ConsumerRefuses,
        Ended::Returned(_) if seen.hands_back() => Verdict::Works,
        Ended::Died(HowEnded::Hung) => Verdict::Hung,
        Ended::Died(_) => Verdict::Died,
        Ended::Unreadable(_) => Verdict::Wrong,
        Ended::Returned(_) => {
            let twins = [Twin::Layout, Twin::Bytes].map(|twin| evidence.twin(&seen, twin));
            let unlike =
                |twin: &Option<Seen<'_>>| twin.and_then(|twin| Evidence::alike(&seen, &twin)) == Some(false);
            if evidence.steady() && twins.iter().all(unlike) {
                Verdict::Wrong
            } else {
                Verdict::Works
            }
        }
    })
}

/// A spy that lies in memory as the exporter does, with items of its format.
fn is_like(seen: &Seen<'_>, content: &Measured) -> bool {
    let spy = seen.spy;
    spy.refuses.is_none()
        && !spy.contested
        && !spy.changes
        && !spy.repeats()
        && (seen.call.readonly != 0) == content.readonly
        && native(&spy.format) == native(&content.format)
        && spy.itemsize == content.itemsize
        && spy.layout().is_ok_and(|layout| Lie::of(&layout) == content.lie)
        && spy.is_empty() == content.shape.contains(&0)
        && (spy.shape.len().min(2)) == content.shape.len().min(2)
}

/// The spy that is most like it, where several are.
fn closeness(spy: &Spy, content: &Measured) -> [bool; 4] {
    [
        spy.format == content.format,
        spy.shape.len() == content.shape.len(),
        spy.blames.is_none(),
        spy.strides.is_none(),
    ]
}

/// A native format as it is written without a mark.
fn native(format: &str) -> &str {
    let mark = if cfg!(target_endian = "little") { '<' } else { '>' };
    format.trim().trim_start_matches(['@', '=', mark])
}
