//! Rules of the family `strides`: the steps between items.
//!
//! Knows when `strides` must be NULL, and how steps counted in items instead of bytes give themselves away.
//! Must never know suboffsets, or which memory a request may be given.
//!
//! Source: `c-api/buffer#c.Py_buffer.strides`, `c-api/buffer#shape-strides-suboffsets`,
//! `c-api/buffer#numpy-style-shape-and-strides`, `Objects/abstract.c` (`_IsCContiguous`).

use super::answers::{by_answer, contents_differ};
use super::empty::refused_though_contiguous;
use super::items::Truth;
use super::shape::{set, unreadable};
use super::words::sensible;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Denial, Evidence, Grant};
use bufcheck_model::observation::Field;
use bufcheck_protocol::layout::{Layout, LayoutClass};
use bufcheck_protocol::request::Request;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "strides.null-unless-strides",
        check: Check::Granted(null_unless_strides),
    },
    Rule {
        id: "strides.non-null-when-requested",
        check: Check::Granted(non_null_when_requested),
    },
    Rule {
        id: "strides.bytes-not-elements",
        check: Check::Whole(bytes_not_elements),
    },
    Rule {
        id: "strides.multiple-of-itemsize",
        check: Check::Granted(multiple_of_itemsize),
    },
    Rule {
        id: "strides.irrelevant-for-extent-one",
        check: Check::Refused(irrelevant_for_extent_one),
    },
    Rule {
        id: "strides.broadcast-writable",
        check: Check::Camp(broadcast_writable),
    },
    Rule {
        id: "strides.pointer-readable",
        check: Check::Granted(pointer_readable),
    },
];

fn null_unless_strides(grant: &Grant<'_>) -> Option<Broken> {
    let strides = &grant.view.strides;
    (sensible(grant.request) && !grant.request.wants_strides() && !strides.is_null())
        .then(|| Broken::new(set("strides", strides), "strides NULL without STRIDES"))
}

fn non_null_when_requested(grant: &Grant<'_>) -> Option<Broken> {
    let (request, view) = (grant.request, grant.view);
    let asked = sensible(request) && request.wants_strides();
    // That a field was left alone is for one rule to say.
    let set = !view.strides.is_null() || view.untouched.contains(Field::Strides);
    (asked && view.ndim > 0 && !set).then(|| {
        Broken::new(
            format!("strides NULL with ndim {}", view.ndim),
            "strides set under STRIDES",
        )
    })
}

/// The numbers are those of contiguous memory, but counted in items; and what they lead to is not what the
/// exporter shows elsewhere, or not contiguous where that was demanded. Windows that overlap on purpose may
/// have the same numbers, so they alone prove nothing.
fn bytes_not_elements(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let flat = [0x0, 0x1, 0x8, 0x9]
        .into_iter()
        .find_map(|flags| evidence.granted(Request::new(flags)));
    by_answer(evidence, Request::wants_strides, |answer, grant| {
        let view = grant.view;
        let (shape, strides) = (view.shape.values()?, view.strides.values()?);
        let layout = grant.facts.layout.as_ref().ok()?;
        if view.itemsize < 2 || layout.is_empty() || layout.needs_indirection() {
            return None;
        }
        let c = Layout::strides_c(view.itemsize, shape)
            .ok()
            .filter(|bytes| counted_in_items(layout, bytes));
        let f = Layout::strides_f(view.itemsize, shape)
            .ok()
            .filter(|bytes| counted_in_items(layout, bytes));
        let bytes = c.as_ref().or(f.as_ref())?;
        let demanded = || {
            evidence.asked().any(|(request, other)| {
                other == answer
                    && (c.is_some() && request.wants_c()
                        || f.is_some() && request.wants_f()
                        || request.wants_any())
            })
        };
        let differs = || {
            flat.as_ref().is_some_and(|flat| contents_differ(grant, flat))
                || Truth::of(evidence).is_some_and(|truth| truth.difference(grant).is_some())
        };
        let wanted = with_signs_of(strides, bytes);
        let shown_rightly_elsewhere = || {
            evidence.grants().any(|other| {
                other.view.strides.values() == Some(&wanted)
                    && other.view.shape.values() == Some(shape)
                    && contents_differ(grant, &other)
            })
        };
        (demanded() || differs() || shown_rightly_elsewhere()).then(|| {
            Broken::new(
                format!("strides {strides:?} for items of {} bytes", view.itemsize),
                format!("steps in bytes: {wanted:?}"),
            )
        })
    })
}

