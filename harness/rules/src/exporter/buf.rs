//! Rules of the family `buf`: where the memory starts.
//!
//! Knows that `buf` is the address of the first element. Must never know whose memory it is.

use super::answers::by_answer;
use super::words::{self, keeps_place, sensible};
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::Field;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "buf.points-to-first-element",
        check: Check::Whole(points_to_first_element),
    },
    Rule {
        id: "buf.null-allowed-when-empty",
        check: Check::Camp(null_when_empty),
    },
    Rule {
        id: "buf.not-null-unless-empty",
        check: Check::Granted(not_null_unless_empty),
    },
    Rule {
        id: "buf.same-memory-across-requests",
        check: Check::Granted(same_memory),
    },
    Rule {
        id: "buf.alignment-of-items",
        check: Check::Whole(alignment_of_items),
    },
];

fn points_to_first_element(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let declared = &evidence.declared;
    let first = declared
        .values
        .as_ref()
        .zip(declared.shape.as_ref())
        .and_then(|(values, shape)| shape.iter().try_fold(values, |values, _| values.get(0)));
    let native = evidence.native_grant();
    let format = native
        .as_ref()
        .and_then(|native| native.facts.format.as_ref()?.as_ref().ok());
    let (Some(first), Some(native), Some(format), true) = (first, &native, format, evidence.is_steady())
    else {
        return Vec::new();
    };
    let itemsize = native.view.itemsize;
    let item = usize::try_from(itemsize).ok();
    let decoder = u64::try_from(itemsize)
        .ok()
        .and_then(|size| format.decoder(size, evidence.platform).ok());
    let (Some(item), Some(decoder)) = (item, decoder) else {
        return Vec::new();
    };
    by_answer(
        evidence,
        |_| true,
        |_, grant| {
            let bytes = grant.content?.bytes.get(..item)?;
            let value = decoder.decode(bytes).ok()?;
            (!value.holds_addresses() && !value.equals_json(first)).then(|| {
                Broken::new(
                    format!("at `buf` stands {}", value.to_json()),
                    format!("the first element, which is declared to be {first}"),
                )
            })
        },
    )
}

fn null_when_empty(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut empty = evidence
        .grants()
        .filter(|grant| grant.view.len == 0 && !grant.view.untouched.contains(Field::Buf));
    let first = empty.next()?;
    Some(if first.view.buf == 0 || empty.any(|grant| grant.view.buf == 0) {
        "null"
    } else {
        "address"
    })
}

fn not_null_unless_empty(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    if view.len <= 0 || view.buf != 0 || view.untouched.contains(Field::Buf) {
        return None;
    }
    Some(Broken::new(
        format!("`buf` is NULL, with `len` {}", view.len),
        "the address of the first element",
    ))
}

fn same_memory(grant: &Grant<'_>) -> Option<Broken> {
    let evidence = grant.evidence;
    let whole = evidence.native_grant()?;
    let (view, reference) = (grant.view, whole.view);
    if view.buf == reference.buf || view.len <= 0 || !sensible(grant.request) {
        return None;
    }
    let native = evidence.native()?;
    // Pointers of one memory may start anywhere; what native memory does not meet is served by a copy.
    if !native_meets(grant.request, native.class) || native.class == LayoutClass::Pil {
        return None;
    }
    // Memory made anew for each view is the exporter's right, and it may well be given the same block each time: views
    // that were never held together are of one memory only where they overlap. What a copy hides shows over time.
    let distance = i128::from(view.buf) - i128::from(reference.buf);
    let near = distance.abs() < i128::from(view.len.max(reference.len));
    (near && keeps_place(grant) && keeps_place(&whole)).then(|| {
        let place = if distance < 0 { "before" } else { "behind" };
        Broken::new(
            format!(
                "`buf` lies {} bytes {place} that of {}",
                distance.abs(),
                native.request
            ),
            format!(
                "the memory that {} shows, which meets the request",
                native.request
            ),
        )
    })
}

fn alignment_of_items(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    by_answer(
        evidence,
        |request| request.wants_format() && sensible(request),
        |_, grant| misaligned(grant),
    )
}

fn misaligned(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    if !view.suboffsets.is_null() || view.len <= 0 {
        return None;
    }
    let format = grant.facts.format.as_ref()?.as_ref().ok()?;
    // What writes gaps out, or another mark, places its fields by itself.
    if !format.leaves_places_to_alignment() {
        return None;
    }
    let alignment = format.layout(grant.evidence.platform).ok()?.alignment;
    if alignment <= 1 || view.untouched.contains(Field::Buf) {
        return None;
    }
    let layout = grant.facts.layout.as_ref().ok()?;
    let wanted = || {
        format!(
            "items aligned to {alignment} bytes, or \"=\" or \"^\" before the format {}",
            words::text(&view.format)
        )
    };
    let off = view.buf % alignment;
    if off != 0 {
        return Some(Broken::new(format!("`buf` is {off} bytes off"), wanted()));
    }
    // Strides that the exporter did not give follow from the item size, which is another rule's.
    if view.strides.is_null() {
        return None;
    }
    let steps = layout.shape().iter().zip(layout.strides());
    let crooked = steps
        .filter(|(extent, _)| **extent > 1)
        .find(|(_, stride)| !stride.unsigned_abs().is_multiple_of(alignment));
    crooked.map(|(_, stride)| Broken::new(format!("a stride of {stride} bytes leads off"), wanted()))
}
