//! `fuzz TARGET...`: random histories, and the shortest scenario for each rule that they break.
//!
//! Knows how what was found is told, saved and run again. Must never know how a history is drawn.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use bufcheck_model::case::Side;
use bufcheck_model::interpreter::{Group, InterpreterFile};
use bufcheck_model::report::{Report, Standing, Subject};
use bufcheck_model::scenario::{ScenarioCase, ScenarioFile};
use bufcheck_runner::bench::Bench;
use bufcheck_runner::fuzz::{Fuzzed, Game, narrow};
use bufcheck_runner::judge::assemble;
use bufcheck_runner::plan::{Subjects, quote};

use super::args::RunOptions;
use super::check::{configuration, level, plan, record, settings, tell_unusable};
use super::exit::Exit;
use super::exit::exit;
use super::failure::Failure;
use super::output;
use super::progress::Progress;
use super::scenario::{json, written};
use crate::hosts::Installation;

pub(super) fn fuzz(
    (targets, consumers): (&[String], &[String]),
    seed: Option<u64>,
    steps: u32,
    save: Option<&Path>,
    options: &RunOptions,
    installation: &Installation,
) -> Result<Exit, Failure> {
    let configuration = configuration(options)?;
    // Names without an expression are those of registered subjects.
    let (subjects, globs) = match &configuration {
        _ if !consumers.is_empty() || targets.iter().any(|target| target.contains(':')) => {
            let named = Subjects::Targets {
                targets,
                consumers,
                configuration: configuration.as_ref(),
            };
            (named, &[][..])
        }
        Some(found) => (Subjects::Configured(found), targets),
        None => (Subjects::Corpus, targets),
    };
    let mut plan = plan(&subjects, globs, options)?;
    narrow(&mut plan);
    let game = Game {
        seed: seed.unwrap_or_else(any_seed),
        steps: usize::try_from(steps).unwrap_or(usize::MAX),
    };
    if plan.rules.is_empty() {
        return Err(Failure::Nothing(
            "random histories can break none of these rules: leave `--rule` out, or see `bufcheck list cases`".into(),
        ));
    }
    let settings = settings(options, configuration.as_ref(), installation)?;
    let progress = Progress::new(options.output.quiet);
    let (ran, fuzzed) =
        bufcheck_runner::fuzz::fuzz(&plan, game, &settings, &mut |event| progress.tell(&event));
    progress.finish();
    record(&ran.run, options)?;
    let bench = Bench::of(&plan);
    let mut report = assemble(ran.subjects, &ran.run, &bench, false, ran.interrupted)?;
    let found = fresh(&report, &fuzzed);
    let calls = fresh_calls(&report, &fuzzed);
    let save = save.filter(|_| !found.is_empty() || !calls.is_empty());
    // Nothing that goes wrong behind it may lose what was found.
    if let Some(file) = save {
        if found.is_empty() {
            write_calls(file, game, &calls)?;
        } else {
            write_file(file, game, &found)?;
        }
    }
    name_commands(&mut report, game, save);
    output::write(&report, &options.output)?;
    if !options.output.quiet {
        output::say(&tell(&fuzzed, (&found, &calls), game, save), &options.output);
    }
    tell_unusable(&ran.unusable);
    Ok(exit(
        &report,
        level(options, configuration.as_ref()),
        &ran.unusable,
    ))
}

/// A seed that nobody chose; it is printed.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() % 100_000)
}

/// The scenarios that show something new, each once: several interpreters may break a rule alike.
fn fresh(report: &Report, fuzzed: &[Fuzzed]) -> Vec<ScenarioCase> {
    let new = |subject: &Subject, rule: &str| {
        subject.findings.iter().any(|finding| {
            let mut folded = finding.consequences.iter();
            (finding.standing == Standing::New && finding.rule == rule)
                || folded.any(|folded| folded.standing == Standing::New && folded.rule == rule)
        })
    };
    let mut all: Vec<ScenarioCase> = Vec::new();
    for (subject, fuzzed) in report.subjects.iter().zip(fuzzed) {
        for found in fuzzed.found.iter().filter(|found| new(subject, found.rule)) {
            let case = &found.case;
            if !all
                .iter()
                .any(|known| known.acts == case.acts && known.needs == case.needs)
            {
                all.push(case.clone());
            }
        }
    }
    all
}

/// The groups of calls that show something new, each with the one that does; each function once.
fn fresh_calls(report: &Report, fuzzed: &[Fuzzed]) -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    for (subject, fuzzed) in report.subjects.iter().zip(fuzzed) {
        let new = subject
            .findings
            .iter()
            .any(|finding| finding.standing == Standing::New);
        let calls = fuzzed.calls.iter().filter(|_| new);
        for group in calls {
            if all.iter().all(|known| known.id != group.id) {
                all.push(group.clone());
            }
        }
    }
    all
}

