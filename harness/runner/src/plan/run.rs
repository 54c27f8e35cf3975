//! What a run will do: which subjects, which requests, which rules.
//!
//! Knows selection by glob and by shard. Must never know how anything is carried out.

use bufcheck_model::bend::Bend;
use bufcheck_model::case::{ConsumerCase, ExporterCase, Known, Make};
use bufcheck_model::interpreter::Group;
use bufcheck_model::order::Order;
use bufcheck_model::scenario::ScenarioCase;
use bufcheck_model::wire::RoundPlan;
use bufcheck_protocol::request::Request;
use bufcheck_rules::death::{DAMAGED, SURVIVES, is_told_by};
use bufcheck_rules::{Rule, rules};

use crate::plan::catalogue::Catalogue;
use crate::plan::config::{Configuration, call, make};
use crate::plan::pattern::{PlanError, select};
use crate::plan::sibling::sibling;
use crate::plan::subject::{Planned, Recorded, quote};

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
    /// Names of rules that the selection or the record still uses although they have new ones, each as a sentence.
    pub renamed: Vec<String>,
    /// What is said about them, and the relations.
    pub catalogue: Catalogue,
    /// The record.
    pub known: Vec<Recorded>,
    /// Whether every request and every rule takes part: only then can a record be called stale.
    pub whole: bool,
    /// All subjects take part.
    pub all_subjects: bool,
    /// Exporters that each consumer is given, besides the spies.
    pub meets: Vec<Make>,
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
    /// Packages that people use.
    Ecosystem,
    /// The mutants of the self-test.
    Mutants,
    /// The clean set of the self-test.
    Clean,
    /// A configuration file.
    Configured(&'a Configuration),
    /// Targets of the command line, with a configuration for its record.
    Targets {
        /// The exporters.
        targets: &'a [String],
        /// The calls of consumers, behind them.
        consumers: &'a [String],
        /// The configuration.
        configuration: Option<&'a Configuration>,
    },
}

impl<'a> Subjects<'a> {
    /// Exporters of the command line alone.
    pub fn exporters(targets: &'a [String], configuration: Option<&'a Configuration>) -> Self {
        Self::Targets {
            targets,
            consumers: &[],
            configuration,
        }
    }
}

impl Plan {
    /// Plans a run.
    pub fn new(catalogue: Catalogue, from: &Subjects<'_>, selection: &Selection) -> Result<Self, PlanError> {
        let (subjects, known) = gather(&catalogue, from)?;
        for recorded in &known {
            exists(&catalogue, recorded)?;
        }
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
        let groups = catalogue.interpreter.iter().flat_map(|(_, data)| &data.groups);
        case_ids.extend(groups.flat_map(|group| &group.cases).map(|case| case.id.as_str()));
        let chosen = select("case", &selection.cases, &case_ids)?;
        let played = |case: &&ScenarioCase| chosen.contains(case.id.as_str());
        let mut scenarios: Vec<ScenarioCase> = catalogue.scenarios.iter().filter(played).cloned().collect();
        let requests = catalogue
            .requests
            .iter()
            .filter(|case| chosen.contains(case.id.as_str()))
            .map(|case| case.request);
        let mut requests: Vec<Request> = requests.collect();
        let asked = !requests.is_empty() || !scenarios.is_empty();
        only_chosen(&mut subjects, |case| chosen.contains(case), asked);
        let alone = requests.is_empty();
        if alone {
            // Scenarios take their requests from what the subject was seen to grant.
            requests = catalogue.requests.iter().map(|case| case.request).collect();
        }
        let rule_ids: Vec<&str> = rules().map(|rule| rule.id).collect();
        let names = catalogue.names();
        let mut renamed: Vec<String> = selection
            .rules
            .iter()
            .filter_map(|glob| names.told(glob))
            .collect();
        let globs: Vec<String> = selection
            .rules
            .iter()
            .map(|glob| names.today(glob).to_owned())
            .collect();
        let chosen = select("rule", &globs, &rule_ids)?;
        renamed.extend(known.iter().filter_map(|recorded| {
            let told = names.told(&recorded.known.rule)?;
            let line = recorded.line.map_or_else(String::new, |line| format!(":{line}"));
            Some(format!("{}{line}: {told}", recorded.file))
        }));
        subjects.retain(|subject| {
            let group = subject.interpreter.as_ref();
            group.is_none_or(|group| chosen.contains(group.rule.as_str()))
        });
        // Whatever is chosen, a death is told.
        let taken = |rule: &&Rule| chosen.contains(rule.id) || is_told_by(rule.id);
        let mut rules: Vec<&Rule> = rules().filter(taken).collect();
        // Every scenario may end the process.
        let caught = |case: &ScenarioCase| {
            case.catches()
                .chain([SURVIVES, DAMAGED])
                .any(|rule| chosen.contains(rule))
        };
        scenarios.retain(caught);
        if alone {
            let told = |rule: &&Rule| {
                let by = |case: &ScenarioCase| case.catches().any(|caught| caught == rule.id);
                let mut called = subjects.iter().filter_map(|subject| subject.interpreter.as_ref());
                is_told_by(rule.id) || scenarios.iter().any(by) || called.any(|group| group.rule == rule.id)
            };
            rules.retain(told);
        }
        let whole = selection.cases.is_empty() && selection.rules.is_empty();
        // Targets are never all that a configuration's records may be about.
        let all_subjects = subjects.len() == total && !matches!(from, Subjects::Targets { .. });
        Ok(Self {
            subjects,
            requests,
            rounds: rounds(),
            rules,
            scenarios,
            renamed,
            catalogue,
            known,
            whole,
            all_subjects,
            meets: Vec::new(),
        })
    }
}

