//! Who asked what of which type, counted over all processes.
//!
//! Knows that a module is known by the name of its file. Must never judge.

use std::collections::BTreeMap;

use bufcheck_model::trace::{Cell, Native};

use super::traced::Traced;

/// Counts of a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests.
    pub requests: u64,
    /// Those that were granted.
    pub grants: u64,
    /// Those that were refused.
    pub refusals: u64,
    /// Releases of its views.
    pub releases: u64,
}

/// Counts by type, module and flags.
pub type Pairs = BTreeMap<(String, String, i32), Counted>;

/// The file name of a module.
pub(super) fn name(native: &Native) -> &str {
    let name = native.module.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() { "?" } else { name }
}

/// All pairs.
pub fn pairs(traced: &[Traced]) -> Pairs {
    let mut pairs = Pairs::new();
    for process in traced {
        for site in process.sites.values() {
            let key = (
                site.made.type_name.clone(),
                name(&site.asked_by).to_owned(),
                site.flags,
            );
            let pair = pairs.entry(key).or_default();
            let count = |what| process.counts.of(site.site, what);
            pair.requests = pair.requests.saturating_add(count(Cell::Requests));
            pair.grants = pair.grants.saturating_add(count(Cell::Grants));
            pair.refusals = pair.refusals.saturating_add(count(Cell::Refusals));
            pair.releases = pair.releases.saturating_add(count(Cell::Releases));
        }
    }
    pairs
}
