//! How a view that a scenario holds is given back, as an entry of the trace.
//!
//! Knows the entry. Must never know how a view is asked for or released: that is for [`crate::look`].

use bufcheck_model::observation::Phase;
use bufcheck_model::scenario::Release;
use pyo3::prelude::*;

use crate::host::mark::Marker;
use crate::look::raised::Exception;
use crate::look::{Held, Way};

use super::python::Unraisable;

/// Gives a view back.
pub(super) fn release(held: Held, py: Python<'_>, way: Way, unraisable: Option<&Unraisable>) -> Release {
    let mut released = held.release(py, way);
    let release = Release {
        changed: released.aftermath.changed,
        raised: released.exception.as_mut().map(Exception::describe),
        unraisable: None,
        obj_kept: released.obj_kept,
        pending_kept: released.pending_kept,
        unreleased: released.aftermath.unreleased,
    };
    // The exception may have been the last to hold something.
    drop(released);
    Release {
        unraisable: unraisable.and_then(|log| log.take(py)),
        ..release
    }
}

/// Notes that a request is about to be made.
pub(super) fn note(mark: &Marker, flags: i32) {
    mark.note(Phase::Ask, Some(flags));
}
