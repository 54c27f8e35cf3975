//! A scenario for one subject: what a worker is sent.
//!
//! Knows what a case leaves open and how that is filled in. Must never choose anything: that is for the rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bufcheck_protocol::request::Request;

use super::act::{Act, Asked};
use super::case::ScenarioCase;

/// A scenario for one subject: what a worker is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The id of the scenario.
    pub scenario: String,
    /// What it leaves open.
    #[serde(default, skip_serializing_if = "Bindings::is_empty")]
    pub bindings: Bindings,
    /// What is to be done; expectations stay at home.
    pub acts: Vec<Act>,
}

/// What a scenario leaves open, settled for one subject; only what its acts use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// [`Asked::Widest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widest: Option<Request>,
    /// [`Asked::Writable`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<Request>,
    /// [`Asked::Refused`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Request>,
    /// [`Asked::EachGranted`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted: Vec<Request>,
    /// The statement of [`Act::Mutate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutator: Option<String>,
}

impl Bindings {
    /// Whether nothing was left open.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The flags words that a list of requests stands for.
    pub fn requests(&self, asked: &[Asked]) -> Vec<Request> {
        asked
            .iter()
            .flat_map(|choice| match choice {
                Asked::Exact(request) => vec![*request],
                Asked::Widest => self.widest.into_iter().collect(),
                Asked::Writable => self.writable.into_iter().collect(),
                Asked::Refused => self.refused.into_iter().collect(),
                Asked::EachGranted => self.granted.clone(),
            })
            .collect()
    }

    /// Only what these acts use; `None` if they use something that the subject does not offer.
    pub fn used_by(&self, acts: &[Act]) -> Option<Self> {
        let asked: Vec<&Asked> = acts.iter().flat_map(Act::asked).collect();
        let uses = |choice: &Asked| asked.contains(&choice);
        let mut used = Self::default();
        if uses(&Asked::Widest) {
            used.widest = Some(self.widest?);
        }
        if uses(&Asked::Writable) {
            used.writable = Some(self.writable?);
        }
        if uses(&Asked::Refused) {
            used.refused = Some(self.refused?);
        }
        if uses(&Asked::EachGranted) {
            if self.granted.is_empty() {
                return None;
            }
            used.granted.clone_from(&self.granted);
        }
        if acts.iter().any(Act::mutates) {
            used.mutator = Some(self.mutator.clone()?);
        }
        Some(used)
    }
}

impl Script {
    /// A case for one subject: its acts without the expectations between them, which are no worker's business.
    pub fn bound(case: &ScenarioCase, bindings: Bindings) -> Self {
        Self {
            scenario: case.id.clone(),
            bindings,
            acts: doing(&case.acts),
        }
    }

    /// What a worker is sent to play a case that leaves nothing open.
    pub fn closed(case: &ScenarioCase) -> Self {
        Self::bound(case, Bindings::default())
    }

    /// Every request that is asked, each once for each act that asks it.
    pub fn requests(&self) -> Vec<Request> {
        let asked: Vec<Asked> = self.acts.iter().flat_map(Act::asked).cloned().collect();
        self.bindings.requests(&asked)
    }
}

fn doing(acts: &[Act]) -> Vec<Act> {
    acts.iter()
        .filter_map(|act| match act {
            Act::Expect(_) => None,
            Act::Thread { acts } => Some(Act::Thread { acts: doing(acts) }),
            _ => Some(act.clone()),
        })
        .collect()
}
