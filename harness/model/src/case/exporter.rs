//! Exporters, their records, and `bufcheck.toml`.
//!
//! Knows what may be declared about a subject. Must never make one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::consumer::ConsumerCase;
use super::known::Known;
use super::rule::Level;
use crate::bend::Bend;
use crate::reference::{ReferenceSpec, RustNumpySpec};

/// A file of `cases/exporters/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExporterFile {
    /// What the file holds.
    pub about: String,
    /// The package all its exporters come from, if they come from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The exporters.
    pub exporters: Vec<ExporterCase>,
    /// Their known deviations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
}

/// `bufcheck.toml`, or `[tool.bufcheck]` of `pyproject.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Interpreters to run in; default: the one bufcheck runs in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub python: Vec<String>,
    /// Folders from which modules are imported, beside that of this file; relative ones lie beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// What counts as failing: `must` (default) or `should`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The exporters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exporter: Vec<ExporterCase>,
    /// The consumers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumer: Vec<ConsumerCase>,
    /// Known deviations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
}

/// One exporter: how to make it and what its author declares about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExporterCase {
    /// Its id in reports; default: the text of `make`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// `module:expression`, evaluated for every fresh object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Python statements run in the expression's namespace before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// A layout for the built-in reference exporter, instead of `make`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Box<ReferenceSpec>>,
    /// A NumPy array built in Rust, instead of `make`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust_numpy: Option<RustNumpySpec>,
    /// The Python versions it exists on (PEP 440): elsewhere it is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Modules that must be importable: else it is skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Whether WRITABLE must be refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readonly: Option<bool>,
    /// The format, up to equivalence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The extents, in items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<u64>>,
    /// The values, nested by axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Json>,
    /// Methods that touch the memory: while a view is held each must raise or leave the view valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutators: Vec<String>,
    /// False: only one view at a time is allowed, by design.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shareable: Option<bool>,
    /// False: it refuses every request, by design.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<bool>,
    /// True: others write this memory; contents of two moments are not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatile: Option<bool>,
    /// `module:expression` for an object of the same type with other items: what is static by mistake shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sibling: Option<String>,
    /// The camp the author chose in a contested rule: a departure from it is a finding of level `should`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub camps: BTreeMap<String, String>,
}

// --- the self-test -------------------------------------------------------------------------------------

/// A file of `cases/mutants/`: exporters that break one rule each, on purpose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MutantFile {
    /// What the file holds.
    pub about: String,
    /// The mutants.
    pub mutants: Vec<Mutant>,
    /// The consumers among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumers: Vec<ConsumerMutant>,
    /// The interpreters among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interpreters: Vec<InterpreterMutant>,
}

/// The interpreter with a defect in the table of its functions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterpreterMutant {
    /// The rule that it was made to break.
    pub breaks: String,
    /// An implementation that does the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is wrong with it, in words.
    pub about: String,
    /// `mutants/interpreter/`, and the name of the defect.
    pub id: String,
    /// The defect.
    pub bend: Bend,
    /// The calls that are made: a group of `cases/interpreter/` that shows the rule, and of which no deviation is known.
    pub calls: String,
}

/// The interpreter with a change in the table of its functions that is no defect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanInterpreter {
    /// What is unusual about it, in words.
    pub about: String,
    /// What stands before the ids of its subjects, one for each group of calls.
    pub id: String,
    /// The change; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bend: Option<Bend>,
    /// The calls that are made: groups of `cases/interpreter/`. `*`: all of which no deviation is known.
    pub calls: Vec<String>,
}

/// A deliberately defective consumer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerMutant {
    /// The rule that it was made to break.
    pub breaks: String,
    /// A real bug that it re-makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is wrong with it, in words.
    pub about: String,
    /// The consumer.
    pub consumer: ConsumerCase,
}

/// A deliberately defective exporter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The rule that it was made to break.
    pub breaks: String,
    /// A real bug that it re-makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is wrong with it, in words.
    pub about: String,
    /// The exporter.
    pub exporter: ExporterCase,
}

/// A file of `cases/clean/`: conforming but unusual exporters, which no rule may accuse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanFile {
    /// What the file holds.
    pub about: String,
    /// The exporters.
    pub exporters: Vec<ExporterCase>,
    /// The consumers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumers: Vec<ConsumerCase>,
    /// The interpreters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interpreters: Vec<CleanInterpreter>,
}

/// How a worker makes the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Make {
    /// Evaluate an expression.
    Expression {
        /// The module whose namespace it is evaluated in.
        module: String,
        /// The expression.
        expression: String,
        /// Statements to run first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        setup: Option<String>,
        /// Modules without which the subject is skipped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requires: Vec<String>,
    },
    /// The reference exporter.
    Reference(Box<ReferenceSpec>),
    /// A NumPy array built in Rust.
    RustNumpy(RustNumpySpec),
    /// Evaluate an expression to a function of one buffer: the expression itself, if it can be called, or whatever it is
    /// with `buf` for the buffer.
    Consumer {
        /// The module whose namespace it is evaluated in.
        module: String,
        /// The expression.
        expression: String,
        /// An expression for the right result, in the same namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        oracle: Option<String>,
        /// Statements to run first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        setup: Option<String>,
        /// Modules without which the subject is skipped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requires: Vec<String>,
    },
    /// Make nothing: the interpreter itself is the subject.
    Interpreter,
}

impl Make {
    /// The modules that are imported for it, in this order.
    pub fn modules(&self) -> Vec<String> {
        match self {
            Self::Expression { module, requires, .. } | Self::Consumer { module, requires, .. } => {
                requires.iter().chain([module]).cloned().collect()
            }
            Self::RustNumpy(_) => vec!["numpy".to_owned()],
            Self::Reference(_) | Self::Interpreter => Vec::new(),
        }
    }
}
