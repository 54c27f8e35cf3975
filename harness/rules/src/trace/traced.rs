//! The lines of one process, put together.
//!
//! Knows which line belongs to which site, and whether all releases were seen. Must never read a file.

use std::collections::BTreeMap;

use bufcheck_model::trace::{Counts, Ended, Event, Global, Record, Site, Start, Told};

/// One process.
#[derive(Debug, Clone)]
pub struct Traced {
    /// How it began.
    pub start: Start,
    /// Who asked what.
    pub sites: BTreeMap<u32, Site>,
    /// The distinct answers.
    pub answers: Vec<Told>,
    /// What happened to views.
    pub events: Vec<Event>,
    /// How it ended, if in good order.
    pub ended: Option<Ended>,
    /// How often.
    pub counts: Counts,
}

impl Traced {
    /// Puts the lines behind the first one together.
    pub fn new(start: Start, records: impl IntoIterator<Item = Record>, counts: Counts) -> Self {
        let mut traced = Self {
            start,
            sites: BTreeMap::new(),
            answers: Vec::new(),
            events: Vec::new(),
            ended: None,
            counts,
        };
        for record in records {
            match record {
                Record::Start(_) => {}
                Record::Site(site) => {
                    traced.sites.insert(site.site, *site);
                }
                Record::Answer(told) => traced.answers.push(*told),
                Record::Event(event) => traced.events.push(*event),
                Record::Ended(ended) => traced.ended = Some(ended),
            }
        }
        traced
    }

    /// Whether every release was seen: both ways of watching saw the same at the start, and never did a slot see one that
    /// the entry did not.
    pub fn is_complete(&self) -> bool {
        let start = &self.start;
        start.no_entries.is_none()
            && !start.counted.is_empty()
            && start
                .counted
                .iter()
                .all(|one| one.requests[0] == one.requests[1] && one.releases[0] == one.releases[1])
            && self.counts.global(Global::SlotOnly) == 0
    }
}
