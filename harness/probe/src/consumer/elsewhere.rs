//! Systems without spies.
//!
//! Knows that nothing was tried. Must never call a consumer.

use bufcheck_model::case::Make;
use bufcheck_model::spy::{Call, Consumed, Dress, Spy};

use super::function::Callable;
use crate::exporter::make::Maker;
use crate::host::mark::Marker;

/// There are no spies to keep.
#[derive(Default)]
pub(crate) struct Wardrobe;

/// What would be given to it.
pub(crate) struct Guests<'a> {
    pub(crate) spies: &'a [Spy],
    pub(crate) calls: &'a [Call],
    pub(crate) meets: &'a [Make],
}

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