/// Leaves the calls of the interpreter that were chosen, and nothing else where no request and no scenario was.
fn only_chosen(subjects: &mut Vec<Planned>, chosen: impl Fn(&str) -> bool, asked: bool) {
    for subject in &mut *subjects {
        if let Some(group) = &mut subject.interpreter {
            group.cases.retain(|case| chosen(&case.id));
        }
    }
    subjects.retain(|subject| match &subject.interpreter {
        Some(group) => !group.cases.is_empty(),
        None => asked,
    });
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
                    let repro = format!("run --corpus {}", quote(&case.id));
                    subjects.push(planned(case.clone(), data.package.clone(), repro)?);
                }
                known.extend(data.known.iter().map(|known| recorded(file, known)));
            }
            let consumers = catalogue.consumers.iter();
            for (file, data) in consumers.filter(|_| matches!(from, Subjects::Corpus)) {
                for case in &data.consumers {
                    let planned = consumer(case, format!("run --corpus {}", quote(&case.id)))?;
                    subjects.push(Planned {
                        package: data.package.clone(),
                        ..planned
                    });
                }
                known.extend(data.known.iter().map(|known| recorded(file, known)));
            }
            if matches!(from, Subjects::Corpus) {
                for (file, data) in &catalogue.interpreter {
                    subjects.extend(data.groups.iter().map(|group| interpreter(group, None)));
                    known.extend(data.known.iter().map(|known| recorded(file, known)));
                }
            }
        }
        Subjects::Ecosystem => return packages(catalogue),
        Subjects::Mutants => subjects = mutants(catalogue)?,
        Subjects::Clean => subjects = clean(catalogue)?,
        Subjects::Configured(configuration) => {
            let config = format!("--config {} ", quote(&configuration.file.display().to_string()));
            for case in &configuration.config.exporter {
                let repro = format!("run {config}{}", quote(&case.id));
                subjects.push(planned(case.clone(), None, repro)?);
            }
            for case in &configuration.config.consumer {
                subjects.push(consumer(case, format!("run {config}{}", quote(&case.id)))?);
            }
            known = records(configuration);
        }
        Subjects::Targets {
            targets,
            consumers,
            configuration,
        } => {
            for target in *targets {
                // A target that is registered keeps what its author declares about it.
                let registered = configuration
                    .and_then(|found| found.config.exporter.iter().find(|case| case.id == **target));
                let case = registered.cloned().unwrap_or_else(|| ExporterCase {
                    id: target.trim().to_owned(),
                    make: Some(target.clone()),
                    ..ExporterCase::default()
                });
                subjects.push(planned(case, None, format!("check {}", quote(target)))?);
            }
            for call in *consumers {
                let registered = configuration
                    .and_then(|found| found.config.consumer.iter().find(|case| case.id == **call));
                let case = registered.cloned().unwrap_or_else(|| ConsumerCase {
                    id: call.trim().to_owned(),
                    call: call.clone(),
                    ..ConsumerCase::default()
                });
                subjects.push(consumer(&case, format!("check --consumer {}", quote(call)))?);
            }
            known = configuration.map(records).unwrap_or_default();
        }
    }
    Ok((subjects, known))
}

