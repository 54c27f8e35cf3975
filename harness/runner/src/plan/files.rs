//! Where the case data lies, and which ids it has taken.
//!
//! Knows names of files, and what an id may be. Must never know what a file is about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::load::{self, LoadError};

/// What makes no sense at this place of a file.
pub(super) fn sense(file: &str, place: &str, problem: String) -> LoadError {
    LoadError::Sense {
        file: file.to_owned(),
        place: format!("`{place}`"),
        problem,
    }
}

/// Every id seen, with the file it stands in.
#[derive(Default)]
pub(super) struct Ids(BTreeMap<String, String>);

impl Ids {
    /// Takes one that nobody else has.
    pub(super) fn insert(&mut self, file: &str, id: &str) -> Result<(), LoadError> {
        if id.is_empty() || id.contains(char::is_whitespace) {
            return Err(sense(file, id, "an id must not be empty nor hold spaces".into()));
        }
        match self.0.insert(id.to_owned(), file.to_owned()) {
            Some(other) => Err(sense(file, id, format!("the id stands in `{other}` already"))),
            None => Ok(()),
        }
    }
}

/// Where the data lies.
pub(super) enum Place {
    Embedded,
    Folder(PathBuf),
}

impl Place {
    /// The JSON files of one folder, by name.
    pub(super) fn files<T: DeserializeOwned>(&self, folder: &str) -> Result<Vec<(String, T)>, LoadError> {
        let mut texts: Vec<(String, String)> = Vec::new();
        match self {
            Self::Embedded => {
                let files = bufcheck_cases::files(folder).into_iter();
                texts.extend(files.map(|(name, text)| (name, text.to_owned())));
            }
            Self::Folder(dir) => {
                let folder = dir.join(folder);
                let error = |source| LoadError::Read {
                    file: folder.clone(),
                    source,
                };
                let mut names = BTreeSet::new();
                match std::fs::read_dir(&folder) {
                    Ok(entries) => {
                        for entry in entries {
                            names.insert(entry.map_err(error)?.path());
                        }
                    }
                    // A folder of one's own need not repeat every kind of case.
                    Err(absent) if absent.kind() == std::io::ErrorKind::NotFound && dir.is_dir() => {}
                    Err(source) => return Err(error(source)),
                }
                for path in names {
                    texts.push((path.display().to_string(), load::read(&path)?));
                }
            }
        }
        texts.retain(|(name, _)| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "json")
        });
        texts.sort();
        texts
            .into_iter()
            .map(|(name, text)| Ok((name.clone(), load::json(&text, &name)?)))
            .collect()
    }
}
