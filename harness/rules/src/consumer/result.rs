//! Wrong results: other than those of a plain buffer with the same content, or than the author's own expression gives.
//!
//! Knows which twin of a spy says what is right, and that the author knows better. Must never know what the consumer computes.

use bufcheck_model::case::ActsOn;
use bufcheck_model::spy::{Dress, Oracle, Twin};
use bufcheck_protocol::request::Request;

use super::evidence::{Evidence, Seen};
use super::offence::{Kind, Offence};

/// What a twin of bytes is called.
const BYTES: &str = "the same bytes in one dimension of `B`";

/// Reading numbers of another type or byte order.
const UNCHECKED: &str = "consumer.format-checked-before-typed-access";

/// What is right everywhere, unless the spy says otherwise.
const RIGHT: &str = "consumer.right-result";

/// Everything of this kind. Where equal buffers give different results, nothing but what the oracle says.
pub(super) fn offences<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    for seen in evidence.spied().filter(|seen| seen.spy.refuses.is_none()) {
        if seen.spy.changes {
            if evidence.steady() {
                found.extend(mixed(evidence, &seen));
            }
            continue;
        }
        if let Some(told) = seen.result().filter(|told| told.holds_owner()) {
            let text = format!(
                "the result is, or holds, `obj` of the view, which is another object than it was given: {}",
                told.text
            );
            let rule = "obj.consumer-returns-obj";
            found.push(Offence::new(
                &seen,
                Kind::Other,
                rule,
                text,
                "the object that was given, or none",
            ));
        }
        // Who writes to one item through many indices leaves one item.
        if seen.spy.repeats() && seen.spied.written.is_some() {
            continue;
        }
        let offence = match &seen.spied.oracle {
            Some(Oracle::Differs(wanted)) => by_oracle(evidence, &seen, wanted),
            Some(Oracle::Raises(_)) | None if evidence.steady() => wrong(evidence, &seen),
            Some(Oracle::Agrees | Oracle::Raises(_)) | None => None,
        };
        found.extend(offence);
    }
}

/// It asked more than once, and its result is neither that of what lay there at first nor that of what lay there later.
fn mixed<'a>(evidence: &Evidence<'a>, seen: &Seen<'a>) -> Option<Offence<'a>> {
    let granted = seen.granted().count();
    let ours = seen.result().filter(|_| granted > 1 && !seen.hands_back())?;
    let mut told = evidence.twins(seen).filter_map(|twin| twin.result()).peekable();
    told.peek()?;
    if told.any(|told| told.digest == ours.digest) {
        return None;
    }
    let text = format!(
        "asked for {granted} views, one after the other, and the result is {}: neither that of the items at the first \
         request nor that of the items later",
        ours.text
    );
    let wanted = "one view for all that is read in a call";
    Some(Offence::new(
        seen,
        Kind::Other,
        "consumer.reads-once",
        text,
        wanted,
    ))
}

/// The author's expression gives another result.
fn by_oracle<'a>(evidence: &Evidence<'a>, seen: &Seen<'a>, wanted: &str) -> Option<Offence<'a>> {
    seen.granted().next()?;
    let ours = seen.result().filter(|_| !seen.hands_back())?;
    let rule = if evidence.is_right_elsewhere(&seen.spy.format) {
        UNCHECKED
    } else {
        RIGHT
    };
    let found = format!("the result is {}", ours.text);
    let wanted = format!("{wanted}, as the oracle says");
    Some(Offence::new(seen, Kind::Wrong, rule, found, wanted))
}

fn wrong<'a>(evidence: &Evidence<'a>, seen: &Seen<'a>) -> Option<Offence<'a>> {
    seen.granted().next()?;
    // To give the object back unread is as fair as an exception.
    let ours = seen.result().filter(|_| !seen.hands_back())?;
    let differs = |twin| {
        let twin = evidence.twin(seen, twin)?;
        let wanted = twin.result()?;
        let same = ours.digest == wanted.digest;
        // The same values written in another byte order are other bytes.
        let alike = if twin.call.twin == Some(Twin::Values) {
            same
        } else {
            Evidence::alike(seen, &twin) != Some(false)
        };
        (!alike).then(|| (wanted.text.clone(), same))
    };
    let told = |(wanted, memory): (String, bool), like: &str, rule, raised: bool| {
        let (found, wanted) = if memory {
            (
                "left other bytes in the memory".to_owned(),
                format!("those that {like} gets"),
            )
        } else {
            (
                format!("the result is {}", ours.text),
                format!("{wanted}, as for {like}"),
            )
        };
        let offence = Offence::new(seen, Kind::Wrong, rule, found, wanted);
        Some(if raised { offence.raised() } else { offence })
    };
    if evidence.case.acts_on == Some(ActsOn::Bytes)
        && let Some(wanted) = differs(Twin::Bytes)
    {
        return told(wanted, BYTES, RIGHT, false);
    }
    // Who also counts the items knows more of a buffer than its bytes.
    if !seen.was_given(Request::ND) && seen.dress != Dress::Sequence {
        let wide = seen.spy.itemsize > 1;
        let rule = if wide {
            "itemsize.ignored-when-shape-null"
        } else {
            RIGHT
        };
        return told(differs(Twin::Bytes)?, BYTES, rule, wide);
    }
    if let Some(wanted) = differs(Twin::Layout) {
        return told(wanted, "the same items side by side", RIGHT, false);
    }
    if evidence.tells_formats()
        && let Some(wanted) = differs(Twin::Values)
    {
        return told(wanted, "the same values in native format", UNCHECKED, false);
    }
    None
}
