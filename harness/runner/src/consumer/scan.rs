//! Finds what may be a consumer in a module: whatever can be called with one argument.
//!
//! Knows which calls follow from a listing. Must never import the module itself, nor judge what is found.

use bufcheck_model::case::ConsumerCase;
use serde::Deserialize;

use crate::exporter::scan::{ScanError, listing};
use crate::supervise::server::Server;

/// Run in a copy of the module's namespace.
const LISTING: &str = include_str!("scan.py");

/// What can be called in a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callables {
    /// Its functions and types, by name.
    pub functions: Vec<Callable>,
}

/// Something that can be called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callable {
    /// The attribute.
    pub name: String,
    /// One argument is enough, or nobody knows.
    pub one: bool,
    /// How its parameters are written, where it says so.
    pub signature: Option<String>,
}

impl Callable {
    /// It as a consumer that is given the buffer alone.
    pub fn case(&self, module: &str) -> ConsumerCase {
        ConsumerCase {
            id: format!("{}/{}", module.replace('.', "/"), self.name),
            call: format!("{module}:{}", self.name),
            ..ConsumerCase::default()
        }
    }
}

/// Lets a worker list what can be called in `module`.
///
/// # Errors
///
/// [`ScanError`] where the module cannot be imported.
pub fn callables(server: &mut impl Server, module: &str) -> Result<Callables, ScanError> {
    listing(server, module, LISTING)
}
