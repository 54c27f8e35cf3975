//! The shapes of the data files under `cases/` and of `bufcheck.toml`.
//!
//! Knows every key that an author may write; all shapes are closed, so a misspelt key is an error. Must
//! never know where the files lie, how they are read, or any exporter by name. The JSON schemas in
//! `cases/schema/` are generated from these types.

mod code;
mod consumer;
mod ecosystem;
mod exporter;
mod format;
mod known;
mod relation;
mod request;
mod rule;

pub use code::{Code, CodeFile, Piece};
pub use consumer::{ActsOn, ConsumerCase, ConsumerFile};
pub use ecosystem::EcosystemFile;
pub use exporter::{
    CleanFile, CleanInterpreter, Config, ConsumerMutant, ExporterCase, ExporterFile, InterpreterMutant, Make,
    Mutant, MutantFile,
};
pub use format::{CaseDocument, CaseError, CasePlatform, CaseSource, FormatCase, FormatCases};
pub use known::Known;
pub use relation::{Pairs, RelationCase, RelationFile, Shared};
pub use request::{Outcomes, RequestCase, RequestFile};
pub use rule::{Camp, Fixes, Harm, Level, Raised, RuleData, RuleFile, Side, Source};
