//! What is known of a subject before any history is drawn.
//!
//! Knows which requests and mutators there are to choose from. Must never know an order of steps.

use crate::exporter::evidence::Evidence;
use crate::overtime::{Background, granted, mutators, plain, refused, writable};
use bufcheck_model::scenario::CallTable;
use bufcheck_protocol::request::Request;

/// What a history of a subject can be made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena {
    /// Qualified name of the type.
    pub type_name: String,
    /// Requests that were granted in every round of the sweep, the widest first, and one that was refused in
    /// every round, if there is one.
    pub requests: Vec<Request>,
    /// How many of them were granted.
    pub granted: usize,
    /// Statements that touch the memory.
    pub mutators: Vec<String>,
    /// Whether bytes may be inverted for a moment: items hold no references to objects.
    pub writes: bool,
    /// Views that may be held at once: one where the subject is declared so.
    pub views: u8,
    /// What its traces do not show.
    pub background: Background,
}

impl Arena {
    /// What the answers of a sweep leave to choose from; `None` where nothing sensible was granted.
    pub fn new(tables: &[CallTable], evidence: &Evidence<'_>) -> Option<Self> {
        let widest = evidence.native()?.request;
        let all = std::iter::once(widest)
            .chain(writable(evidence))
            .chain(granted(evidence));
        let mut requests: Vec<Request> = Vec::new();
        for request in all {
            if !requests.contains(&request) && evidence.refused(request).is_none() {
                requests.push(request);
            }
        }
        let granted = requests.len();
        if granted == 0 {
            return None;
        }
        requests.extend(refused(evidence));
        Some(Self {
            type_name: evidence.made.type_name.clone(),
            requests,
            granted,
            mutators: mutators(tables, evidence),
            writes: evidence.grants_writable() && plain(evidence),
            views: if evidence.declared.shareable == Some(false) {
                1
            } else {
                super::SLOTS
            },
            background: Background::of(evidence),
        })
    }
}
