//! What a run will do: which subjects, which requests, which rules.
//!
//! Knows selection by glob and by shard. Must never know how anything is carried out.

use std::collections::BTreeSet;

use bufcheck_spec::case::{ExporterCase, Known, Make};
use bufcheck_spec::request::Request;
use bufcheck_spec::rules::{self, Rule};
use bufcheck_spec::scenario::{self, ScenarioCase};
use bufcheck_spec::wire::{Order, RoundPlan};
use globset::{GlobBuilder, GlobMatcher};

use crate::catalogue::Catalogue;
use crate::config::{Configuration, MakeError, make};
use crate::suggest;

/// Bytes of content that are read through one view.
pub const CONTENT_BUDGET: usize = 4096;

/// A subject, ready to be made.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What it is declared as.
    pub case: ExporterCase,
    /// The package it comes from.
    pub package: Option<String>,
    /// How to make it.
    pub make: Make,
    /// The text after `bufcheck` that runs it again.
    pub repro: String,
}

/// A record of a known deviation, and where it stands.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The file.
    pub file: String,
    /// The line (1-based), where known.
    pub line: Option<usize>,
    /// The record.
    pub known: Known,
}

/// What the user wants of a run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Subject globs; empty means all.
    pub subjects: Vec<String>,
    /// Case globs; empty means all.
    pub cases: Vec<String>,
    /// Rule globs; empty means all.
    pub rules: Vec<String>,
    /// Part `I` of `N` (1-based) of the subjects.
    pub shard: Option<(usize, usize)>,
}

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The subjects.
    pub subjects: Vec<Planned>,
    /// The requests that each is asked.
    pub requests: Vec<Request>,
    /// How often and in which order they are asked; [`rounds`] unless something special is measured.
    pub rounds: Vec<RoundPlan>,
    /// The rules that are judged.
    pub rules: Vec<&'static Rule>,
    /// The scenarios that each is put through, where they apply.
    pub scenarios: Vec<ScenarioCase>,
    /// What is said about them, and the relations.
    pub catalogue: Catalogue,
    /// The record.
    pub known: Vec<Recorded>,
    /// Whether every request and every rule takes part: only then can a record be called stale.
    pub whole: bool,
    /// All subjects take part.
    pub all_subjects: bool,
}

/// A selection that cannot be met.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A glob that is none.
    #[error("`{glob}` is no pattern: {problem}")]
    Glob {
        /// The text.
        glob: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A pattern that selects nothing.
    #[error("no {what} matches `{glob}`{hint}")]
    Nothing {
        /// `subject`, `case`, `rule`.
        what: &'static str,
        /// The pattern.
        glob: String,
        /// The nearest valid name.
        hint: String,
    },
    /// A target that cannot be made.
    #[error(transparent)]
    Make(#[from] MakeError),
}

impl PlanError {
    /// Whether it only says that nothing was selected.
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }
}

/// The rounds of a plain sweep: two fill patterns, two orders. Some faults show only the second time, or
/// only after another request.
pub fn rounds() -> Vec<RoundPlan> {
    [Order::Listed, Order::Shuffled(0xb0f)]
        .into_iter()
        .flat_map(|order| [0xa5, 0x5a].map(|poison| RoundPlan { poison, order }))
        .collect()
}

