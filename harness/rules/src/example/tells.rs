//! Whether a drawing shows anything.
//!
//! Knows kinds of places. Must never know how a drawing came about.

use bufcheck_model::example::{Drawing, Place, PlaceKind};

/// Whether a place is not as it should be.
pub(super) fn tells(drawing: &Drawing) -> bool {
    let odd = |place: &Place| {
        matches!(
            place.kind,
            PlaceKind::Displaced | PlaceKind::Outside | PlaceKind::Changed
        )
    };
    drawing.rows.iter().flat_map(|row| &row.places).any(odd)
}
