//! `bufcheck.toml` and `[tool.bufcheck]` of `pyproject.toml`.
//!
//! Knows where a configuration is looked for and what must hold inside one. Must never know what a run is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bufcheck_model::case::{Config, ConsumerCase, ExporterCase, Known, Make};
use serde::Deserialize;

use crate::load::{self, LoadError};
use crate::plan::declared;
use crate::suggest::nearest;

/// A configuration and the file it came from.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The file.
    pub file: PathBuf,
    /// Its text, to find the line of an entry in it.
    pub text: String,
    /// What it says.
    pub config: Config,
}

#[derive(Deserialize)]
struct PyProject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    bufcheck: Option<Config>,
}

impl Configuration {
    /// Reads a file: as `pyproject.toml` if that is its name, else as `bufcheck.toml`.
    pub fn read(file: &Path) -> Result<Self, LoadError> {
        let text = load::read(file)?;
        let name = file.display().to_string();
        let config = if file.file_name().is_some_and(|name| name == "pyproject.toml") {
            let project: PyProject = load::toml(&text, &name)?;
            project
                .tool
                .and_then(|tool| tool.bufcheck)
                .ok_or_else(|| LoadError::Sense {
                    file: name.clone(),
                    place: "`tool.bufcheck`".into(),
                    problem: "there is no such table".into(),
                })?
        } else {
            load::toml(&text, &name)?
        };
        Self::of(config, file.to_owned(), text)
    }

    /// A configuration that a program puts together; `file` and `text` are where errors and records stand.
    pub fn of(config: Config, file: PathBuf, text: String) -> Result<Self, LoadError> {
        let name = file.display().to_string();
        let mut configuration = Self { file, text, config };
        configuration.settle(&name)?;
        Ok(configuration)
    }

    /// The configuration of a folder: its `bufcheck.toml`, else a `pyproject.toml` that has the table.
    pub fn find(dir: &Path) -> Result<Option<Self>, LoadError> {
        let own = dir.join("bufcheck.toml");
        if own.is_file() {
            return Self::read(&own).map(Some);
        }
        let project = dir.join("pyproject.toml");
        if project.is_file() && load::read(&project)?.contains("[tool.bufcheck") {
            return Self::read(&project).map(Some);
        }
        Ok(None)
    }

    /// The configuration of a folder, or of the nearest folder above it, up to that of the repository which it is in.
    pub fn find_above(dir: &Path) -> Result<Option<Self>, LoadError> {
        let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let repository = |folder: &&Path| {
            [".git", ".hg", ".jj"]
                .iter()
                .any(|name| folder.join(name).exists())
        };
        // Outside of repositories nobody means what lies above.
        let above = whole
            .ancestors()
            .position(|folder| repository(&folder))
            .unwrap_or_default();
        let mut folder = dir.to_owned();
        for _ in 0..=above {
            if let Some(found) = Self::find(&folder)? {
                return Ok(Some(found));
            }
            folder = if folder == Path::new(".") {
                PathBuf::from("..")
            } else {
                folder.join("..")
            };
        }
        Ok(None)
    }

    /// The folders from which its modules are imported: its own, and those that it names.
    pub fn import_path(&self) -> Vec<PathBuf> {
        let folder = match self.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // A worker may start elsewhere.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let named = self.config.path.iter().map(|path| folder.join(path));
        named.chain(std::iter::once(folder.clone())).collect()
    }

    /// What a record names that is no subject here, though a name near it is: the position of the record, the name, and
    /// the nearest one. Records may also be about what others register; nothing is said of those.
    pub fn misspelt(&self) -> Option<(usize, &str, String)> {
        let exporters = self.config.exporter.iter().map(|case| case.id.as_str());
        let ids: Vec<&str> = exporters
            .chain(self.config.consumer.iter().map(|case| case.id.as_str()))
            .collect();
        let mut records = self.config.known.iter().enumerate();
        records.find_map(|(number, known)| {
            let subject = known.subject.as_str();
            let glob = subject.contains(['*', '?', '[', '{']);
            if glob || ids.contains(&subject) {
                return None;
            }
            let near = nearest(subject, ids.iter().copied())?;
            Some((number, subject, near.to_owned()))
        })
    }

    /// Fills in defaults and checks what the shape alone cannot say.
    fn settle(&mut self, file: &str) -> Result<(), LoadError> {
        for (number, case) in self.config.exporter.iter_mut().enumerate() {
            let place = format!("`exporter[{number}]`");
            let wrong = |problem: String| LoadError::Sense {
                file: file.into(),
                place: place.clone(),
                problem,
            };
            named(&mut case.id, case.make.as_deref()).map_err(wrong)?;
            make(case).map_err(|problem| wrong(problem.to_string()))?;
            check_declared(case).map_err(|(key, problem)| LoadError::Sense {
                file: file.into(),
                place: format!("`exporter[{number}].{key}`"),
                problem,
            })?;
        }
        for (number, case) in self.config.consumer.iter_mut().enumerate() {
            let wrong = |problem: String| LoadError::Sense {
                file: file.into(),
                place: format!("`consumer[{number}]`"),
                problem,
            };
            named(&mut case.id, Some(&case.call)).map_err(wrong)?;
            call(case).map_err(|problem| wrong(problem.to_string()))?;
        }
        self.settle_ids(file)?;
        for (number, known) in self.config.known.iter().enumerate() {
            check_known(known).map_err(|problem| LoadError::Sense {
                file: file.into(),
                place: format!("`known[{number}]`"),
                problem,
            })?;
        }
        Ok(())
    }

