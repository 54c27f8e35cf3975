//! Systems without spies.
//!
//! Knows that nothing was tried. Must never call a consumer.

use bufcheck_model::spy::{Call, Consumed, Dress, Ended, Spied, Spy};
use pyo3::prelude::*;

use super::function::Callable;
use super::guests::Guests;
use crate::exporter::make::Maker;
use crate::host::mark::Marker;

const NONE: &str = "there are no spies on this system yet: consumers are checked on Linux";

/// A spy that nobody can be given.
pub enum Worn {}

impl Worn {
    /// Makes none.
    ///
    /// # Errors
    ///
    /// The sentence that says so.
    pub fn give(_: Python<'_>, _: &Spy, _: Call) -> Result<Self, String> {
        Err(NONE.into())
    }

    /// Nothing.
    pub fn object(&self, _: Python<'_>) -> Py<PyAny> {
        match *self {}
    }

    /// None.
    pub fn held(&self) -> i64 {
        match *self {}
    }

    /// Nothing was seen.
    pub fn take_back(&mut self, _: Ended) -> Option<Spied> {
        match *self {}
    }
}

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
        gave_up: Some(NONE.into()),
        ..Consumed::default()
    }
}
