//! Rules of the family `ndim`: the number of axes.
//!
//! Knows its bounds, and which reading of the text an exporter follows where it gives no shape. Must never
//! know what the axes hold.
//!
//! Source: `c-api/buffer#c.Py_buffer.ndim`, `c-api/buffer#c.PyBUF_MAX_NDIM`,
//! `c-api/buffer#request-independent-fields`.

use crate::broken::Broken;
use crate::check::{Check, Rule};
use crate::exporter::evidence::{Evidence, Grant};
use bufcheck_model::observation::{Array, Field};
use bufcheck_protocol::layout::MAX_NDIM;
use bufcheck_protocol::request::{Request, WellFormed};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "ndim.non-negative",
        check: Check::Granted(non_negative),
    },
    Rule {
        id: "ndim.max-64",
        check: Check::Granted(max_64),
    },
    Rule {
        id: "ndim.matches-array-lengths",
        check: Check::Granted(matches_array_lengths),
    },
    Rule {
        id: "ndim.same-with-shape",
        check: Check::Relation,
    },
    Rule {
        id: "ndim.when-shape-null",
        check: Check::Camp(when_shape_null),
    },
];

fn non_negative(grant: &Grant<'_>) -> Option<Broken> {
    let ndim = written(grant)?;
    (ndim < 0).then(|| Broken::new(format!("ndim {ndim}"), "ndim of 0 or more"))
}

fn max_64(grant: &Grant<'_>) -> Option<Broken> {
    let ndim = written(grant)?;
    let axes = usize::try_from(ndim).ok()?;
    (axes > MAX_NDIM).then(|| Broken::new(format!("ndim {ndim}"), format!("at most {MAX_NDIM} axes")))
}

/// `ndim`, unless it is the fill pattern.
fn written(grant: &Grant<'_>) -> Option<i32> {
    (!grant.view.untouched.contains(Field::Ndim)).then_some(grant.view.ndim)
}

fn matches_array_lengths(grant: &Grant<'_>) -> Option<Broken> {
    let view = grant.view;
    let ndim = view.ndim;
    if ndim < 2 {
        // One number either stands there or the pointer itself is bad.
        return None;
    }
    let arrays = [
        ("shape", &view.shape),
        ("strides", &view.strides),
        ("suboffsets", &view.suboffsets),
    ];
    arrays.into_iter().find_map(|(name, array)| {
        let found = match array {
            // The struct has room for one number wherever an array may start in it.
            Array::InView(_) => {
                format!("{name} stands inside the Py_buffer, which has room for 1 entry, not {ndim}")
            }
            Array::Null
            | Array::Unreadable(_)
            | Array::Unread(_)
            | Array::OnStack(_)
            | Array::Elsewhere(_) => return None,
        };
        Some(Broken::new(found, format!("{name} of {ndim} entries")))
    })
}

fn when_shape_null(evidence: &Evidence<'_>) -> Option<&'static str> {
    let true_ndim = evidence
        .native()
        .filter(|native| native.request.wants_shape())
        .map(|native| native.layout.ndim());
    [Request::SIMPLE, Request::WRITABLE]
        .into_iter()
        .filter(|request| request.well_formed() == WellFormed::Yes)
        .find_map(|request| {
            let grant = evidence.granted(request)?;
            camp(
                usize::try_from(written(&grant)?).ok()?,
                true_ndim,
                grant.view.len != grant.view.itemsize,
            )
        })
}

/// The camp that `ndim` shows; `None` where it fits several, or none.
fn camp(ndim: usize, true_ndim: Option<usize>, several_items: bool) -> Option<&'static str> {
    let several_items = several_items || true_ndim.is_some_and(|axes| axes > 0);
    match (ndim, true_ndim) {
        (0, Some(0)) => None,
        (0, _) if several_items => Some("zero"),
        (1, Some(axes)) if axes != 1 => Some("one"),
        (_, Some(axes)) if axes == ndim && axes > 1 => Some("true"),
        _ => None,
    }
}