    /// No two subjects have one id.
    fn settle_ids(&self, file: &str) -> Result<(), LoadError> {
        let exporters = self.config.exporter.iter().enumerate();
        let exporters = exporters.map(|(number, case)| (&case.id, format!("`exporter[{number}]`")));
        let consumers = self.config.consumer.iter().enumerate();
        let consumers = consumers.map(|(number, case)| (&case.id, format!("`consumer[{number}]`")));
        let mut seen: BTreeMap<&String, String> = BTreeMap::new();
        for (id, place) in exporters.chain(consumers) {
            if let Some(first) = seen.insert(id, place.clone()) {
                return Err(LoadError::Sense {
                    file: file.into(),
                    place,
                    problem: format!("the id `{id}` is that of {first} already"),
                });
            }
        }
        Ok(())
    }
}

/// The id of a subject: a name, or else its target as it is written.
fn named(id: &mut String, target: Option<&str>) -> Result<(), String> {
    let target = target.map(str::trim).unwrap_or_default();
    if id.is_empty() {
        target.clone_into(id);
    }
    if id.is_empty() || (id.contains(char::is_whitespace) && id != target) {
        return Err(format!("`id` is `{id}`: want a name without spaces"));
    }
    Ok(())
}

/// What must hold between the declared facts of an exporter; else the key, and the problem.
pub(crate) fn check_declared(case: &ExporterCase) -> Result<(), (&'static str, String)> {
    declared::problem(case).map_or(Ok(()), Err)
}

/// What must hold of a record of a known deviation.
pub fn check_known(known: &Known) -> Result<(), String> {
    if known.reason.trim().is_empty() {
        return Err("`reason` is empty: say why the deviation is tolerated".into());
    }
    for range in [&known.python, &known.package].into_iter().flatten() {
        range
            .parse::<pep440_rs::VersionSpecifiers>()
            .map_err(|_| format!("`{range}` is no version range: want something like `>=3.11,<3.14`"))?;
    }
    if let Some(day) = &known.expires
        && crate::plan::day::parse_day(day).is_none()
    {
        return Err(format!("`expires` is `{day}`: want a day as `2027-06-30`"));
    }
    Ok(())
}

/// A description of an object that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// Not `module:expression`.
    #[error("`{0}` is no target: want `module:expression`, such as `numpy:arange(6)`{hint}", hint = meant(.0))]
    NoTarget(String),
    /// Not `module:callable`.
    #[error("`{0}` is no consumer: want `module:callable`, such as `zlib:crc32` or `zlib:crc32(buf, 7)`")]
    NoCall(String),
    /// None or several of `make`, `reference` and `rust_numpy`.
    #[error("want exactly one of `make`, `reference` and `rust_numpy`, found {0}")]
    HowMany(usize),
}

/// What may be meant by a text that is no target: the last name in front of any bracket begins an expression.
fn meant(text: &str) -> String {
    let text = text.trim();
    let name = text.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
    let (name, rest) = text.split_at(name.unwrap_or(text.len()));
    let (module, object) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let target = format!("{module}:{object}{rest}");
    if target_of(&target).is_none() {
        String::new()
    } else if rest.is_empty() {
        format!("; did you mean `{target}`? `bufcheck scan {name}` names what a module exports")
    } else {
        format!("; did you mean `{target}`?")
    }
}

/// `module:expression`.
fn target_of(text: &str) -> Option<(String, String)> {
    let (module, expression) = text.split_once(':')?;
    let dotted = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let fits = module.trim().split('.').all(dotted) && !expression.trim().is_empty();
    fits.then(|| (module.trim().to_owned(), expression.trim().to_owned()))
}

/// How a worker makes the function of a consumer.
pub fn call(case: &ConsumerCase) -> Result<Make, MakeError> {
    let (module, expression) = target_of(&case.call).ok_or_else(|| MakeError::NoCall(case.call.clone()))?;
    Ok(Make::Consumer {
        module,
        expression,
        oracle: case.oracle.clone(),
        setup: case.setup.clone(),
        requires: case.requires.clone(),
    })
}

/// How a worker makes the exporter of a case.
pub fn make(case: &ExporterCase) -> Result<Make, MakeError> {
    let mut ways = Vec::new();
    if let Some(target) = &case.make {
        ways.push(expression(case, target)?);
    }
    ways.extend(case.reference.clone().map(Make::Reference));
    ways.extend(case.rust_numpy.clone().map(Make::RustNumpy));
    let count = ways.len();
    match ways.pop() {
        Some(way) if count == 1 => Ok(way),
        _ => Err(MakeError::HowMany(count)),
    }
}

/// `module:expression`, with what the case says beside it.
pub(crate) fn expression(case: &ExporterCase, target: &str) -> Result<Make, MakeError> {
    let (module, expression) = target_of(target).ok_or_else(|| MakeError::NoTarget(target.to_owned()))?;
    Ok(Make::Expression {
        module,
        expression,
        setup: case.setup.clone(),
        requires: case.requires.clone(),
    })
}
