//! The shape of the files of `cases/scenarios/`.
//!
//! Knows every key beside the acts. Must never know whether a case applies to anything: that is planned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::act::Act;

/// A file of `cases/scenarios/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// What the file holds.
    pub about: String,
    /// Statements that touch the memory of well-known types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutators: Vec<CallTable>,
    /// The scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<ScenarioCase>,
}

/// Mutators of a type, beside those that an exporter declares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTable {
    /// Qualified name of the type: `numpy.ndarray`; a `*` at the end stands for any rest.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Statements about `x`.
    pub calls: Vec<String>,
}

impl CallTable {
    /// Whether the type is meant.
    pub fn names(&self, type_name: &str) -> bool {
        match self.type_name.strip_suffix('*') {
            Some(start) => type_name.starts_with(start),
            None => self.type_name == type_name,
        }
    }
}

/// One scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioCase {
    /// `scenarios/...`, for ever.
    pub id: String,
    /// What happens, in one sentence.
    pub about: String,
    /// The subjects it applies to.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
    /// What is done, and what must hold.
    pub acts: Vec<Act>,
}

impl ScenarioCase {
    /// The rules that the scenario can find broken, beside `process.survives`; each once, in order.
    pub fn catches(&self) -> impl Iterator<Item = &str> {
        let mut seen: Vec<&str> = Vec::new();
        for act in self.acts.iter().flat_map(Act::flat) {
            if let Act::Expect(expectation) = act
                && !seen.contains(&expectation.rule.as_str())
            {
                seen.push(&expectation.rule);
            }
        }
        seen.into_iter()
    }

    /// Whether several threads do something at once: in which order is decided by the machine, so that what is found
    /// here may not be found the next time.
    pub fn is_race(&self) -> bool {
        let several = |act: &Act| matches!(act, Act::Threads { count, mutate, .. } if *count > 1 || *mutate);
        self.acts.iter().flat_map(Act::flat).any(several)
    }
}

impl ScenarioCase {
    /// The rule of each expectation, to be changed.
    pub fn rules_mut(&mut self) -> Vec<&mut String> {
        self.acts.iter_mut().flat_map(Act::rules_mut).collect()
    }
}

/// What a subject must show or declare for a scenario to apply. Requests and mutators that the acts name
/// are needed anyway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Qualified name of its type, as in [`CallTable`].
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Whether it grants any request with `WRITABLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<bool>,
    /// It allows several views at a time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shareable: bool,
    /// Its memory holds at least one byte.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_empty: bool,
    /// Its items hold no references that code could follow while they are changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain_items: bool,
    /// Its type supports weak references.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weakref: bool,
    /// Its type takes part in garbage collection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gc: bool,
    /// Its reference count moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mortal: bool,
    /// Whether the buffer comes from a Python-level `__buffer__`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_level: Option<bool>,
    /// Whether the type fills `bf_releasebuffer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_slot: Option<bool>,
    /// It applies to an object that grants nothing as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_grants: bool,
    /// An object of its type with other items is declared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sibling: bool,
    /// The first version of Python it applies to: `3.12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl Needs {
    /// Whether any subject will do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
