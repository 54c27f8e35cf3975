//! The data that commands look things up in.
//!
//! Knows where it comes from. Must never know what it is needed for.

use bufcheck_model::case::RuleData;
use bufcheck_runner::plan::catalogue::Catalogue;

use super::failure::Failure;

/// The data of a folder, or the data that was built in.
pub(super) fn catalogue(folder: Option<&std::path::Path>) -> Result<Catalogue, Failure> {
    Ok(match folder {
        Some(folder) => Catalogue::from_dir(folder)?,
        None => Catalogue::embedded()?,
    })
}

/// What is said about this rule, or an error with the nearest valid name.
pub(super) fn known_rule<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a RuleData, Failure> {
    catalogue.rule(id).ok_or_else(|| {
        let hint = catalogue.names().hint(id);
        Failure::NoRule {
            rule: id.to_owned(),
            hint,
        }
    })
}
