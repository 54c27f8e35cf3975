//! Wrong results: other than those of a plain buffer with the same content, or than the author's own expression gives.
//!
//! Knows which twin of a spy says what is right, and that the author knows better. Must never know what the consumer computes.

use bufcheck_model::case::ActsOn;
use bufcheck_model::spy::{Oracle, Twin};
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
    if !seen.was_given(Request::ND) {
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
