//! Rules about what a format makes of known values.
//!
//! Knows how a wrong order of bytes, or of a sub-array's items, turns declared values into those that were
//! read. Must never blame a format that no other reading would mend.

use super::due::each_format;
use super::text::remarked;
use crate::broken::Broken;
use crate::exporter::evidence::{Evidence, Grant};
use crate::exporter::items::Truth;
use bufcheck_protocol::format::{Format, Order, Value};
use bufcheck_protocol::request::Request;

pub(super) fn byteorder_truthful(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let Some(truth) = Truth::of(evidence) else {
        return Vec::new();
    };
    each_format(evidence, |format, grant| {
        let difference = truth.difference(grant)?;
        let mended = mended_by_order(&truth, format, grant);
        mended.then(|| {
            Broken::new(
                format!(
                    "format \"{}\" reads {} as {}",
                    format.text(),
                    difference.item,
                    difference.found
                ),
                format!(
                    "the order in which the bytes lie, which gives {}",
                    difference.declared
                ),
            )
        })
    })
}

/// Whether every item is as declared once its bytes are read in the other order.
fn mended_by_order(truth: &Truth<'_>, format: &Format, grant: &Grant<'_>) -> bool {
    let platform = grant.evidence.platform;
    let (Some(content), Ok(itemsize)) = (grant.content, u64::try_from(grant.view.itemsize)) else {
        return false;
    };
    if !truth.can_compare(content, itemsize) {
        return false;
    }
    let other = remarked(format, |order| {
        let big = match order {
            Order::Native | Order::Unaligned | Order::Standard => !platform.little_endian,
            Order::Little => false,
            Order::Big | Order::Network => true,
        };
        if big { Order::Little } else { Order::Big }
    });
    if let Some(Ok(decoder)) = other.as_ref().map(|other| other.decoder(itemsize, platform)) {
        let decode = |bytes: &[u8]| decoder.decode(bytes).ok();
        return truth.difference_by(content, itemsize, decode).is_none();
    }
    // Native sizes have no mark for the other order, but a single number can be turned round.
    let Ok(decoder) = format.decoder(itemsize, platform) else {
        return false;
    };
    let turned = |bytes: &[u8]| {
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        decoder
            .decode(&reversed)
            .ok()
            .filter(|value| matches!(value, Value::Int(_) | Value::Float(..)))
    };
    decodes_all(truth, grant, itemsize, turned)
}

pub(super) fn subarray_c_order(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let Some(truth) = Truth::of(evidence) else {
        return Vec::new();
    };
    each_format(evidence, |format, grant| {
        if !format.text().contains('(') {
            return None;
        }
        let difference = truth.difference(grant)?;
        let itemsize = u64::try_from(grant.view.itemsize).ok()?;
        let decoder = format.decoder(itemsize, evidence.platform).ok()?;
        let transposed = |bytes: &[u8]| decoder.decode(bytes).ok().map(fortran);
        (truth.can_compare(grant.content?, itemsize) && decodes_all(&truth, grant, itemsize, transposed))
            .then(|| {
                Broken::new(
                    format!(
                        "the sub-array of format \"{}\" lies in Fortran order: {} is {}",
                        format.text(),
                        difference.item,
                        difference.found
                    ),
                    format!("sub-arrays in C order, which gives {}", difference.declared),
                )
            })
    })
}

/// Whether `decode` reads every item of the content, and each as declared.
fn decodes_all(
    truth: &Truth<'_>,
    grant: &Grant<'_>,
    itemsize: u64,
    decode: impl Fn(&[u8]) -> Option<Value>,
) -> bool {
    let unreadable = std::cell::Cell::new(false);
    let watched = |bytes: &[u8]| {
        let value = decode(bytes);
        unreadable.set(unreadable.get() || value.is_none());
        value
    };
    grant
        .content
        .is_some_and(|content| truth.difference_by(content, itemsize, watched).is_none() && !unreadable.get())
}

/// The value with the items of every sub-array put in Fortran order.
fn fortran(value: Value) -> Value {
    match value {
        Value::Record(fields) => Value::Record(
            fields
                .into_iter()
                .map(|(name, value)| (name, fortran(value)))
                .collect(),
        ),
        Value::List(_) => {
            let mut shape = Vec::new();
            let mut leaves = vec![value];
            while let Some(Value::List(first)) = leaves.first() {
                shape.push(first.len());
                leaves = leaves
                    .into_iter()
                    .flat_map(|leaf| match leaf {
                        Value::List(items) => items,
                        leaf => vec![leaf],
                    })
                    .collect();
            }
            let leaves: Vec<Value> = leaves.into_iter().map(fortran).collect();
            nested(&shape, 0, 1, &leaves)
        }
        leaf => leaf,
    }
}

/// Items nested by axis, the first index running fastest through `leaves`.
fn nested(shape: &[usize], start: usize, step: usize, leaves: &[Value]) -> Value {
    match shape.split_first() {
        None => leaves.get(start).cloned().unwrap_or(Value::List(Vec::new())),
        Some((extent, inner)) => Value::List(
            (0..*extent)
                .map(|index| nested(inner, start + index * step, step * extent, leaves))
                .collect(),
        ),
    }
}
