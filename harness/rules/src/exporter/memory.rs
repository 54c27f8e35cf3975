//! Rules of the family `memory`: whether what a view claims is really there, stays there and may be written.
//!
//! Knows bounds, reading, writing and constancy as they were observed. Must never know what the bytes mean.
//!
//! Source: `c-api/buffer#numpy-style-shape-and-strides` (`verify_structure`, of which only the bounds bind),
//! `c-api/typeobj#c.PyBufferProcs.bf_getbuffer`, `c-api/buffer#c.Py_buffer.len`, PEP 3118.

use super::answers::{by_answer, contents_differ};
use super::words::keeps_place;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant, Native};
use bufcheck_model::observation::{Array, Field, Unreadable};
use bufcheck_protocol::layout::LayoutProblem;
use bufcheck_protocol::layout::{Layout, LayoutError, Order, Span};
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "memory.verify-structure",
        check: Check::Whole(verify_structure),
    },
    Rule {
        id: "memory.readable-whole-extent",
        check: Check::Granted(readable_whole_extent),
    },
    Rule {
        id: "memory.writable-when-not-readonly",
        check: Check::Granted(writable_when_not_readonly),
    },
    Rule {
        id: "memory.valid-until-release",
        check: Check::Whole(valid_until_release),
    },
    Rule {
        id: "memory.arrays-valid-until-release",
        check: Check::Granted(arrays_valid_until_release),
    },
    Rule {
        id: "memory.not-on-stack",
        check: Check::Granted(not_on_stack),
    },
    Rule {
        id: "memory.location-stable",
        check: Check::Granted(location_stable),
    },
];

fn verify_structure(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let block = evidence
        .native()
        .filter(|native| native.layout.is_contiguous(Order::Any) && !native.layout.is_empty())
        .zip(evidence.native_grant());
    by_answer(
        evidence,
        |_| true,
        |_, grant| match &grant.facts.layout {
            Err(LayoutProblem::Invalid(
                error @ (LayoutError::SpanOverflow { .. } | LayoutError::SuboffsetOverflow { .. }),
            )) => Some(Broken::new(error.to_string(), "items inside one block of memory")),
            Err(_) => None,
            Ok(layout) if layout.is_empty() => None,
            Ok(layout) => wraps(grant, layout).or_else(|| {
                let (native, shown) = block.as_ref()?;
                leaves_block(grant, layout, native, shown)
            }),
        },
    )
}

fn span(grant: &Grant<'_>, layout: &Layout) -> Span {
    let pointer = grant.evidence.platform.pointer.bytes();
    layout.span_with_pointers(u8::try_from(pointer).unwrap_or(u8::MAX))
}

/// Items in front of the first or behind the last address that there is.
fn wraps(grant: &Grant<'_>, layout: &Layout) -> Option<Broken> {
    let reach = span(grant, layout);
    let buf = i128::from(grant.view.buf);
    let end = 1_i128 << (8 * grant.evidence.platform.pointer.bytes());
    let inside = buf + i128::from(reach.low) >= 0 && buf + i128::from(reach.high) <= end;
    (!inside).then(|| {
        Broken::new(
            format!(
                "items from {} to {} bytes behind buf, beyond all addresses",
                reach.low, reach.high
            ),
            "items inside one block of memory",
        )
    })
}

/// A view that starts in the exporter's one contiguous block and reads on where the block has ended.
///
/// A copy lies elsewhere; one that came to lie at the same place once the other was gone still has the same
/// content, so only a view that shows something else, or that ends where nothing can be read, is judged.
fn leaves_block(grant: &Grant<'_>, layout: &Layout, native: &Native, shown: &Grant<'_>) -> Option<Broken> {
    let ends_nowhere = grant.content.is_some_and(|content| content.unreadable.is_some());
    if layout.needs_indirection() || !(ends_nowhere || contents_differ(grant, shown)) {
        return None;
    }
    // Of memory that is made anew for each view nobody knows what came to lie beside it.
    if !keeps_place(grant) || !keeps_place(shown) {
        return None;
    }
    let reach = span(grant, layout);
    let size = i128::from(native.layout.size());
    let start = i128::from(grant.view.buf) - i128::from(shown.view.buf);
    let (low, high) = (start + i128::from(reach.low), start + i128::from(reach.high));
    let meets = low < size && high > 0;
    let inside = low >= 0 && high <= size;
    (meets && !inside).then(|| {
        Broken::new(
            format!("items from byte {low} to {high} of a block of {size} bytes"),
            format!("items inside the block that {} shows", native.request),
        )
    })
}

