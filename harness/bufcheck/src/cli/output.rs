//! Where results go: files, standard output, the terminal.
//!
//! Knows the options of output. Must never know how a format looks.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Totals};
use bufcheck_model::selftest::Matrix;
use bufcheck_reports::{html, json, junit, markdown, sarif, terminal};
use bufcheck_runner::load;

use super::args::{Color, Counting, Output};
use super::exit::Exit;
use super::exit::exit;
use super::failure::Failure;

/// Columns of text for people where nobody says how wide it may be.
const PIPED: usize = 80;

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

/// How text for people looks on this standard output.
pub(super) fn options(color: Color) -> terminal::Options {
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    };
    terminal::Options {
        color,
        width: width(),
        ..terminal::Options::default()
    }
}

/// The columns that the environment or the terminal gives.
fn width() -> usize {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    told.filter(|columns| *columns > 0)
        .or_else(terminal)
        .map_or(PIPED, |columns: usize| columns.min(WIDEST))
}

/// Prints text for people; a closed pipe is no error.
pub(super) fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes every result that was asked for.
pub(super) fn write(report: &Report, output: &Output) -> Result<(), Failure> {
    let with_selftest;
    let report = match selftest(output)? {
        None => report,
        Some(selftest) => {
            with_selftest = Report {
                selftest,
                ..report.clone()
            };
            &with_selftest
        }
    };
    let level = output.level.map_or(Level::Must, Counting::level);
    let files: [(&Option<PathBuf>, &dyn Fn() -> String); 5] = [
        (&output.json, &|| json::render(report)),
        (&output.html, &|| html::render(report)),
        (&output.junit, &|| junit::render(report, level)),
        (&output.sarif, &|| sarif::render(report)),
        (&output.markdown, &|| markdown::render(report)),
    ];
    for (file, render) in files {
        let Some(file) = file else { continue };
        self::file(file, &render())?;
    }
    if !output.quiet {
        let options = terminal::Options {
            verbose: output.verbose,
            ..options(output.color)
        };
        say(&terminal::summary(report, &options), output);
    }
    Ok(())
}

/// Writes one result; `-` is standard output.
pub(super) fn file(file: &Path, text: &str) -> Result<(), Failure> {
    if file == Path::new("-") {
        print(text);
        return Ok(());
    }
    std::fs::write(file, text).map_err(|source| Failure::Write {
        file: file.display().to_string(),
        source,
    })
}

/// The kill matrix that the report is to show.
pub(super) fn selftest(output: &Output) -> Result<Option<Vec<Matrix>>, Failure> {
    let Some(file) = &output.selftest else {
        return Ok(None);
    };
    Ok(Some(load::json(&load::read(file)?, &file.display().to_string())?))
}

/// Prints text for people where no result is in the way.
pub(super) fn say(text: &str, output: &Output) {
    if output.takes_stdout() {
        eprint!("{text}");
    } else {
        print(text);
    }
}

/// `bufcheck report REPORT.json ...`
pub(super) fn report_again(files: &[PathBuf], output: &Output) -> Result<Exit, Failure> {
    let mut whole: Option<Report> = None;
    for file in files {
        let name = file.display().to_string();
        let text = load::read(file)?;
        let report = json::parse(&text).map_err(|error| Failure::Report {
            file: name.clone(),
            problem: bufcheck_model::chain(&error),
        })?;
        whole = Some(match whole {
            None => report,
            Some(whole) => merge(whole, report).map_err(|problem| Failure::Report { file: name, problem })?,
        });
    }
    let report = whole.ok_or_else(|| Failure::Nothing("no report was named".into()))?;
    write(&report, output)?;
    Ok(exit(
        &report,
        output.level.map_or(Level::Must, Counting::level),
        &[],
    ))
}

/// Puts two reports into one: shards of a run, or runs on several machines.
fn merge(mut whole: Report, other: Report) -> Result<Report, String> {
    if whole.requests != other.requests {
        return Err("it is about other requests than the first report: they cannot share a matrix".into());
    }
    for interpreter in other.interpreters {
        match whole.interpreters.iter().find(|known| known.id == interpreter.id) {
            Some(known) if *known == interpreter => {}
            Some(known) => {
                return Err(format!(
                    "`{}` is Python {} on {} here and Python {} on {} in another report",
                    known.id, interpreter.version, interpreter.machine, known.version, known.machine
                ));
            }
            None => whole.interpreters.push(interpreter),
        }
    }
    for subject in other.subjects {
        let same = |known: &&bufcheck_model::report::Subject| {
            known.id == subject.id && known.interpreter == subject.interpreter
        };
        if whole.subjects.iter().find(same).is_some() {
            return Err(format!(
                "`{}` on {} is in another report already",
                subject.id, subject.interpreter
            ));
        }
        whole.subjects.push(subject);
    }
    for rule in other.rules {
        if !whole.rules.iter().any(|known| known.id == rule.id) {
            whole.rules.push(rule);
        }
    }
    whole.stale.extend(other.stale);
    whole.selftest.extend(other.selftest);
    whole.interrupted |= other.interrupted;
    add(&mut whole.totals, other.totals);
    whole.totals.rules = whole.rules.len();
    Ok(whole)
}

fn add(whole: &mut Totals, other: Totals) {
    let sums = [
        (&mut whole.subjects, other.subjects),
        (&mut whole.new, other.new),
        (&mut whole.recorded, other.recorded),
        (&mut whole.by_chance, other.by_chance),
    ];
    for (sum, addend) in sums {
        for (name, count) in addend {
            *sum.entry(name).or_default() += count;
        }
    }
    whole.subjects_as_recorded += other.subjects_as_recorded;
    whole.judged += other.judged;
}