/// The mutants of the self-test.
fn mutants(catalogue: &Catalogue) -> Result<Vec<Planned>, PlanError> {
    let exporters = catalogue
        .mutants
        .iter()
        .map(|mutant| of_selftest(&mutant.exporter));
    let consumers = catalogue.consumer_mutants.iter();
    let consumers = consumers.map(|mutant| consumer(&mutant.consumer, "selftest".into()));
    let interpreters = catalogue.interpreter_mutants.iter().filter_map(|mutant| {
        let group = catalogue.calls(&mutant.calls)?;
        Some(Ok(renamed(group, mutant.id.clone(), Some(mutant.bend))))
    });
    exporters.chain(consumers).chain(interpreters).collect()
}

/// The clean set of the self-test.
fn clean(catalogue: &Catalogue) -> Result<Vec<Planned>, PlanError> {
    let exporters = catalogue.clean.iter().map(of_selftest);
    let consumers = catalogue.clean_consumers.iter();
    let consumers = consumers.map(|case| consumer(case, "selftest".into()));
    let interpreters = catalogue.clean_interpreters.iter().flat_map(|case| {
        catalogue.calls_of(case).map(|group| {
            let name = group.id.strip_prefix("interpreter/").unwrap_or(&group.id);
            Ok(renamed(group, format!("{}/{name}", case.id), case.bend))
        })
    });
    exporters.chain(consumers).chain(interpreters).collect()
}

/// The exporters and consumers of every package of the catalogue.
fn packages(catalogue: &Catalogue) -> Result<(Vec<Planned>, Vec<Recorded>), PlanError> {
    let mut known = Vec::new();
    let mut subjects = Vec::new();
    for (file, data) in &catalogue.ecosystem {
        let package = Some(data.package.clone());
        let repro = |id: &str| format!("run --ecosystem {}", quote(id));
        for case in &data.exporters {
            subjects.push(planned(case.clone(), package.clone(), repro(&case.id))?);
        }
        for case in &data.consumers {
            let planned = consumer(case, repro(&case.id))?;
            subjects.push(Planned {
                package: package.clone(),
                ..planned
            });
        }
        known.extend(data.known.iter().map(|known| recorded(file, known)));
    }
    Ok((subjects, known))
}

/// A record of a file of the catalogue.
fn recorded(file: &str, known: &Known) -> Recorded {
    Recorded {
        file: file.to_owned(),
        line: None,
        known: known.clone(),
    }
}

/// A consumer as a subject: what is known of any subject stands in its case.
fn consumer(case: &ConsumerCase, repro: String) -> Result<Planned, PlanError> {
    Ok(Planned {
        case: ExporterCase {
            id: case.id.clone(),
            make: Some(case.call.clone()),
            python: case.python.clone(),
            requires: case.requires.clone(),
            ..ExporterCase::default()
        },
        consumer: Some(case.clone()),
        interpreter: None,
        bend: None,
        package: None,
        make: call(case)?,
        sibling: None,
        repro,
    })
}

/// The interpreter as a subject: it is there wherever a worker runs.
fn interpreter(group: &Group, bend: Option<Bend>) -> Planned {
    Planned {
        case: ExporterCase {
            id: group.id.clone(),
            python: group.python.clone(),
            ..ExporterCase::default()
        },
        consumer: None,
        interpreter: Some(group.clone()),
        bend,
        package: None,
        make: Make::Interpreter,
        sibling: None,
        repro: format!("run --corpus {}", quote(&group.id)),
    }
}

/// The same of the self-test, by a name of its own.
fn renamed(group: &Group, id: String, bend: Option<Bend>) -> Planned {
    let mut planned = interpreter(group, bend);
    planned.case.id = id;
    planned.repro = "selftest".into();
    planned
}

/// A record names rules that there are; a glob may name none of today.
fn exists(catalogue: &Catalogue, recorded: &Recorded) -> Result<(), PlanError> {
    let rule = &recorded.known.rule;
    if rule.contains(['*', '?', '[', '{']) || catalogue.rule(rule).is_some() {
        return Ok(());
    }
    Err(PlanError::NoRule {
        file: recorded.file.clone(),
        line: recorded.line,
        rule: rule.clone(),
        hint: catalogue.names().hint(rule),
    })
}

fn of_selftest(case: &ExporterCase) -> Result<Planned, PlanError> {
    planned(case.clone(), None, format!("selftest {}", quote(&case.id)))
}

fn planned(mut case: ExporterCase, package: Option<String>, repro: String) -> Result<Planned, PlanError> {
    Ok(Planned {
        consumer: None,
        interpreter: None,
        bend: None,
        make: make(&case)?,
        sibling: sibling(&mut case)?,
        package,
        repro,
        case,
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
