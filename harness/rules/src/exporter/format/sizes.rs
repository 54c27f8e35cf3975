//! Rules about what a format adds up to, against `itemsize` and `len`.
//!
//! Knows how wrong order marks and unwritten padding show in a size. Must never know values. That the size
//! is wrong at all is for `itemsize.matches-format` to say; here only the reason is told, where it shows.

use super::due::each_format;
use super::text::{has_mark, remarked};
use crate::broken::Broken;
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_protocol::format::{Format, Order, Platform};
use bufcheck_protocol::request::Request;

pub(super) fn describes_one_item(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    each_format(evidence, |format, grant| {
        let (itemsize, sizes) = misfit(format, grant)?;
        let len = u64::try_from(grant.view.len).ok()?;
        let several = format.layout(evidence.platform).ok()?.items > 1;
        (several && len > itemsize && sizes.contains(&len)).then(|| {
            Broken::new(
                format!(
                    "format \"{}\" describes {len} bytes, the whole buffer; itemsize is {itemsize}",
                    format.text()
                ),
                format!("a format of one item of {itemsize} bytes"),
            )
        })
    })
}

pub(super) fn native_vs_standard_size(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let platform = evidence.platform;
    each_format(evidence, |format, grant| {
        let (itemsize, sizes) = misfit(format, grant)?;
        let (native, standard) = (
            remarked(format, |_| Order::Unaligned)?,
            remarked(format, |_| Order::Standard)?,
        );
        if exact(&native, *platform) == exact(&standard, *platform) {
            return None;
        }
        let standard_to_native = |order: Order| {
            if order.native_sizes() {
                order
            } else {
                Order::Unaligned
            }
        };
        let native_to_standard = |order: Order| {
            if order.native_sizes() {
                Order::Standard
            } else {
                order
            }
        };
        let fits = |to: &dyn Fn(Order) -> Order| {
            remarked(format, to).is_some_and(|other| other.accepts_itemsize(itemsize, platform))
        };
        let wanted = if fits(&standard_to_native) {
            "standard sizes under `=`, `<`, `>` and `!`"
        } else if fits(&native_to_standard) {
            "native sizes under `@` and `^`, and where no order mark stands"
        } else {
            return None;
        };
        Some(Broken::new(
            format!(
                "format \"{}\" takes {} bytes, itemsize is {itemsize}",
                format.text(),
                sizes.first()?
            ),
            wanted,
        ))
    })
}

pub(super) fn struct_padding_explicit_in_standard(evidence: &Evidence<'_>) -> Vec<(Vec<Request>, Broken)> {
    let platform = evidence.platform;
    each_format(evidence, |format, grant| {
        if !has_mark(format, |order| order != Order::Native) {
            return None;
        }
        let (itemsize, sizes) = misfit(format, grant)?;
        let unaligned = *sizes.first()?;
        let aligned = remarked(format, |_| Order::Native)?;
        let native = remarked(format, |_| Order::Unaligned)?;
        (itemsize > unaligned
            && aligned.accepts_itemsize(itemsize, platform)
            && !native.accepts_itemsize(itemsize, platform))
        .then(|| {
            Broken::new(
                format!(
                    "format \"{}\" takes {unaligned} bytes, itemsize is {itemsize} with padding",
                    format.text()
                ),
                "every byte of padding written as `x`: only `@` pads by itself",
            )
        })
    })
}

/// Shows only where the exact sum and the padded size of a natively aligned format differ.
pub(super) fn trailing_padding_explicit(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut due = evidence
        .grants()
        .filter(|grant| super::due::is_due(grant.request));
    due.find_map(|grant| {
        let format = grant.facts.format.as_ref()?.as_ref().ok()?;
        let itemsize = u64::try_from(grant.view.itemsize).ok()?;
        let sizes = format.layout(evidence.platform).ok()?;
        if sizes.exact == sizes.padded {
            None
        } else if itemsize == sizes.exact {
            Some("struct-no-padding")
        } else {
            (itemsize == sizes.padded).then_some("numpy-padding")
        }
    })
}

/// The item size of a view whose format has no reading of that size, and the sizes that it has.
fn misfit(format: &Format, grant: &Grant<'_>) -> Option<(u64, Vec<u64>)> {
    let itemsize = u64::try_from(grant.view.itemsize).ok()?;
    let sizes = format.accepted_sizes(grant.evidence.platform).ok()?;
    (!sizes.contains(&itemsize)).then_some((itemsize, sizes))
}

fn exact(format: &Format, platform: Platform) -> Option<u64> {
    format.layout(&platform).ok().map(|sizes| sizes.exact)
}
