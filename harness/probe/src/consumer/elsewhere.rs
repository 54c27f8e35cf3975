//! Systems without spies.
//!
//! Knows that nothing was tried. Must never call a consumer.

use bufcheck_model::spy::{Consumed, Dress};

use super::function::Callable;
use super::guests::Guests;
use crate::exporter::make::Maker;
use crate::host::mark::Marker;

/// There are no spies to keep.
#[derive(Default)]
pub(crate) struct Wardrobe;

/// Calls nothing, and says so.
pub(crate) fn consume(
    _: (&Callable<'_>, Dress),
    _: &Guests<'_>,
    _: (&mut Wardrobe, &mut Maker),
    _: &Marker,
) -> Consumed {
    Consumed {
        gave_up: Some("there are no spies on this system yet: consumers are checked on Linux".into()),
        ..Consumed::default()
    }
}
