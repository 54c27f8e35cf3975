//! Wrong results: other than those of a plain buffer with the same content.
//!
//! Knows which twin of a spy says what is right. Must never know what the consumer computes.

use bufcheck_model::case::ActsOn;
use bufcheck_model::spy::{ITSELF, Twin};
use bufcheck_protocol::request::Request;

use super::evidence::{Evidence, Seen};
use super::offence::{Kind, Offence};

/// What a twin of bytes is called.
const BYTES: &str = "the same bytes in one dimension of `B`";

/// Reading numbers of another type or byte order.
const UNCHECKED: &str = "consumer.format-checked-before-typed-access";

/// Everything of this kind. Nothing where equal buffers give different results.
pub(super) fn offences<'a>(evidence: &Evidence<'a>, found: &mut Vec<Offence<'a>>) {
    if !evidence.steady() {
        return;
    }
    for seen in evidence.spied().filter(|seen| seen.spy.refuses.is_none()) {
        // Who writes to one item through many indices leaves one item.
        if seen.spy.repeats() && seen.spied.written.is_some() {
            continue;
        }
        if let Some(offence) = wrong(evidence, &seen) {
            found.push(offence);
        }
    }
}

fn wrong<'a>(evidence: &Evidence<'a>, seen: &Seen<'a>) -> Option<Offence<'a>> {
    seen.granted().next()?;
    // To give the object back unread is as fair as an exception.
    let ours = seen.result().filter(|told| !told.text.contains(ITSELF))?;
    let differs = |twin| {
        let twin = evidence.twin(seen, twin)?;
        let wanted = twin.result()?;
        (Evidence::alike(seen, &twin) == Some(false))
            .then(|| (wanted.text.clone(), ours.digest == wanted.digest))
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
        return told(wanted, BYTES, "consumer.right-result", false);
    }
    if !seen.was_given(Request::ND) {
        let wide = seen.spy.itemsize > 1;
        let rule = if wide {
            "itemsize.ignored-when-shape-null"
        } else {
            "consumer.right-result"
        };
        return told(differs(Twin::Bytes)?, BYTES, rule, wide);
    }
    if let Some(wanted) = differs(Twin::Layout) {
        return told(
            wanted,
            "the same items side by side",
            "consumer.right-result",
            false,
        );
    }
    if evidence.tells_formats()
        && let Some(wanted) = differs(Twin::Values)
    {
        return told(wanted, "the same values in native format", UNCHECKED, false);
    }
    None
}
