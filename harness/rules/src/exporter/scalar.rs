//! Rules of the family `scalar`: views without axes.
//!
//! Knows what no axes mean for the arrays and for contiguity. Must never know views with axes.
//!
//! Source: `c-api/buffer#c.Py_buffer.ndim`, `glossary#term-contiguous`.

use super::empty::refused_though_contiguous;
use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Denial, Grant};
use bufcheck_model::observation::Field;
use bufcheck_protocol::layout::LayoutClass;

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "scalar.shape-strides-suboffsets-null",
        check: Check::Granted(shape_strides_suboffsets_null),
    },
    Rule {
        id: "scalar.contiguous-both-ways",
        check: Check::Refused(contiguous_both_ways),
    },
];

fn has_no_axes(grant: &Grant<'_>) -> bool {
    grant.view.ndim == 0 && !grant.view.untouched.contains(Field::Ndim)
}

fn shape_strides_suboffsets_null(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    let arrays = [&view.shape, &view.strides, &view.suboffsets];
    if !has_no_axes(grant) || arrays.iter().all(|array| array.is_null()) {
        return None;
    }
    let names = ["shape", "strides", "suboffsets"].into_iter().zip(arrays);
    let set: Vec<&str> = names
        .filter(|(_, array)| !array.is_null())
        .map(|(name, _)| name)
        .collect();
    Some(Broken::new(
        format!("ndim 0 with {} not NULL", set.join(" and ")),
        "shape, strides and suboffsets NULL where ndim is 0",
    ))
}

fn contiguous_both_ways(denial: &Denial<'_>) -> Option<Broken> {
    let native = denial.evidence.native()?;
    let refused = native.class == LayoutClass::Scalar
        && denial.request.wants_strides()
        && refused_though_contiguous(denial);
    refused.then(|| {
        Broken::new(
            "a single item without axes, refused as not contiguous",
            "granted: a scalar is contiguous in both orders",
        )
    })
}