/// Whether every step that counts is the one in `bytes` or the same in items, forwards or backwards, and at least one is
/// in items.
fn counted_in_items(layout: &Layout, bytes: &[i64]) -> bool {
    let itemsize = layout.itemsize().cast_signed();
    let mut in_items = false;
    let axes = layout.shape().iter().zip(layout.strides()).zip(bytes);
    for ((_, stride), bytes) in axes.filter(|((extent, _), _)| **extent > 1) {
        if stride.checked_mul(itemsize).and_then(i64::checked_abs) == Some(*bytes) {
            in_items = true;
        } else if stride.checked_abs() != Some(*bytes) {
            return false;
        }
    }
    in_items
}

fn with_signs_of(strides: &[i64], bytes: &[i64]) -> Vec<i64> {
    let pairs = strides.iter().zip(bytes);
    pairs
        .map(|(stride, bytes)| if *stride < 0 { -bytes } else { *bytes })
        .collect()
}

fn multiple_of_itemsize(grant: &Grant<'_>) -> Option<Broken> {
    let itemsize = grant.facts.layout.as_ref().ok()?.itemsize();
    let (axis, stride) = first_step(grant, |stride| !stride.unsigned_abs().is_multiple_of(itemsize))?;
    Some(Broken::new(
        format!("strides[{axis}] is {stride}, itemsize {itemsize}"),
        "steps of whole items, but for fields of packed records",
    ))
}

/// The first axis with a step of this kind that leads from one item to another, and the step.
fn first_step(grant: &Grant<'_>, kind: impl Fn(i64) -> bool) -> Option<(usize, i64)> {
    let layout = grant.facts.layout.as_ref().ok()?;
    if grant.view.strides.is_null() || layout.is_empty() || layout.needs_indirection() {
        return None;
    }
    let axes = layout.shape().iter().zip(layout.strides()).enumerate();
    axes.map(|(axis, (extent, stride))| (axis, *extent, *stride))
        .find(|(_, extent, stride)| *extent > 1 && kind(*stride))
        .map(|(axis, _, stride)| (axis, stride))
}

fn irrelevant_for_extent_one(denial: &Denial<'_>) -> Option<Broken> {
    let native = denial.evidence.native()?;
    let layout = &native.layout;
    let contiguous = matches!(
        native.class,
        LayoutClass::C1d | LayoutClass::Cnd | LayoutClass::Fnd | LayoutClass::CFnd
    );
    if !contiguous || !denial.request.wants_strides() || !layout.shape().contains(&1) {
        return None;
    }
    if !refused_though_contiguous(denial) || !has_odd_step(layout) {
        return None;
    }
    Some(Broken::new(
        format!(
            "shape {:?} with strides {:?} refused as not contiguous",
            layout.shape(),
            layout.strides()
        ),
        "granted: the step along an axis of one item leads nowhere",
    ))
}

/// Whether an axis of one item has a step that is that of neither order.
fn has_odd_step(layout: &Layout) -> bool {
    let shape: Vec<i64> = layout.shape().iter().map(|extent| extent.cast_signed()).collect();
    let itemsize = layout.itemsize().cast_signed();
    let (Ok(c), Ok(f)) = (
        Layout::strides_c(itemsize, &shape),
        Layout::strides_f(itemsize, &shape),
    ) else {
        return false;
    };
    let axes = shape.iter().zip(layout.strides()).zip(c.iter().zip(&f));
    let mut odd = axes.filter(|((extent, stride), (c, f))| **extent == 1 && stride != c && stride != f);
    odd.next().is_some()
}

fn broadcast_writable(evidence: &Evidence<'_>) -> Option<&'static str> {
    first_step(&evidence.native_grant()?, |stride| stride == 0)?;
    Some(if evidence.grants_writable() {
        "writable"
    } else {
        "read-only"
    })
}

fn pointer_readable(grant: &Grant<'_>) -> Option<Broken> {
    unreadable("strides", &grant.view.strides, grant.view.ndim)
}
