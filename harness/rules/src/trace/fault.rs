//! A rule that a trace found broken.
//!
//! Knows who asked whom for what. Must never know how it was found.

use bufcheck_model::trace::{Native, Place};
use bufcheck_protocol::request::Request;

use crate::broken::Broken;

/// A rule that was found broken.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault<'a> {
    /// The rule.
    pub rule: &'static str,
    /// The type that was asked.
    pub type_name: &'a str,
    /// Who asked.
    pub asked_by: &'a Native,
    /// The first module outside of the interpreter, where that asked.
    pub through: Option<&'a Native>,
    /// Who did it, where that is not the request.
    pub by: Option<&'a Native>,
    /// The requests on which it showed.
    pub requests: Vec<Request>,
    /// What was found and wanted.
    pub broken: Broken,
    /// Where it showed first.
    pub place: Option<&'a Place>,
    /// In which process.
    pub pid: u32,
}
