//! Reads JSON and TOML into the closed shapes of [`bufcheck_model::case`].
//!
//! Knows how to say what is wrong with a file: which file, which place in it, what was found, and the nearest
//! valid name. Must never know what the data means.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::suggest;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 16 << 20;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file system said no.
    #[error("failed to read `{}`", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Larger than [`MAX_FILE`].
    #[error("failed to read `{}`: {size} bytes, at most {MAX_FILE} are read", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// Not of the shape that is wanted there.
    #[error("failed to use `{file}`: {place}{problem}{hint}")]
    Shape {
        /// The file.
        file: String,
        /// The place: a path of keys, a line and column.
        place: String,
        /// What was found, and what was wanted.
        problem: String,
        /// The nearest valid name.
        hint: String,
    },
    /// Of the right shape, but it contradicts itself or another file.
    #[error("failed to use `{file}`: {place}: {problem}")]
    Sense {
        /// The file.
        file: String,
        /// The entry.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// The text of a file, bounded.
pub fn read(file: &Path) -> Result<String, LoadError> {
    let error = |source| LoadError::Read {
        file: file.to_owned(),
        source,
    };
    let size = fs::metadata(file).map_err(error)?.len();
    if size > MAX_FILE {
        return Err(LoadError::TooLarge {
            file: file.to_owned(),
            size,
        });
    }
    fs::read_to_string(file).map_err(error)
}

/// Reads JSON text; `file` is only named in errors.
pub fn json<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, LoadError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let inner = error.inner();
        let message = inner.to_string();
        // serde_json repeats the position at the end of its message: it belongs in front.
        let problem = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(problem, _)| problem);
        shape(
            file,
            &error.path().to_string(),
            Some((inner.line(), inner.column())),
            problem,
        )
    })?;
    deserializer.end().map_err(|error| {
        shape(
            file,
            ".",
            Some((error.line(), error.column())),
            "trailing characters after the value",
        )
    })?;
    Ok(value)
}

/// Reads TOML text; `file` is only named in errors.
pub fn toml<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, LoadError> {
    let position = |error: &toml::de::Error| error.span().map(|span| line_and_column(text, span.start));
    let deserializer = toml::de::Deserializer::parse(text)
        .map_err(|error| shape(file, ".", position(&error), error.message()))?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let inner = error.inner();
        shape(file, &error.path().to_string(), position(inner), inner.message())
    })
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}

fn shape(file: &str, path: &str, position: Option<(usize, usize)>, problem: &str) -> LoadError {
    let mut place = String::new();
    if let Some((line, column)) = position.filter(|(line, _)| *line > 0) {
        place = format!("line {line}, column {column}: ");
    }
    if path != "." {
        place = format!("{place}`{path}`: ");
    }
    LoadError::Shape {
        file: file.to_owned(),
        place,
        problem: problem.to_owned(),
        hint: hint(problem),
    }
}

/// serde names an unknown field and those it expected, between backticks: says the nearest of them.
fn hint(problem: &str) -> String {
    if !problem.starts_with("unknown ") {
        return String::new();
    }
    let mut names = problem.split('`').skip(1).step_by(2);
    names
        .next()
        .map(|found| suggest::did_you_mean(found, names))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bufcheck_model::case::{Config, RelationFile};

    #[test]
    fn a_misspelt_key_is_named_with_its_place_and_the_nearest_valid_one() {
        let text = "[[exporter]]\nmake = \"a:b\"\nreadnly = true\n";
        let error = toml::<Config>(text, "bufcheck.toml").unwrap_err().to_string();
        assert!(
            error.contains("bufcheck.toml") && error.contains("line 3"),
            "{error}"
        );
        assert!(
            error.contains("`readnly`") && error.contains("did you mean `readonly`?"),
            "{error}"
        );
    }

    #[test]
    fn json_errors_say_where() {
        let text = r#"{"about": "x", "cases": [{"id": "a", "rule": "r", "about": "", "pairs": "al"}]}"#;
        let error = json::<RelationFile>(text, "r.json").unwrap_err().to_string();
        assert!(
            error.contains("cases[0].pairs") && error.contains("did you mean `all`?"),
            "{error}"
        );
    }
}