/// Where the subjects come from.
pub enum Subjects<'a> {
    /// The built-in corpus.
    Corpus,
    /// The files of the catalogue whose name starts so, in the corpus or not: `hostile`, `mutants`.
    Files(&'a str),
    /// The mutants of the self-test.
    Mutants,
    /// The clean set of the self-test.
    Clean,
    /// A configuration file.
    Configured(&'a Configuration),
    /// Targets of the command line, with a configuration for its record.
    Targets(&'a [String], Option<&'a Configuration>),
}

impl Plan {
    /// Plans a run.
    pub fn new(catalogue: Catalogue, from: &Subjects<'_>, selection: &Selection) -> Result<Self, PlanError> {
        let (subjects, known) = gather(&catalogue, from)?;
        let total = subjects.len();
        let ids: Vec<&str> = subjects.iter().map(|subject| subject.case.id.as_str()).collect();
        let chosen = select("subject", &selection.subjects, &ids)?;
        let mut subjects: Vec<Planned> = subjects
            .iter()
            .filter(|subject| chosen.contains(subject.case.id.as_str()))
            .cloned()
            .collect();
        if let Some((part, parts)) = selection.shard {
            let mut number = 0;
            subjects.retain(|_| {
                number += 1;
                (number - 1) % parts.max(1) + 1 == part
            });
        }
        let mut case_ids: Vec<&str> = catalogue.requests.iter().map(|case| case.id.as_str()).collect();
        case_ids.extend(catalogue.scenarios.iter().map(|case| case.id.as_str()));
        let chosen = select("case", &selection.cases, &case_ids)?;
        let played = |case: &&ScenarioCase| chosen.contains(case.id.as_str());
        let mut scenarios: Vec<ScenarioCase> = catalogue.scenarios.iter().filter(played).cloned().collect();
        let requests = catalogue
            .requests
            .iter()
            .filter(|case| chosen.contains(case.id.as_str()))
            .map(|case| case.request);
        let mut requests: Vec<Request> = requests.collect();
        let alone = requests.is_empty();
        if alone {
            // Scenarios take their requests from what the subject was seen to grant.
            requests = catalogue.requests.iter().map(|case| case.request).collect();
        }
        let rule_ids: Vec<&str> = rules::rules().map(|rule| rule.id).collect();
        let chosen = select("rule", &selection.rules, &rule_ids)?;
        let mut rules: Vec<&Rule> = rules::rules().filter(|rule| chosen.contains(rule.id)).collect();
        // Every scenario may end the process.
        let caught = |case: &ScenarioCase| {
            case.catches()
                .chain([scenario::SURVIVES])
                .any(|rule| chosen.contains(rule))
        };
        scenarios.retain(caught);
        if alone {
            let told = |rule: &&Rule| {
                let by = |case: &ScenarioCase| case.catches().any(|caught| caught == rule.id);
                rule.id == scenario::SURVIVES || scenarios.iter().any(by)
            };
            rules.retain(told);
        }
        let whole = selection.cases.is_empty() && selection.rules.is_empty();
        // Targets are never all that a configuration's records may be about.
        let all_subjects = subjects.len() == total && !matches!(from, Subjects::Targets(..));
        Ok(Self {
            subjects,
            requests,
            rounds: rounds(),
            rules,
            scenarios,
            catalogue,
            known,
            whole,
            all_subjects,
        })
    }
}

fn gather(catalogue: &Catalogue, from: &Subjects<'_>) -> Result<(Vec<Planned>, Vec<Recorded>), PlanError> {
    let mut known = Vec::new();
    let mut subjects = Vec::new();
    match from {
        Subjects::Corpus | Subjects::Files(_) => {
            let files: Vec<_> = match from {
                Subjects::Files(stem) => catalogue.files(stem).collect(),
                _ => catalogue.corpus().collect(),
            };
            for (file, data) in files {
                for case in &data.exporters {
                    subjects.push(Planned {
                        package: data.package.clone(),
                        make: make(case)?,
                        repro: format!("run {}", quote(&case.id)),
                        case: case.clone(),
                    });
                }
                let recorded = |known: &Known| Recorded {
                    file: file.clone(),
                    line: None,
                    known: known.clone(),
                };
                known.extend(data.known.iter().map(recorded));
            }
        }
        Subjects::Mutants => {
            for mutant in &catalogue.mutants {
                subjects.push(of_selftest(&mutant.exporter)?);
            }
        }
        Subjects::Clean => {
            for case in &catalogue.clean {
                subjects.push(of_selftest(case)?);
            }
        }
        Subjects::Configured(configuration) => {
            let config = format!("--config {} ", quote(&configuration.file.display().to_string()));
            for case in &configuration.config.exporter {
                subjects.push(Planned {
                    package: None,
                    make: make(case)?,
                    repro: format!("run {config}{}", quote(&case.id)),
                    case: case.clone(),
                });
            }
            known = records(configuration);
        }
        Subjects::Targets(targets, configuration) => {
            for target in *targets {
                // A target that is registered keeps what its author declares about it.
                let registered = configuration
                    .and_then(|found| found.config.exporter.iter().find(|case| case.id == **target));
                let case = registered.cloned().unwrap_or_else(|| ExporterCase {
                    id: target.replace(char::is_whitespace, ""),
                    make: Some(target.clone()),
                    ..ExporterCase::default()
                });
                subjects.push(Planned {
                    package: None,
                    make: make(&case)?,
                    repro: format!("check {}", quote(target)),
                    case,
                });
            }
            known = configuration.map(records).unwrap_or_default();
        }
    }
    Ok((subjects, known))
}

fn of_selftest(case: &ExporterCase) -> Result<Planned, PlanError> {
    Ok(Planned {
        package: None,
        make: make(case)?,
        repro: format!("selftest {}", quote(&case.id)),
        case: case.clone(),
    })
}

/// The records of a configuration, with their lines.
fn records(configuration: &Configuration) -> Vec<Recorded> {
    let mut lines = configuration.text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        line.starts_with("[[known]]") || line.starts_with("[[tool.bufcheck.known]]")
    });
    let known = configuration.config.known.iter();
    known
        .map(|known| Recorded {
            file: configuration.file.display().to_string(),
            line: lines.next().map(|(number, _)| number + 1),
            known: known.clone(),
        })
        .collect()
}

/// Reads a glob; `*` matches any characters, `/` and `.` among them.
pub fn glob(text: &str) -> Result<GlobMatcher, PlanError> {
    // `{,-padded}` is how a record names two exporters at once.
    GlobBuilder::new(text)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| PlanError::Glob {
            glob: text.to_owned(),
            problem: error.kind().to_string(),
        })
}

/// The names that match any of the globs; all if there is no glob. A name matches itself literally, too:
/// ids may hold brackets.
fn select<'a>(
    what: &'static str,
    globs: &[String],
    names: &[&'a str],
) -> Result<BTreeSet<&'a str>, PlanError> {
    if globs.is_empty() {
        return Ok(names.iter().copied().collect());
    }
    let mut chosen = BTreeSet::new();
    for text in globs {
        let matcher = glob(text)?;
        let matching = names
            .iter()
            .filter(|name| **name == text || matcher.is_match(name));
        let before = chosen.len();
        chosen.extend(matching);
        if chosen.len() == before && !names.iter().any(|name| *name == text || matcher.is_match(name)) {
            let hint = suggest::did_you_mean(text, names.iter().copied());
            return Err(PlanError::Nothing {
                what,
                glob: text.clone(),
                hint,
            });
        }
    }
    Ok(chosen)
}

/// A word for a POSIX shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
