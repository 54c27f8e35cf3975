//! What is known of an object beside its traces.
//!
//! Knows what the sweep and the declaration say that a predicate must not overlook. Must never know a scenario.

use bufcheck_model::observation::Volatile;

use crate::exporter::Evidence;

/// What is known of an object beside its traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Background {
    /// What changes though nothing is done to the object.
    pub volatile: Option<Volatile>,
}

impl Background {
    /// What a sweep and a declaration say.
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let declared = (evidence.declared.volatile == Some(true)).then_some(Volatile::Held);
        Self {
            volatile: declared.or(evidence.sweep.volatile),
        }
    }
}
