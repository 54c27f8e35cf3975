//! The kill matrix: what the self-test came to.
//!
//! Knows the fates of mutants and clean exporters. Must never know how one is made or judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the self-test came to, on one interpreter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The interpreter.
    pub interpreter: String,
    /// The mutants.
    pub mutants: Vec<Killed>,
    /// Clean exporters.
    pub clean: Vec<Clean>,
    /// Rules of level `must` or `should` that are checked and have no mutant.
    pub unproven: Vec<String>,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Killed {
    /// Its id.
    pub id: String,
    /// The rule it was made to break.
    pub breaks: String,
    /// What became of it.
    pub fate: Fate,
    /// The rules that accused it, apart from those of level `info`.
    pub by: Vec<String>,
    /// Why it was not tested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reason: Vec<String>,
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Its own rule accused it.
    KilledByOwnRule,
    /// Only other rules did.
    KilledByAnother,
    /// No rule did.
    Survived,
    /// It does not exist on this interpreter.
    NotTested,
    /// It could not be made: the suite is broken.
    Fault,
}

/// What became of a clean exporter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clean {
    /// Its id.
    pub id: String,
    /// The rules of level `must` or `should` that accused it: false alarms.
    pub accused: Vec<String>,
    /// It was not tested, or could not be made, for this reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reason: Vec<String>,
    /// It could not be made: the suite is broken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fault: bool,
}

impl Matrix {
    /// How many mutants met this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants.iter().filter(|mutant| mutant.fate == fate).count()
    }

    /// Clean exporters that were tested and not accused.
    pub fn at_peace(&self) -> usize {
        self.clean
            .iter()
            .filter(|clean| clean.accused.is_empty() && clean.reason.is_empty())
            .count()
    }

    /// Clean exporters that were accused.
    pub fn false_alarms(&self) -> impl Iterator<Item = &Clean> {
        self.clean.iter().filter(|clean| !clean.accused.is_empty())
    }

    /// Whether every mutant that exists here was killed by its own rule and nothing clean was accused.
    pub fn passes(&self) -> bool {
        let killed = |mutant: &Killed| matches!(mutant.fate, Fate::KilledByOwnRule | Fate::NotTested);
        self.mutants.iter().all(killed)
            && self.unproven.is_empty()
            && self
                .clean
                .iter()
                .all(|clean| clean.accused.is_empty() && !clean.fault)
    }
}
