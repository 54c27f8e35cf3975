//! `check`, `run` and `judge`: from a selection to verdicts.
//!
//! Knows how a plan, its settings and its outputs come out of the options. Must never judge.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::time::Duration;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Ran, Report, Shard};
use bufcheck_reports::Untrusted;
use bufcheck_rules::rules;
use bufcheck_runner::bench::Bench;
use bufcheck_runner::judge::{assemble, judge_run};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::record::Run;
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::worker::Limits;

use super::args::{Counting, Output, RunOptions};
use super::data::catalogue;
use super::exit::{Exit, exit};
use super::failure::Failure;
use super::interrupt;
use super::output;
use super::progress::Progress;
use super::registered;
use crate::hosts::Installation;

/// `bufcheck check TARGET... --consumer CALL...`
pub(super) fn check(
    targets: &[String],
    consumers: &[String],
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let configuration = configuration(options)?;
    carry_out(
        &Subjects::Targets {
            targets,
            consumers,
            configuration: configuration.as_ref(),
        },
        &[],
        options,
        configuration.as_ref(),
        installation,
    )
}

/// `bufcheck run [SUBJECT-GLOB]...`
pub(super) fn run(
    globs: &[String],
    corpus: bool,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    if corpus {
        return carry_out(&Subjects::Corpus, globs, options, None, installation);
    }
    let configuration = configuration(options)?;
    let subjects = match &configuration {
        Some(found) if found.config.exporter.is_empty() && found.config.consumer.is_empty() => {
            return Err(Failure::Nothing(format!(
                "`{}` registers no exporter and no consumer",
                found.file.display()
            )));
        }
        Some(found) => {
            spelt(found)?;
            Subjects::Configured(found)
        }
        None => return Err(Failure::NoConfiguration),
    };
    carry_out(&subjects, globs, options, configuration.as_ref(), installation)
}

/// `bufcheck run --ecosystem [PACKAGE...]`: what the case data knows of packages that people use. A configuration of
/// this folder has nothing to say about them.
pub(super) fn ecosystem(
    words: &[String],
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let whole = |word: &String| {
        if word.contains('/') {
            word.clone()
        } else {
            format!("{word}/*")
        }
    };
    let globs: Vec<String> = words.iter().map(whole).collect();
    carry_out(&Subjects::Ecosystem, &globs, options, None, installation)
}

/// The configuration that the options name, or that of this folder or of one above it in the same repository.
pub(super) fn configuration(options: &RunOptions) -> Result<Option<Configuration>, Failure> {
    if let Some(file) = &options.config {
        return Ok(Some(Configuration::read(file)?));
    }
    let found = Configuration::find_above(Path::new("."))?;
    if let Some(found) = &found
        && !options.output.quiet
        && found.file.starts_with("..")
    {
        anstream::eprintln!("note: `{}` is used", found.file.display());
    }
    Ok(found)
}

/// A record that names a subject which is only nearly there tolerates nothing, and is no stale one.
fn spelt(configuration: &Configuration) -> Result<(), Failure> {
    match configuration.misspelt() {
        None => Ok(()),
        Some((number, name, near)) => Err(Failure::Baseline(format!(
            "failed to use `{}`: `known[{number}].subject` is `{name}`, and there is no such subject; did you mean \
             `{near}`?",
            configuration.file.display()
        ))),
    }
}

fn carry_out(
    subjects: &Subjects<'_>,
    globs: &[String],
    options: &RunOptions,
    configuration: Option<&Configuration>,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let (mut report, unusable) = observe(subjects, globs, options, configuration, installation)?;
    if options.confirm {
        super::confirm::confirm_all(&mut report);
    }
    output::write(&report, &options.output)?;
    tell_unusable(&unusable);
    if report.subjects.is_empty() && unusable.is_empty() && !report.interrupted && options.shard.is_some() {
        anstream::eprintln!("note: there is nothing for this shard: it holds no subject");
        return Ok(Exit::Conforms);
    }
    Ok(exit(&report, level(options, configuration), &unusable))
}

/// What counts: the option, else what the configuration says.
pub(super) fn level(options: &RunOptions, configuration: Option<&Configuration>) -> Level {
    let configured = configuration
        .and_then(|found| found.config.level)
        .unwrap_or(Level::Must);
    options.output.level.map_or(configured, Counting::level)
}

/// Says which interpreters could not be used.
pub(super) fn tell_unusable(unusable: &[(String, String)]) {
    for (host, problem) in unusable {
        let (host, problem) = (Untrusted::line(host), Untrusted::lines(problem));
        anstream::eprintln!("error: `{host}` could not be used: {problem}");
    }
    if unusable.iter().any(|(_, problem)| !problem.contains("--python")) {
        anstream::eprintln!("`bufcheck doctor` names the interpreters that can be used");
    }
}

/// The hosts that the options name, else those of the configuration, else the default.
pub(super) fn hosts(
    options: &RunOptions,
    configuration: Option<&Configuration>,
    installation: &Installation,
) -> Result<Vec<Host>, Failure> {
    let configured = configuration
        .map(|found| found.config.python.clone())
        .unwrap_or_default();
    let pythons = if options.python.is_empty() {
        configured
    } else {
        options.python.clone()
    };
    let hosts = installation.hosts(&pythons);
    if hosts.is_empty() {
        let problem = "there is no worker beside this program: name an interpreter with `--python`";
        return Err(Failure::NoWorker(problem.into()));
    }
    Ok(hosts)
}

