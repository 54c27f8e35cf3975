//! A wish to stop, seen by everybody who waits.
//!
//! Knows whether it was expressed. Must never know by whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A wish to stop; clones are one and the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The flag of somebody else, such as a handler of signals.
    pub fn when(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }

    /// Expresses it.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was expressed.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
