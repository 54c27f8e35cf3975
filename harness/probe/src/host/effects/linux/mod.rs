//! Effects on Linux.
//!
//! Knows the two moments that are compared. Must never know what is touched.

mod output;
mod quiet;
mod state;
mod watch;

use bufcheck_model::observation::Effect;
use pyo3::prelude::*;

use crate::host::mark::Marker;
use output::Streams;
use state::State;

/// How the process is, and how much was written.
pub(in crate::host) struct Moment {
    streams: Streams,
    state: State,
    written: [Option<u64>; 2],
}

impl Moment {
    /// Looks now; what was printed before is flushed first.
    pub(in crate::host) fn now(py: Python<'_>) -> Self {
        output::flush(py);
        Self {
            streams: Streams::keep(),
            state: State::now(py),
            written: output::written(),
        }
    }

    /// What objects did since this moment, if they do it again: `make` gives fresh ones, that are asked `requests` and
    /// dropped, or kept for ever with `keep`; `python_level` tells whether they are of a class with `__buffer__`. The
    /// process is put back as it was.
    pub(in crate::host) fn effects<'py>(
        &self,
        py: Python<'py>,
        make: &mut dyn FnMut(Python<'py>) -> Option<Bound<'py, PyAny>>,
        requests: &[i32],
        (keep, python_level): (bool, bool),
        mark: &Marker,
    ) -> Vec<Effect> {
        output::flush(py);
        let changed = !self.state.differences(&State::now(py)).is_empty();
        if !changed && output::written() == self.written {
            return Vec::new();
        }
        let watch = watch::Watch {
            py,
            base: &self.state,
            streams: &self.streams,
            states: changed,
            requests,
            keep,
            python_level,
            mark,
        };
        let effects = watch.effects(make);
        // What cannot be put back is another state for those that come later, and nothing can be done about it.
        let _ = self.streams.restore();
        self.state.restore(py);
        effects
    }
}
