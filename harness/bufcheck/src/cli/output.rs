//! Where results go: files, standard output, the terminal.
//!
//! Knows the options of output. Must never know how a format looks.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use bufcheck_model::case::Level;
use bufcheck_model::report::Report;
use bufcheck_reports::{badge, html, json, junit, lines, markdown, sarif, tap, terminal};
use bufcheck_runner::compare::compare;
use bufcheck_runner::load;
use bufcheck_runner::merge::merge;

use super::args::{Color, Counting, JsonRules, Output};
use super::beside::Beside;
use super::data::catalogue;
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
    let with_more;
    let report = match beside(output)? {
        Beside {
            selftest: None,
            since: None,
        } => report,
        Beside { selftest, since } => {
            with_more = Report {
                selftest: selftest.clone().unwrap_or_default(),
                since: since.as_ref().map(|earlier| compare(earlier, report)),
                ..report.clone()
            };
            &with_more
        }
    };
    let level = output.level.map_or(Level::Must, Counting::level);
    let as_badge = || {
        let data = output
            .badge
            .as_ref()
            .and_then(|file| file.extension())
            .is_some_and(|kind| kind == "json");
        if data {
            badge::endpoint(report)
        } else {
            badge::svg(report)
        }
    };
    let as_json = || match output.json_rules {
        JsonRules::All => json::render(report),
        JsonRules::Used => json::render(&json::with_used_rules(report)),
    };
    let files: [(&Option<PathBuf>, &dyn Fn() -> String); 8] = [
        (&output.json, &as_json),
        (&output.tap, &|| tap::render(report, level)),
        (&output.jsonl, &|| lines::render(report)),
        (&output.badge, &as_badge),
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

/// What stands in the other files that the options name; they are read once. What cannot be read is better said before a
/// long run than behind it.
pub(super) fn beside(output: &Output) -> Result<&Beside, Failure> {
    if let Some(known) = output.beside.get() {
        return Ok(known);
    }
    let matrices = |file: &PathBuf| load::json(&load::read(file)?, &file.display().to_string());
    let read = Beside {
        selftest: output.selftest.as_ref().map(matrices).transpose()?,
        since: output.since.as_deref().map(read).transpose()?,
    };
    Ok(output.beside.get_or_init(|| read))
}

/// Reads a report that `--json` wrote.
pub(super) fn read(file: &Path) -> Result<Report, Failure> {
    json::parse(&load::read(file)?).map_err(|error| Failure::Report {
        file: file.display().to_string(),
        problem: bufcheck_model::chain(&error),
    })
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
    let reports = files
        .iter()
        .map(|file| read(file))
        .collect::<Result<Vec<_>, _>>()?;
    let catalogue = catalogue(None)?;
    let order: Vec<&str> = catalogue.rules.iter().map(|rule| rule.id.as_str()).collect();
    let report = merge(reports, &order).map_err(|(number, problem)| Failure::Report {
        file: files
            .get(number)
            .map(|file| file.display().to_string())
            .unwrap_or_default(),
        problem,
    })?;
    let report = report.ok_or_else(|| Failure::Nothing("no report was named".into()))?;
    write(&report, output)?;
    Ok(exit(
        &report,
        output.level.map_or(Level::Must, Counting::level),
        &[],
    ))
}
