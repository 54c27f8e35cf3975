//! What a consumer is given.
//!
//! Knows the three lists. Must never know what comes of them.

use bufcheck_model::case::Make;
use bufcheck_model::spy::{Call, Spy};

/// What a consumer is given: spies, each call once, and then somebody else's exporters.
pub(crate) struct Guests<'a> {
    pub(crate) spies: &'a [Spy],
    pub(crate) calls: &'a [Call],
    pub(crate) meets: &'a [Make],
}
