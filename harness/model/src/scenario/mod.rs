//! Scenarios: what happens between answers, as data.
//!
//! Knows the steps of a scenario, how expectations are written, and what a worker writes down while it plays one. Must
//! never know how a step is carried out, whether an expectation holds, nor any exporter by name.
//!
//! A [`ScenarioCase`] of `cases/scenarios/` is a list of acts. The rules choose the cases that apply to a subject and
//! bind what they leave open (the widest request it grants, one of its mutators); a worker plays the [`Script`] and
//! answers with a [`Trace`], one entry an act, without opinion; the rules compare the trace with the expectations
//! that stand between the acts.
//!
//! ```
//! use bufcheck_model::scenario::{Act, ScenarioCase};
//!
//! let case: ScenarioCase = serde_json::from_str(r#"{
//!     "id": "scenarios/release/as-a-copy",
//!     "about": "A view is given back through a copy of the struct.",
//!     "acts": [
//!         {"make": {}},
//!         {"ask": {"view": "a", "request": "widest"}},
//!         {"release-copy": {"view": "a"}},
//!         {"expect": {"rule": "release.copy-of-view-accepted", "that": {"released-cleanly": {"view": "a"}}}}
//!     ]
//! }"#)?;
//! assert_eq!(case.catches().collect::<Vec<_>>(), ["release.copy-of-view-accepted"]);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod act;
mod blocks;
mod case;
mod expect;
mod name;
mod script;
mod told;
mod trace;

pub use crate::observation::Allocator;
pub use act::{Act, Asked, ReleaseOrder};
pub use blocks::Block;
pub use case::{CallTable, Needs, ScenarioCase, ScenarioFile};
pub use expect::{Amount, Expectation, That};
pub use name::x;
pub use script::{Bindings, Script};
pub use trace::{Measure, Neighbour, Played, Reading, Release, Seen, SlotOrigins, Trace};
