//! What is noted where an act cannot be done.
//!
//! Knows the entry. Must never know why.

use bufcheck_model::scenario::Seen;

/// The entry of an act that cannot be done.
pub(super) fn impossible(why: &str) -> Seen {
    Seen::Impossible(why.to_owned())
}
