//! Rules of the family `empty`: views without bytes.
//!
//! Knows what an extent of 0 means for length, contiguity and item size. Must never know views with items.
//!
//! Source: `c-api/buffer#c.Py_buffer.len`, `Objects/abstract.c` (`PyBuffer_IsContiguous`),
//! `c-api/buffer#request-independent-fields`.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Denial, Evidence, Grant};
use bufcheck_model::observation::Field;
use bufcheck_protocol::format::Format;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::{Request, WellFormed};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "empty.len-zero",
        check: Check::Granted(len_zero),
    },
    Rule {
        id: "empty.counts-as-contiguous",
        check: Check::Refused(counts_as_contiguous),
    },
    Rule {
        id: "empty.itemsize-still-real",
        check: Check::Granted(itemsize_still_real),
    },
];

fn len_zero(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    let shape = view.shape.values()?;
    (shape.contains(&0) && view.len != 0).then(|| {
        Broken::new(
            format!("len {} with shape {shape:?}", view.len),
            "len 0 where an extent is 0",
        )
    })
}

fn counts_as_contiguous(denial: &Denial<'_>) -> Option<Broken> {
    let native = denial.evidence.native()?;
    let empty = native.class == LayoutClass::Empty && native.layout.shape().contains(&0);
    (empty && refused_though_contiguous(denial)).then(|| {
        Broken::new(
            format!(
                "no items (shape {:?}, strides {:?}), refused as not contiguous",
                native.layout.shape(),
                native.layout.strides()
            ),
            "granted: a view without bytes is contiguous whatever its strides say",
        )
    })
}

/// Whether a sensible request for contiguous memory was refused although the memory meets it and the same
/// request without that demand is granted: nothing but contiguity can be the reason.
pub(super) fn refused_though_contiguous(denial: &Denial<'_>) -> bool {
    let request = denial.request;
    let strided = request.without(Request::new(0xe0)).with(Request::STRIDES);
    let met = denial
        .evidence
        .native()
        .is_some_and(|native| native_meets(request, native.class));
    met && request != strided
        && request.well_formed() == WellFormed::Yes
        && denial.evidence.granted(request).is_none()
        && denial.evidence.granted(strided).is_some()
        && denial.evidence.refused(strided).is_none()
}

fn itemsize_still_real(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    if view.len != 0 || view.itemsize != 0 || view.untouched.contains(Field::Itemsize) {
        return None;
    }
    let evidence = grant.evidence;
    let own = grant
        .facts
        .format
        .as_ref()
        .and_then(|format| format.as_ref().ok());
    let size = own
        .and_then(|format| size_of(format, evidence))
        .or_else(|| {
            let native = evidence.native_grant()?;
            size_of(native.facts.format.as_ref()?.as_ref().ok()?, evidence)
        })
        .or_else(|| {
            let declared = Format::parse(evidence.declared.format.as_ref()?).ok()?;
            size_of(&declared, evidence)
        })?;
    (size > 0).then(|| {
        Broken::new(
            format!("itemsize 0 where an item has {size} bytes"),
            format!("itemsize {size}, with or without items"),
        )
    })
}

fn size_of(format: &Format, evidence: &Evidence<'_>) -> Option<u64> {
    format.layout(evidence.platform).ok().map(|sizes| sizes.exact)
}
