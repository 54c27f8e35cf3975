//! Rules of the family `empty`: views without bytes.
//!
//! Knows what an extent of 0 means for contiguity. Must never know views with items.
//!
//! Source: `c-api/buffer#c.Py_buffer.len`, `Objects/abstract.c` (`PyBuffer_IsContiguous`),
//! `c-api/buffer#request-independent-fields`.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::Denial;
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::native_meets;
use bufcheck_protocol::request::{Request, WellFormed};

pub(crate) const RULES: &[Rule] = &[Rule {
    id: "empty.counts-as-contiguous",
    check: Check::Refused(counts_as_contiguous),
}];

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
