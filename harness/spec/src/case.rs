//! The shapes of the data files under `cases/` and of `bufcheck.toml`.
//!
//! Knows every key that an author may write; all shapes are closed, so a misspelt key is an error. Must
//! never know where the files lie, how they are read, or any exporter by name. The JSON schemas in
//! `cases/schema/` are generated from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::layout::LayoutClass;
use crate::observation::Field;
use crate::reference::{ReferenceSpec, RustNumpySpec};
use crate::request::{Flaw, Request, WellFormed};

// --- rules ---------------------------------------------------------------------------------------------

/// A file of `cases/rules/`: one family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// The first part of every id in the file.
    pub family: String,
    /// What the family is about.
    pub about: String,
    /// The rules.
    pub rules: Vec<RuleData>,
}

/// What is said about a rule; its check stands in [`crate::rules`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleData {
    /// `family.kebab-case`, for ever.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// Whom it binds.
    pub side: Side,
    /// One sentence that can be violated.
    pub statement: String,
    /// Where it is written.
    pub source: Vec<Source>,
    /// The requests it speaks about, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// What goes wrong, for whom, when it is broken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// How to mend it, by binding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fixes>,
    /// The readings of a contested rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub camps: Vec<Camp>,
    /// Rules whose violation on the same request makes this one fire as a consequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caused_by: Vec<String>,
    /// Links to real bugs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// Why the suite does not check it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unobserved: Option<String>,
}

/// How binding a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing to judge: shown, never counted.
    Info,
    /// Text and implementations disagree: the camps are named, nobody fails.
    Contested,
    /// Breaking it hurts somebody, but no text forbids it outright.
    Should,
    /// Breaking it breaks the protocol.
    Must,
}

impl Level {
    /// The lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Contested => "contested",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

/// Whom a rule binds, and what a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The object that gives buffers.
    Exporter,
    /// The code that takes them.
    Consumer,
    /// The interpreter's own C API.
    Interpreter,
}

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A page of the CPython documentation (`c-api/buffer`), a PEP, a source file or an issue.
    pub document: String,
    /// The anchor, section or function in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// The Python version from which it holds.
    pub since: String,
}

/// How to mend a violation, one sentence a binding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixes {
    /// C and C++ with the bare C API.
    pub c: String,
    /// Cython.
    pub cython: String,
    /// pybind11.
    pub pybind11: String,
    /// nanobind.
    pub nanobind: String,
    /// PyO3.
    pub pyo3: String,
    /// A class with `__buffer__`.
    pub python: String,
}

/// One reading of a contested rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Camp {
    /// Short kebab-case name.
    pub name: String,
    /// Who reads it so.
    pub who: Vec<String>,
    /// What they do.
    pub answer: String,
}

// --- requests ------------------------------------------------------------------------------------------

/// A file of `cases/requests/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestFile {
    /// What the file holds.
    pub about: String,
    /// How many cases; checked.
    pub count: usize,
    /// The cases.
    pub cases: Vec<RequestCase>,
}

/// One request and what the protocol demands of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestCase {
    /// [`Request::case_id`].
    pub id: String,
    /// The flags word.
    pub request: Request,
    /// Every macro that equals the word, without `PyBUF_`.
    pub names: Vec<String>,
    /// Whether a consumer may ask this.
    pub well_formed: WellFormed,
    /// Why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<Flaw>,
    /// The state of the fields when the request is granted.
    pub granted: FieldStates,
    /// The outcome for each layout class: read-only and writable memory.
    pub outcomes: BTreeMap<LayoutClass, Outcomes>,
}

/// What a granted request demands of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldStates {
    /// The format field.
    pub format: Presence,
    /// The shape field (for one axis or more).
    pub shape: Presence,
    /// The strides field (for one axis or more).
    pub strides: Presence,
    /// The suboffsets field.
    pub suboffsets: Presence,
    /// The order in which the memory must be contiguous.
    pub contiguity: Contiguity,
    /// The readonly field.
    pub readonly: ReadonlyState,
}

