//! Rules of the family `suboffsets`: pointers on the way to the items.
//!
//! Knows when `suboffsets` must be NULL and what stored pointers have to be. Must never know contents.
//!
//! Source: `c-api/buffer#c.Py_buffer.suboffsets`, `c-api/buffer#shape-strides-suboffsets`,
//! `c-api/typeobj#c.PyBufferProcs.bf_getbuffer`.

use super::shape::{set, unreadable};
use super::words::sensible;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Grant;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "suboffsets.null-unless-indirect",
        check: Check::Granted(null_unless_indirect),
    },
    Rule {
        id: "suboffsets.null-when-all-negative",
        check: Check::Granted(null_when_all_negative),
    },
    Rule {
        id: "suboffsets.pointers-aligned-and-valid",
        check: Check::Granted(pointers_aligned_and_valid),
    },
    Rule {
        id: "suboffsets.pointer-readable",
        check: Check::Granted(pointer_readable),
    },
];

fn null_unless_indirect(grant: &Grant<'_>) -> Option<Broken> {
    let suboffsets = &grant.view.suboffsets;
    (sensible(grant.request) && !grant.request.takes_suboffsets() && !suboffsets.is_null())
        .then(|| Broken::new(set("suboffsets", suboffsets), "suboffsets NULL without INDIRECT"))
}

fn null_when_all_negative(grant: &Grant<'_>) -> Option<Broken> {
    if !grant.request.takes_suboffsets() {
        return None;
    }
    let suboffsets = grant.view.suboffsets.values()?;
    suboffsets.iter().all(|suboffset| *suboffset < 0).then(|| {
        Broken::new(
            format!("suboffsets {suboffsets:?}: no pointer to follow"),
            "suboffsets NULL where no entry is 0 or more",
        )
    })
}

fn pointers_aligned_and_valid(grant: &Grant<'_>) -> Option<Broken> {
    let layout = grant.facts.layout.as_ref().ok()?;
    let first = layout
        .suboffsets()?
        .iter()
        .position(|suboffset| *suboffset >= 0)?;
    if layout.is_empty() {
        return None;
    }
    if let Some(unreadable) = grant.content.and_then(|content| content.unreadable.as_ref()) {
        return Some(Broken::new(
            format!(
                "following the pointers to item {:?} leads nowhere",
                unreadable.index
            ),
            "every stored pointer leads to readable items",
        ));
    }
    let pointer = grant.evidence.platform.pointer.bytes();
    let direct = layout.shape().iter().zip(layout.strides()).take(first + 1);
    let odd_step = direct
        .enumerate()
        .find(|(_, (extent, stride))| **extent > 1 && !stride.unsigned_abs().is_multiple_of(pointer));
    let found = match odd_step {
        Some((axis, (_, stride))) => format!("strides[{axis}] = {stride} leads to pointers out of alignment"),
        None if grant.view.buf.is_multiple_of(pointer) => return None,
        None => format!(
            "buf, where the first pointer stands, is {} bytes out of alignment",
            grant.view.buf % pointer
        ),
    };
    Some(Broken::new(found, format!("pointers aligned to {pointer} bytes")))
}

fn pointer_readable(grant: &Grant<'_>) -> Option<Broken> {
    unreadable("suboffsets", &grant.view.suboffsets, grant.view.ndim)
}