fn readable_whole_extent(grant: &Grant<'_>) -> Option<Broken> {
    let unreadable = grant.content?.unreadable.as_ref()?;
    // What stored pointers lead to is for their own rule to say.
    if grant.facts.layout.as_ref().is_ok_and(Layout::needs_indirection) {
        return None;
    }
    Some(Broken::new(
        format!("{} cannot be read (len {})", place(unreadable), grant.view.len),
        "every item of the view is readable memory",
    ))
}

fn place(place: &Unreadable) -> String {
    match place.offset {
        _ if !place.index.is_empty() => format!("item {:?}", place.index),
        Some(offset) if offset != 0 => format!("the byte {offset} bytes from buf"),
        Some(_) | None => "an item".to_owned(),
    }
}

fn writable_when_not_readonly(grant: &Grant<'_>) -> Option<Broken> {
    let (view, content) = (grant.view, grant.content?);
    let claimed = view.readonly == 0 && !view.untouched.contains(Field::Readonly);
    (claimed && content.writable == Some(false)).then(|| {
        let found = content.unwritable.as_ref().map_or_else(
            || "the memory".to_owned(),
            |unwritable| match unwritable.offset {
                // The first page is as good as all of them.
                Some(0) => "the memory".to_owned(),
                _ => place(unwritable),
            },
        );
        Broken::new(
            format!("readonly 0, but {found} cannot be written"),
            "readonly 1, or memory that can be written",
        )
    })
}

/// The widest view is read once more when all requests have been asked.
fn valid_until_release(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let Some(shown) = evidence.native_grant() else {
        return Vec::new();
    };
    let read_at_first = shown.content.is_some_and(|content| content.unreadable.is_none());
    let contents = &evidence.sweep.contents;
    let lost = evidence.sweep.rounds.iter().any(|round| {
        round
            .content_after
            .and_then(|index| contents.get(index as usize))
            .is_some_and(|content| content.unreadable.is_some())
    });
    if !read_at_first || !lost {
        return Vec::new();
    }
    let broken = Broken::new(
        "memory that could be read at first and no longer after other requests",
        "memory that stays until the view is released",
    );
    vec![(vec![shown.request], broken)]
}

fn arrays_valid_until_release(grant: &Grant<'_>) -> Option<Broken> {
    let changed = grant.view.changed;
    let arrays = [Field::Shape, Field::Strides, Field::Suboffsets];
    let field = arrays.into_iter().find(|field| changed.contains(*field))?;
    Some(Broken::new(
        format!("{} changed while the view was held", field.name()),
        "shape, strides and suboffsets unchanged until the release",
    ))
}

fn not_on_stack(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    let arrays = [
        ("shape", &view.shape),
        ("strides", &view.strides),
        ("suboffsets", &view.suboffsets),
    ];
    let (name, _) = arrays
        .into_iter()
        .find(|(_, array)| matches!(array, Array::OnStack(_)))?;
    Some(Broken::new(
        format!("{name} on the stack of a function that has returned"),
        format!("{name} in memory that lives until the release"),
    ))
}

fn location_stable(grant: &Grant<'_>) -> Option<Broken> {
    grant.view.changed.contains(Field::Buf).then(|| {
        Broken::new(
            "buf changed while the view was held",
            "buf unchanged until the release",
        )
    })
}
