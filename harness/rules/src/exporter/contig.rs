//! Rules of the family `contig`: memory that is not what a consumer of flat bytes takes it for.
//!
//! Knows how the bytes of reversed and of Fortran-ordered memory look when they are handed out as they lie.
//! Must never judge a faithful copy.
//!
//! Source: `glossary#term-contiguous`, `c-api/buffer#contiguity-requests`.

use super::answers::{by_answer, contents_differ};
use super::words::sensible;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_protocol::layout::{Layout, LayoutClass, Order};
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "contig.negative-stride-not-contiguous",
        check: Check::Whole(negative_stride_not_contiguous),
    },
    Rule {
        id: "contig.f-order-not-served-flat",
        check: Check::Whole(f_order_not_served_flat),
    },
];

fn negative_stride_not_contiguous(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let mut found = by_answer(evidence, demands_contiguity, |_, grant| {
        let (axis, stride) = backwards(grant.facts.layout.as_ref().ok()?)?;
        Some(Broken::new(
            format!("granted with strides[{axis}] = {stride}"),
            "refused, or a copy whose items lie in increasing order",
        ))
    });
    let native = evidence
        .native()
        .filter(|native| backwards(&native.layout).is_some());
    if let (Some(native), Some(shown)) = (native, evidence.native_grant()) {
        found.extend(by_answer(evidence, is_flat, |_, grant| {
            (contents_differ(grant, &shown)
                && (lies_within(grant, &shown, &native.layout) || is_in_memory_order(grant, &shown)))
            .then(|| {
                Broken::new(
                    format!("the bytes as they lie, for strides {:?}", native.layout.strides()),
                    "refused, or a copy of the items in C order",
                )
            })
        }));
    }
    found
}

fn f_order_not_served_flat(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let native = evidence
        .native()
        .filter(|native| native.class == LayoutClass::Fnd);
    let (Some(native), Some(shown)) = (native, evidence.native_grant()) else {
        return Vec::new();
    };
    by_answer(evidence, is_flat, |_, grant| {
        (contents_differ(grant, &shown)
            && (grant.view.buf == shown.view.buf || is_in_fortran_order(grant, &shown, &native.layout)))
        .then(|| {
            Broken::new(
                format!(
                    "the bytes in Fortran order (shape {:?}, strides {:?})",
                    native.layout.shape(),
                    native.layout.strides()
                ),
                "refused, or a copy of the items in C order",
            )
        })
    })
}

/// Whether the whole macros of the word demand contiguous memory, with strides to show it.
fn demands_contiguity(request: Request) -> bool {
    request.wants_c() || request.wants_f() || request.wants_any()
}

/// Whether a sensible request leaves its consumer nothing but C order to read by.
fn is_flat(request: Request) -> bool {
    !request.wants_strides() && sensible(request)
}

/// The first axis that really steps backwards, and its stride.
fn backwards(layout: &Layout) -> Option<(usize, i64)> {
    if layout.is_empty() || layout.needs_indirection() {
        return None;
    }
    let axes = layout.shape().iter().zip(layout.strides()).enumerate();
    axes.map(|(axis, (extent, stride))| (axis, *extent, *stride))
        .find(|(_, extent, stride)| *extent > 1 && *stride < 0)
        .map(|(axis, _, stride)| (axis, stride))
}

/// Whether the view starts inside the memory that `shown` spans: then it is no copy.
fn lies_within(grant: &Grant<'_>, shown: &Grant<'_>, native: &Layout) -> bool {
    let span = native.span();
    let offset = i128::from(grant.view.buf) - i128::from(shown.view.buf);
    i128::from(span.low) <= offset && offset < i128::from(span.high)
}

/// Whether the bytes are the native items in the order of their addresses.
fn is_in_memory_order(grant: &Grant<'_>, shown: &Grant<'_>) -> bool {
    let Some((flat, items, layout)) = comparable(grant, shown) else {
        return false;
    };
    let mut places: Vec<(i64, &[u8])> = layout.offsets().zip(items).collect();
    places.sort_by_key(|(offset, _)| *offset);
    places.into_iter().flat_map(|(_, item)| item).eq(flat)
}

/// Whether the bytes are the native items with the first index running fastest.
fn is_in_fortran_order(grant: &Grant<'_>, shown: &Grant<'_>, native: &Layout) -> bool {
    let shape: Vec<i64> = native.shape().iter().map(|extent| extent.cast_signed()).collect();
    let (Some((flat, items, _)), Ok(c_order)) = (
        comparable(grant, shown),
        Layout::new(native.itemsize().cast_signed(), &shape, None, None),
    ) else {
        return false;
    };
    let items: Vec<&[u8]> = items.collect();
    let itemsize = native.itemsize().max(1);
    c_order
        .offsets_in(Order::F)
        .filter_map(|offset| items.get(usize::try_from(offset.unsigned_abs() / itemsize).ok()?))
        .flat_map(|item| item.iter())
        .eq(flat)
}

type Compared<'g> = (&'g [u8], std::slice::ChunksExact<'g, u8>, &'g Layout);

/// The bytes of the flat view, and the native items with their layout, where both were read whole.
fn comparable<'g>(grant: &Grant<'g>, shown: &Grant<'g>) -> Option<Compared<'g>> {
    let (flat, native) = (grant.content?, shown.content?);
    let layout = shown.facts.layout.as_ref().ok()?;
    let itemsize = usize::try_from(layout.itemsize()).ok().filter(|size| *size > 0)?;
    let whole = flat.complete && native.complete && native.bytes.len() as u64 == layout.size();
    whole.then(|| (flat.bytes.as_slice(), native.bytes.chunks_exact(itemsize), layout))
}
