//! `bufcheck.toml` and `[tool.bufcheck]` of `pyproject.toml`.
//!
//! Knows where a configuration is looked for and what must hold inside one. Must never know what a run is.

use std::path::{Path, PathBuf};

use bufcheck_model::case::{Config, ConsumerCase, ExporterCase, Known, Make};
use serde::Deserialize;

use crate::load::{self, LoadError};
use crate::plan::declared;

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

    /// Fills in defaults and checks what the shape alone cannot say.
    fn settle(&mut self, file: &str) -> Result<(), LoadError> {
        for (number, case) in self.config.exporter.iter_mut().enumerate() {
            let place = format!("`exporter[{number}]`");
            let wrong = |problem: String| LoadError::Sense {
                file: file.into(),
                place: place.clone(),
                problem,
            };
            let target = case.make.as_deref().unwrap_or_default();
            settle_id(&mut case.id, target).map_err(wrong)?;
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
            settle_id(&mut case.id, &case.call).map_err(wrong)?;
            call(case).map_err(|problem| wrong(problem.to_string()))?;
        }
        for (number, known) in self.config.known.iter().enumerate() {
            check_known(known).map_err(|problem| LoadError::Sense {
                file: file.into(),
                place: format!("`known[{number}]`"),
                problem,
            })?;
        }
        Ok(())
    }
}

/// Names a subject after its target where it has no id of its own; else the problem.
fn settle_id(id: &mut String, target: &str) -> Result<(), String> {
    if id.is_empty() {
        *id = target.replace(char::is_whitespace, "");
    }
    if id.is_empty() || id.contains(char::is_whitespace) {
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
    #[error("`{0}` is no target: want `module:expression`, such as `numpy:arange(6)`")]
    NoTarget(String),
    /// Not `module:callable`.
    #[error("`{0}` is no consumer: want `module:callable`, such as `zlib:crc32` or `zlib:crc32(buf, 7)`")]
    NoCall(String),
    /// None or several of `make`, `reference` and `rust_numpy`.
    #[error("want exactly one of `make`, `reference` and `rust_numpy`, found {0}")]
    HowMany(usize),
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
