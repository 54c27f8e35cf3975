//! One spy that a test was given, judged by itself.
//!
//! Knows which rules need no other call to be judged by. Must never know how the test ended.

use bufcheck_model::case::{ConsumerCase, Level};
use bufcheck_model::spy::{Call, Consumed, Spied, Spy};
use bufcheck_rules::consumer::{Evidence, judge};
use serde::Serialize;

use crate::plan::catalogue::Catalogue;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Its id.
    pub rule: String,
    /// Its heading.
    pub title: String,
    /// How binding it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
}

/// The rules that were broken while a spy was given to somebody.
///
/// Results are compared with nothing, and what is still held may be held rightly: both are for the test to say.
pub fn alone(spy: &Spy, call: Call, spied: Spied, catalogue: &Catalogue) -> Vec<Broken> {
    let (case, spies) = (ConsumerCase::default(), std::slice::from_ref(spy));
    let seen = Consumed {
        calls: vec![spied],
        ..Consumed::default()
    };
    let call = Call { spy: 0, ..call };
    let evidence = Evidence::new(&case, spies, &[call], &seen);
    let data = |id: &str| catalogue.rules.iter().find(|data| data.id == id);
    let hits = judge(&evidence, |rule| data(rule).is_some());
    let broken = hits.into_iter().filter_map(|hit| {
        let data = data(&hit.rule)?;
        let raised = data.raised.as_ref().filter(|_| hit.broken.raised);
        Some(Broken {
            title: data.title.clone(),
            level: raised.map_or(data.level, |raised| raised.level),
            rule: hit.rule,
            found: hit.broken.found,
            wanted: hit.broken.wanted,
        })
    });
    broken.collect()
}
