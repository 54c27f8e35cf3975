//! Systems without spies.
//!
//! Knows that nothing was tried. Must never call a consumer.

use bufcheck_model::spy::{Call, Consumed, Dress, Spy};

use super::function::Callable;
use crate::host::mark::Marker;

/// There are no spies to keep.
#[derive(Default)]
pub(crate) struct Wardrobe;

/// Calls nothing, and says so.
pub(crate) fn consume(
    _: (&Callable<'_>, Dress),
    _: &[Spy],
    _: &[Call],
    _: &mut Wardrobe,
    _: &Marker,
) -> Consumed {
    Consumed {
        gave_up: Some("there are no spies on this system yet: consumers are checked on Linux".into()),
        ..Consumed::default()
    }
}