/// Whether a pointer is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It must be NULL.
    Null,
    /// It must not be NULL.
    Present,
    /// It is not NULL exactly when the memory needs it.
    IfNeeded,
    /// The text does not settle it.
    Unsettled,
}

/// The order in which memory must be contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Contiguity {
    /// No demand.
    None,
    /// Last index fastest.
    C,
    /// First index fastest.
    F,
    /// Either.
    Any,
    /// Both at once.
    CAndF,
}

/// What the readonly field must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadonlyState {
    /// 0.
    Zero,
    /// 0 or 1, the same for every consumer.
    Either,
}

/// The outcomes of one request for one layout class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// For memory that may be written.
    pub writable: Outcome,
    /// For memory that must not.
    pub readonly: Outcome,
}

/// What the protocol lets an exporter do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The native memory meets it: it should be granted.
    Grant,
    /// It must be refused.
    Refuse,
    /// The native memory does not meet it: refuse, or serve a faithful copy that does.
    RefuseOrFaithfulCopy,
    /// Malformed: either verdict, only safety is judged.
    Either,
    /// The interpreter's own affair (0x100 is `PyBUF_READ`).
    Interpreter,
}

// --- relations -----------------------------------------------------------------------------------------

/// A file of `cases/relations/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationFile {
    /// What the file holds.
    pub about: String,
    /// The cases.
    pub cases: Vec<RelationCase>,
}

/// What two answers of one exporter must share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationCase {
    /// `relations/...`.
    pub id: String,
    /// The rule that a difference violates.
    pub rule: String,
    /// What is compared and why, in one sentence.
    pub about: String,
    /// Which answers are compared.
    pub pairs: Pairs,
    /// Only requests that hold all these bits (for `by`: the smaller request of the pair).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Request>,
    /// Only requests that hold none of these bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Request>,
    /// Malformed requests take part as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malformed: bool,
    /// What both granted views must have in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<Shared>,
    /// Where the first is granted, the second must be granted too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub granted_too: bool,
}

/// Which answers a relation compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pairs {
    /// Each request with the first one, within the selection.
    All,
    /// The same request, asked again in a later round.
    Repeats,
    /// A request and the same with these bits added.
    By(Request),
    /// A malformed request and what mask tests make of it: half macros dropped.
    Masked,
}

/// A thing that two answers can share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shared {
    /// The address.
    Buf,
    /// The owner.
    Obj,
    /// The length.
    Len,
    /// The item size.
    Itemsize,
    /// Whether it is zero.
    Readonly,
    /// The number of axes.
    Ndim,
    /// The string.
    Format,
    /// The extents.
    Shape,
    /// The steps; those of axes with at most one item do not count.
    Strides,
    /// The offsets.
    Suboffsets,
    /// Granted or refused.
    Verdict,
    /// Logical bytes.
    Content,
    /// The type of the exception.
    Exception,
}

impl Shared {
    /// The field it stands for, if it is one.
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::Buf => Some(Field::Buf),
            Self::Obj => Some(Field::Obj),
            Self::Len => Some(Field::Len),
            Self::Itemsize => Some(Field::Itemsize),
            Self::Readonly => Some(Field::Readonly),
            Self::Ndim => Some(Field::Ndim),
            Self::Format => Some(Field::Format),
            Self::Shape => Some(Field::Shape),
            Self::Strides => Some(Field::Strides),
            Self::Suboffsets => Some(Field::Suboffsets),
            Self::Verdict | Self::Content | Self::Exception => None,
        }
    }
}

// --- exporters and configuration -----------------------------------------------------------------------

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
    /// What counts as failing: `must` (default) or `should`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The exporters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exporter: Vec<ExporterCase>,
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
}

/// A known deviation: as recorded, until it stops showing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Glob over subject ids.
    pub subject: String,
    /// Glob over rule ids.
    pub rule: String,
    /// Why it is tolerated.
    pub reason: String,
    /// Where it is discussed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Python versions it applies to (PEP 440).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Versions of the exporter's package it applies to (PEP 440).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Last day it is tolerated, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}
