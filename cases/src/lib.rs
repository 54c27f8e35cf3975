//! The case data, embedded in whatever links this crate.
//!
//! Knows the folders that lie beside it. Must never know what a file means: the data is plain JSON with closed schemas,
//! and this crate is only one way to come by it.

#![forbid(unsafe_code)]

use include_dir::{Dir, include_dir};

static CLEAN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/clean");
static CODE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/code");
static CONSUMERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/consumers");
static ECOSYSTEM: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/ecosystem");
static EXPORTERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/exporters");
static FORMATS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/formats");
static INTERPRETER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/interpreter");
static MUTANTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/mutants");
static RELATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/relations");
static REQUESTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/requests");
static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");
static SCHEMA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema");
static SPIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/spies");

const FOLDERS: [(&str, &Dir<'_>); 14] = [
    ("clean", &CLEAN),
    ("code", &CODE),
    ("consumers", &CONSUMERS),
    ("ecosystem", &ECOSYSTEM),
    ("exporters", &EXPORTERS),
    ("formats", &FORMATS),
    ("interpreter", &INTERPRETER),
    ("mutants", &MUTANTS),
    ("relations", &RELATIONS),
    ("requests", &REQUESTS),
    ("rules", &RULES),
    ("scenarios", &SCENARIOS),
    ("schema", &SCHEMA),
    ("spies", &SPIES),
];

/// The names of the folders, in alphabetical order.
pub fn folders() -> impl Iterator<Item = &'static str> {
    FOLDERS.iter().map(|(name, _)| *name)
}

/// The JSON files of one folder: the name of each within the data (`cases/rules/buf.json`) and its text, by name.
/// Nothing where there is no such folder.
pub fn files(folder: &str) -> Vec<(String, &'static str)> {
    let dir = FOLDERS
        .iter()
        .find(|(name, _)| *name == folder)
        .map(|(_, dir)| *dir);
    let mut files: Vec<_> = dir
        .into_iter()
        .flat_map(Dir::files)
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|file| {
            let name = format!("cases/{folder}/{}", file.path().display());
            (name, file.contents_utf8().unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_folder_holds_files_with_text() {
        for folder in super::folders() {
            let files = super::files(folder);
            assert!(!files.is_empty(), "{folder}");
            for (name, text) in files {
                assert!(text.starts_with('{'), "{name}");
            }
        }
        assert!(super::files("nothing").is_empty());
    }
}