/// Carries a run out: the report, and the interpreters that could not be used, with the reason.
pub(super) fn observe(
    subjects: &Subjects<'_>,
    globs: &[String],
    options: &RunOptions,
    configuration: Option<&Configuration>,
    installation: &Installation,
) -> Result<(Report, Vec<(String, String)>), Failure> {
    let started = jiff::Timestamp::now();
    let plan = plan(subjects, globs, options)?;
    let settings = settings(options, configuration, installation)?;
    let progress = Progress::new(options.output.quiet);
    let known = bufcheck_runner::judge::record(&plan)?;
    let ran = pool::run(&plan, &settings, &mut |event| {
        progress.found(&event, &known);
        progress.tell(&event);
    });
    progress.finish();
    record(&ran.run, options)?;
    let bench = Bench::of(&plan);
    let took = ran.subjects.iter().zip(&ran.took).map(|(subject, took)| {
        let key = Ran::key(&subject.interpreter, &subject.id);
        (key, u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
    });
    let took = took.collect();
    let mut report = assemble(ran.subjects, &ran.run, &bench, plan.whole, ran.interrupted)?;
    report.shard = options.shard.map(|(part, of)| Shard { part, of });
    report.run = Some(Ran {
        took,
        ..as_started(started, options, configuration)
    });
    if let Some(configuration) = configuration {
        registered::note(&mut report, configuration);
    }
    Ok((report, ran.unusable))
}

/// When and how a run was started.
fn as_started(started: jiff::Timestamp, options: &RunOptions, configuration: Option<&Configuration>) -> Ran {
    let took = jiff::Timestamp::now().duration_since(started);
    let shown = |path: &Path| path.display().to_string();
    Ran {
        started: started.round(jiff::Unit::Second).unwrap_or(started).to_string(),
        milliseconds: u64::try_from(took.as_millis()).unwrap_or(0),
        command: options.words.clone(),
        configuration: configuration.map(|found| shown(&found.file)),
        cases: options.cases.as_deref().map(shown),
        jobs: jobs(options.jobs),
        ..Ran::default()
    }
}

/// What the options select.
pub(super) fn plan(subjects: &Subjects<'_>, globs: &[String], options: &RunOptions) -> Result<Plan, Failure> {
    let selection = Selection {
        subjects: globs.to_vec(),
        cases: options.case.clone(),
        rules: options.rule.clone(),
        shard: options.shard,
    };
    output::beside(&options.output)?;
    let mut catalogue = catalogue(options.cases.as_deref())?;
    for file in &options.scenarios {
        catalogue.add_scenarios(file)?;
    }
    let plan = Plan::new(catalogue, subjects, &selection)?;
    if !options.output.quiet {
        for renamed in &plan.renamed {
            anstream::eprintln!("note: {renamed}");
        }
    }
    Ok(plan)
}

/// What a worker may use.
pub(super) fn limits(options: &RunOptions) -> Limits {
    let limits = Limits {
        memory: options.memory << 20,
        ..Limits::default().with_step(Duration::from_secs_f64(options.timeout))
    };
    Limits {
        budget: options.budget.map_or(limits.budget, Duration::from_secs_f64),
        ..limits
    }
}

/// How the options want it carried out.
pub(super) fn settings(
    options: &RunOptions,
    configuration: Option<&Configuration>,
    installation: &Installation,
) -> Result<Settings, Failure> {
    Ok(Settings {
        hosts: hosts(options, configuration, installation)?,
        jobs: jobs(options.jobs),
        limits: limits(options),
        stop: interrupt::stop(),
        path: configuration.map_or_else(Vec::new, Configuration::import_path),
    })
}

/// Writes every observation down, if the options say so.
pub(super) fn record(run: &Run, options: &RunOptions) -> Result<(), Failure> {
    let Some(file) = &options.record else {
        return Ok(());
    };
    let write = |source| Failure::Write {
        file: file.display().to_string(),
        source,
    };
    let sink = BufWriter::new(File::create(file).map_err(write)?);
    run.write(sink).map_err(write)
}

/// How many workers at a time: one for each processor, unless the user says otherwise.
pub(super) fn jobs(wanted: Option<u16>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    wanted.map_or_else(processors, usize::from)
}

/// `bufcheck judge RUN.jsonl`
pub(super) fn judge(
    file: &Path,
    catalogue: Catalogue,
    globs: &[String],
    options: &Output,
) -> Result<Exit, Failure> {
    let name = file.display().to_string();
    let failed = |source| Failure::Record {
        file: name.clone(),
        source,
    };
    let source = File::open(file).map_err(|error| failed(error.into()))?;
    let run = Run::read(BufReader::new(source)).map_err(failed)?;
    let selection = Selection {
        rules: globs.to_vec(),
        ..Selection::default()
    };
    let plan = Plan::new(catalogue, &Subjects::exporters(&[], None), &selection)?;
    let bench = Bench {
        catalogue: &plan.catalogue,
        rules: &plan.rules,
        requests: &run.header.requests,
        spies: &run.header.spies,
    };
    let whole = run.header.whole && rules().count() == plan.rules.len();
    let report = judge_run(&run, &bench, whole)?;
    output::write(&report, options)?;
    Ok(exit(
        &report,
        options.level.map_or(Level::Must, Counting::level),
        &[],
    ))
}
