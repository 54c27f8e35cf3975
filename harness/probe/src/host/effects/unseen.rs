//! Where effects cannot be seen.
//!
//! Knows the shape of [`Moment`] elsewhere. Must never pretend that it saw something.

use bufcheck_model::observation::Effect;
use pyo3::prelude::*;

use crate::host::mark::Marker;

/// Nothing.
pub(in crate::host) struct Moment;

impl Moment {
    pub(in crate::host) fn now(_: Python<'_>) -> Self {
        Self
    }

    pub(in crate::host) fn effects<'py>(
        &self,
        _: Python<'py>,
        _: &mut dyn FnMut(Python<'py>) -> Option<Bound<'py, PyAny>>,
        _: &[i32],
        _: (bool, bool),
        _: &Marker,
    ) -> Vec<Effect> {
        Vec::new()
    }
}
