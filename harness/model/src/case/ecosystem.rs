//! Packages that people use.
//!
//! Knows what may be said about one. Must never know whether it is installed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::consumer::ConsumerCase;
use super::exporter::ExporterCase;
use super::known::Known;

/// A file of `cases/ecosystem/`: one package. Every id in it begins with the file's name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EcosystemFile {
    /// What its exporters are, and what a reader of the recipes should know.
    pub about: String,
    /// Its name at the package index.
    pub package: String,
    /// The module that can be imported where it is installed; where it cannot, nothing of the package is tested.
    pub module: String,
    /// The versions that recipes and records were tried with (PEP 440). A record that names no versions of its own
    /// is about these; what another version does is new.
    pub versions: String,
    /// The exporters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exporters: Vec<ExporterCase>,
    /// The consumers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumers: Vec<ConsumerCase>,
    /// Known deviations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
}
