//! Which scenarios a subject is put through, and what they leave open.
//!
//! Knows [`Needs`] and how requests and mutators are bound from what the sweep showed. Must never know how a
//! scenario is played.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::act::{Act, Asked};
use super::case::{CallTable, Needs, ScenarioCase};
use crate::request::{Request, WellFormed};
use crate::rules::Evidence;

/// Requests of [`Asked::EachGranted`] at most: more would only repeat the same answers.
const MAX_GRANTED: usize = 24;

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
    fn used_by(&self, acts: &[Act]) -> Option<Self> {
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

/// The scenarios that apply to a subject, those with a mutator once for each; in the order of the cases.
pub fn scripts(cases: &[ScenarioCase], tables: &[CallTable], evidence: &Evidence<'_>) -> Vec<Script> {
    let mutators = mutators(tables, evidence);
    let bound = Bindings {
        widest: evidence.native().map(|native| native.request),
        writable: writable(evidence),
        refused: refused(evidence),
        granted: granted(evidence),
        mutator: None,
    };
    let mut scripts = Vec::new();
    for case in cases.iter().filter(|case| applies(&case.needs, evidence)) {
        let choices: Vec<Option<&String>> = if case.acts.iter().any(Act::mutates) {
            mutators.iter().map(Some).collect()
        } else {
            vec![None]
        };
        for mutator in choices {
            let all = Bindings {
                mutator: mutator.cloned(),
                ..bound.clone()
            };
            if let Some(bindings) = all.used_by(&case.acts) {
                scripts.push(Script {
                    scenario: case.id.clone(),
                    bindings,
                    acts: doing(&case.acts),
                });
            }
        }
    }
    scripts
}

impl Script {
    /// What a worker is sent to play a case that leaves nothing open.
    pub fn closed(case: &ScenarioCase) -> Self {
        Self {
            scenario: case.id.clone(),
            bindings: Bindings::default(),
            acts: doing(&case.acts),
        }
    }

    /// Every request that is asked, each once for each act that asks it.
    pub fn requests(&self) -> Vec<Request> {
        let asked: Vec<Asked> = self.acts.iter().flat_map(Act::asked).cloned().collect();
        self.bindings.requests(&asked)
    }
}

/// The acts without the expectations between them, which are no worker's business.
fn doing(acts: &[Act]) -> Vec<Act> {
    acts.iter()
        .filter_map(|act| match act {
            Act::Expect(_) => None,
            Act::Thread { acts } => Some(Act::Thread { acts: doing(acts) }),
            _ => Some(act.clone()),
        })
        .collect()
}

/// Statements that touch the memory: declared methods first, then those that its type is known to have.
pub(super) fn mutators(tables: &[CallTable], evidence: &Evidence<'_>) -> Vec<String> {
    let mut found: Vec<String> = evidence
        .declared
        .mutators
        .iter()
        .map(|method| format!("x.{method}"))
        .collect();
    for table in tables
        .iter()
        .filter(|table| table.names(&evidence.made.type_name))
    {
        for call in &table.calls {
            if !found.contains(call) {
                found.push(call.clone());
            }
        }
    }
    found
}

fn applies(needs: &Needs, evidence: &Evidence<'_>) -> bool {
    let Some(native) = evidence.native() else {
        // Nothing was granted, or nothing that makes sense: there is no view to hold.
        return false;
    };
    let made = evidence.made;
    let agrees = |need: Option<bool>, found: bool| need.is_none_or(|need| need == found);
    let typed = needs.type_name.as_ref().is_none_or(|name| {
        CallTable {
            type_name: name.clone(),
            calls: Vec::new(),
        }
        .names(&made.type_name)
    });
    typed
        && agrees(needs.writable, evidence.grants_writable())
        && (!needs.shareable || evidence.declared.shareable != Some(false))
        && (!needs.not_empty || !native.layout.is_empty())
        && (!needs.plain_items || plain(evidence))
        && (!needs.weakref || made.weakref)
        && (!needs.gc || made.gc)
        && (!needs.mortal || !made.immortal)
        && agrees(needs.python_level, made.python_level)
        && agrees(needs.release_slot, made.releases)
        && needs
            .since
            .as_ref()
            .is_none_or(|since| reached(since, evidence.python))
}

/// Whether the format, if there is one, says nothing of objects: bytes of a reference must not be changed.
pub(super) fn plain(evidence: &Evidence<'_>) -> bool {
    evidence.grants().all(|grant| {
        grant
            .view
            .format
            .ascii()
            .is_none_or(|format| !format.contains('O'))
    })
}

/// Whether `python` is at least `since`, a text such as `3.12`; one that is no version is never reached.
fn reached(since: &str, python: [u32; 3]) -> bool {
    let wanted: Option<Vec<u32>> = since.split('.').map(|part| part.parse().ok()).collect();
    wanted.is_some_and(|wanted| python.as_slice() >= wanted.as_slice())
}

pub(super) fn writable(evidence: &Evidence<'_>) -> Option<Request> {
    const WIDEST: [i32; 8] = [0x11d, 0x119, 0x1d, 0x19, 0x3d, 0x5d, 0x9, 0x1];
    let mut requests = WIDEST.into_iter().map(Request::new);
    requests.find(|request| {
        evidence
            .granted(*request)
            .is_some_and(|grant| grant.view.readonly == 0)
    })
}

/// A well-formed request that was refused in every round.
pub(super) fn refused(evidence: &Evidence<'_>) -> Option<Request> {
    let requests = evidence.sweep.requests.iter().map(|flags| Request::new(*flags));
    let mut well_formed = requests.filter(|request| request.well_formed() == WellFormed::Yes);
    well_formed.find(|request| evidence.refused(*request).is_some() && evidence.granted(*request).is_none())
}

/// Well-formed requests that were granted in every round.
pub(super) fn granted(evidence: &Evidence<'_>) -> Vec<Request> {
    let requests = evidence.sweep.requests.iter().map(|flags| Request::new(*flags));
    requests
        .filter(|request| request.well_formed() == WellFormed::Yes)
        .filter(|request| evidence.granted(*request).is_some() && evidence.refused(*request).is_none())
        .take(MAX_GRANTED)
        .collect()
}