/// Lets each finding of a history name the command that shows it again: the saved scenario, else the same game.
fn name_commands(report: &mut Report, game: Game, save: Option<&Path>) {
    let subjects = report.subjects.iter_mut();
    let findings = subjects.flat_map(|subject| {
        let kind = subject.kind;
        subject.findings.iter_mut().map(move |finding| (kind, finding))
    });
    for (kind, finding) in findings {
        let drawn = finding
            .case
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("random-"));
        if kind == Side::Interpreter && drawn {
            if let Some((group, _)) = finding.case.rsplit_once('/') {
                let (seed, steps) = (game.seed, game.steps);
                finding.repro = format!("bufcheck fuzz {group} --seed {seed} --steps {steps}");
            }
            continue;
        }
        if !finding.case.starts_with("scenarios/fuzz/") {
            continue;
        }
        // With one rule alone the game would take another turn.
        let whole = finding
            .repro
            .strip_suffix(&format!(" --rule {}", finding.rule))
            .unwrap_or(&finding.repro);
        // A scenario is one of an object: calls of a function are drawn once more.
        let saved = save.filter(|_| finding.standing == Standing::New && kind == Side::Exporter);
        finding.repro = if let Some(file) = saved {
            let file = quote(&file.display().to_string());
            format!("{whole} --scenarios {file} --case 'scenarios/fuzz/*'")
        } else {
            let target = whole.splitn(3, ' ').nth(2).unwrap_or_default();
            format!(
                "bufcheck fuzz {target} --seed {} --steps {}",
                game.seed, game.steps
            )
        };
    }
}

fn write_file(file: &Path, game: Game, found: &[ScenarioCase]) -> Result<(), Failure> {
    let about = format!("Found by `bufcheck fuzz` with seed {}.", game.seed);
    let text = format!(
        "{{\n  \"about\": {},\n  \"scenarios\": [{}\n  ]\n}}\n",
        json(&about),
        found
            .iter()
            .map(|case| format!("\n{}", indent(&written(case), "    ")))
            .collect::<Vec<_>>()
            .join(",")
    );
    debug_assert!(serde_json::from_str::<ScenarioFile>(&text).is_ok());
    std::fs::write(file, text).map_err(|source| Failure::Write {
        file: file.display().to_string(),
        source,
    })
}

/// Writes calls as a file of `cases/interpreter/`.
fn write_calls(file: &Path, game: Game, calls: &[Group]) -> Result<(), Failure> {
    let data = InterpreterFile {
        about: format!("Found by `bufcheck fuzz` with seed {}.", game.seed),
        count: calls.iter().map(|group| group.cases.len()).sum(),
        groups: calls.to_vec(),
        known: Vec::new(),
    };
    let text = serde_json::to_string_pretty(&data).unwrap_or_default() + "\n";
    std::fs::write(file, text).map_err(|source| Failure::Write {
        file: file.display().to_string(),
        source,
    })
}

fn indent(text: &str, by: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{by}{line}")).collect();
    lines.join("\n")
}

fn tell(
    fuzzed: &[Fuzzed],
    (found, calls): (&[ScenarioCase], &[Group]),
    game: Game,
    save: Option<&Path>,
) -> String {
    let mut text = String::new();
    for case in found {
        let _ = writeln!(text, "{}", written(case));
    }
    for case in calls.iter().flat_map(|group| &group.cases) {
        let _ = writeln!(text, "{}", json(case));
    }
    let sum = |count: fn(&Fuzzed) -> usize| fuzzed.iter().map(count).sum::<usize>();
    let (histories, sets) = (sum(|fuzzed| fuzzed.histories), sum(|fuzzed| fuzzed.sets));
    if histories > 0 || sets == 0 {
        let _ = write!(
            text,
            "{histories} histories of {} steps in all, ",
            sum(|fuzzed| fuzzed.steps)
        );
    }
    if sets > 0 {
        let _ = write!(text, "{sets} sets of arguments, ");
    }
    let _ = write!(text, "seed {}", game.seed);
    let mut once: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in fuzzed.iter().flat_map(|fuzzed| &fuzzed.once) {
        *once.entry(rule).or_default() += 1;
    }
    for (rule, count) in once {
        let subjects = if count == 1 {
            "one subject"
        } else {
            "several subjects"
        };
        let _ = write!(
            text,
            "\nnot counted: a history of {subjects} ({count}) broke {rule}, but not each time when it was repeated"
        );
    }
    match save {
        Some(file) => {
            let _ = writeln!(text, "; saved to {}", file.display());
        }
        None => text.push('\n'),
    }
    text
}
