//! Whether a granted view shows the exporter's own memory although that memory does not meet the request.
//!
//! Knows two witnesses: the view's own fields, and the bytes. A faithful copy passes both. The address only says how
//! other bytes came about: views that were not held together may share it by chance. Must never know which rule a
//! misfit violates.

use super::words::sensible;
use crate::broken::Broken;
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::Field;
use bufcheck_protocol::layout::{Layout, LayoutClass, Order};
use bufcheck_protocol::outcome::Contiguity;
use bufcheck_protocol::outcome::{contiguity, native_meets};
use bufcheck_protocol::request::Request;

/// Why a view does not give the contiguous memory that was asked, if it does not. For memory with
/// suboffsets see [`pointers_followed_blindly`].
pub(super) fn not_contiguous(grant: &Grant<'_>) -> Option<Broken> {
    let wanted = || format!("a refusal, or {} memory", demanded(grant.request));
    if shows_layout(grant.request)
        && let Ok(layout) = &grant.facts.layout
        && !meets(layout, contiguity(grant.request))
        && grant.view.suboffsets.is_null()
    {
        return Some(Broken::new(format!("granted {}", shown(layout)), wanted()));
    }
    let native = grant.evidence.native()?;
    if native.class == LayoutClass::Pil || native_meets(grant.request, native.class) {
        return None;
    }
    handed_out(grant).map(|found| Broken::new(found, wanted()))
}

/// Why a view hands out memory whose pointers the consumer was never told to follow, if it does.
pub(super) fn pointers_followed_blindly(grant: &Grant<'_>) -> Option<Broken> {
    let native = grant.evidence.native()?;
    if native.class != LayoutClass::Pil || native_meets(grant.request, native.class) {
        return None;
    }
    handed_out(grant).map(|found| {
        Broken::new(
            found,
            "a refusal, or memory without pointers in it: the request leaves no room for suboffsets",
        )
    })
}

/// Whether the fields of a view are what the consumer goes by: not where half a macro asks for them.
fn shows_layout(request: Request) -> bool {
    sensible(request) || request.wants_strides()
}

/// What shows that a view, which native memory does not meet, is of native memory all the same.
fn handed_out(grant: &Grant<'_>) -> Option<String> {
    let native = grant.evidence.native()?;
    let grants = grant.evidence.native_grant()?;
    let told = |how: &str| {
        Some(format!(
            "granted {how}, as {} shows: {}",
            native.request,
            shown(&native.layout)
        ))
    };
    // A word with half a macro may be answered with fields that explain the memory; then only the bytes count.
    let explained =
        !sensible(grant.request) && (!grant.view.strides.is_null() || !grant.view.suboffsets.is_null());
    differing_bytes(grant, &grants)?;
    if !explained && same_place(grant, &grants, native.class) {
        return told("the memory as it lies");
    }
    if is_in_memory_order(grant, &grants) {
        return told("a copy of the memory as it lies");
    }
    told("bytes that are not the content")
}

/// Whether the bytes are the native items in the order of their addresses.
fn is_in_memory_order(grant: &Grant<'_>, native: &Grant<'_>) -> bool {
    let (Some(flat), Some(items), Ok(layout)) = (grant.content, native.content, &native.facts.layout) else {
        return false;
    };
    let whole = flat.complete && items.complete && items.bytes.len() as u64 == layout.size();
    let itemsize = usize::try_from(layout.itemsize()).unwrap_or_default();
    if !whole || itemsize == 0 {
        return false;
    }
    let mut places: Vec<(i64, &[u8])> = layout.offsets().zip(items.bytes.chunks_exact(itemsize)).collect();
    places.sort_by_key(|(offset, _)| *offset);
    places
        .into_iter()
        .flat_map(|(_, item)| item)
        .eq(flat.bytes.iter())
}

/// Whether the view starts where the native memory did.
fn same_place(grant: &Grant<'_>, native: &Grant<'_>, class: LayoutClass) -> bool {
    let (view, whole) = (grant.view, native.view);
    if view.untouched.contains(Field::Buf) || whole.untouched.contains(Field::Buf) || view.len <= 0 {
        return false;
    }
    if view.buf == whole.buf {
        return true;
    }
    let (Ok(layout), false) = (&native.facts.layout, class == LayoutClass::Pil) else {
        return false;
    };
    let span = layout.span();
    let distance = i128::from(view.buf) - i128::from(whole.buf);
    // Gaps may belong to somebody else, so only the two ends of the memory tell.
    distance == i128::from(span.low)
}

/// Whether the bytes read through the view differ from those of the native one.
fn differing_bytes(grant: &Grant<'_>, native: &Grant<'_>) -> Option<()> {
    if grant.view.content == native.view.content {
        return None;
    }
    let (here, there) = (grant.content?, native.content?);
    if there.unreadable.is_some() {
        return None;
    }
    let steady = grant.evidence.is_steady();
    let differ =
        here.unreadable.is_some() || steady && here.bytes.iter().zip(&there.bytes).any(|(a, b)| a != b);
    differ.then_some(())
}

fn meets(layout: &Layout, demand: Contiguity) -> bool {
    match demand {
        Contiguity::None => true,
        Contiguity::C => layout.is_contiguous(Order::C),
        Contiguity::F => layout.is_contiguous(Order::F),
        Contiguity::Any => layout.is_contiguous(Order::Any),
        Contiguity::CAndF => layout.is_contiguous(Order::C) && layout.is_contiguous(Order::F),
    }
}

fn demanded(request: Request) -> &'static str {
    match contiguity(request) {
        Contiguity::None => "any",
        Contiguity::C => "C-contiguous",
        Contiguity::F => "Fortran-contiguous",
        Contiguity::Any => "C- or Fortran-contiguous",
        Contiguity::CAndF => "both C- and Fortran-contiguous",
    }
}

/// A layout in words.
pub(super) fn shown(layout: &Layout) -> String {
    let suboffsets = layout
        .suboffsets()
        .map_or(String::new(), |values| format!(", suboffsets {values:?}"));
    format!(
        "shape {:?}, strides {:?}{suboffsets}",
        layout.shape(),
        layout.strides()
    )
}

/// Whether the memory may be written, as far as the exporter shows it: a declaration may be wrong.
pub(super) fn known_writable(evidence: &Evidence<'_>) -> bool {
    evidence.grants_writable()
        || evidence.native_grant().is_some_and(|native| {
            native.view.readonly == 0 && !native.view.untouched.contains(Field::Readonly)
        })
}
