//! Reads the data files under `cases/` for the tests.
//!
//! Knows where they lie. Must never know what they say.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use bufcheck_model::case::{Level, RelationCase, RelationFile, RequestCase, RequestFile, RuleData, RuleFile};
use bufcheck_model::interpreter::InterpreterFile;
use bufcheck_model::scenario::ScenarioFile;
use bufcheck_model::spy::{Spy, SpyFile};
use serde::de::DeserializeOwned;

/// Every case of `cases/requests/`, in the order of the files' names.
pub(crate) fn requests() -> &'static [RequestCase] {
    static CASES: OnceLock<Vec<RequestCase>> = OnceLock::new();
    CASES.get_or_init(|| {
        read::<RequestFile>("requests")
            .into_iter()
            .flat_map(|file| file.cases)
            .collect()
    })
}

/// Every case of `cases/relations/`.
pub(crate) fn relations() -> Vec<RelationCase> {
    static CASES: OnceLock<Vec<RelationCase>> = OnceLock::new();
    CASES
        .get_or_init(|| {
            read::<RelationFile>("relations")
                .into_iter()
                .flat_map(|file| file.cases)
                .collect()
        })
        .clone()
}

/// Every file of `cases/scenarios/`.
pub(crate) fn scenarios() -> Vec<ScenarioFile> {
    read("scenarios")
}

/// Every spy of `cases/spies/`.
pub(crate) fn spies() -> &'static [Spy] {
    static SPIES: OnceLock<Vec<Spy>> = OnceLock::new();
    SPIES.get_or_init(|| {
        read::<SpyFile>("spies")
            .into_iter()
            .flat_map(|file| file.spies)
            .collect()
    })
}

/// Every file of `cases/interpreter/`.
pub(crate) fn interpreter() -> &'static [InterpreterFile] {
    static FILES: OnceLock<Vec<InterpreterFile>> = OnceLock::new();
    FILES.get_or_init(|| read("interpreter"))
}

/// Every rule of `cases/rules/`.
pub(crate) fn rules() -> &'static [RuleData] {
    static RULES: OnceLock<Vec<RuleData>> = OnceLock::new();
    RULES.get_or_init(|| {
        read::<RuleFile>("rules")
            .into_iter()
            .flat_map(|file| file.rules)
            .collect()
    })
}

/// The files of `cases/rules/` as they are written.
pub(crate) fn rules_as_written() -> Vec<serde_json::Value> {
    read("rules")
}

/// Whether the rule with this id is one that counts against an exporter; so does one that is not described.
pub(crate) fn binds(id: &str) -> bool {
    let rule = rules().iter().find(|rule| rule.id == id);
    rule.is_none_or(|rule| rule.level >= Level::Should)
}

/// Every file of one folder under `cases/`, parsed.
fn read<T: DeserializeOwned>(folder: &str) -> Vec<T> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../cases")
        .join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect()
}
