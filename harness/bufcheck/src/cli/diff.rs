//! `diff OLD.json NEW.json`: what became better and worse between two reports.
//!
//! Knows how a comparison is printed. Must never compare: that is the runner's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bufcheck_model::report::Standing;
use bufcheck_reports::Untrusted;
use bufcheck_runner::compare::{Comparison, compare};

use super::args::Compared;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{file, print, read};

/// A format of a comparison.
type Rendering = fn(&Comparison) -> String;

/// `bufcheck diff OLD.json NEW.json`
pub(super) fn diff(words: &Compared) -> Result<Exit, Failure> {
    let comparison = compare(&read(&words.old)?, &read(&words.new)?);
    let files: [(&Option<PathBuf>, Rendering); 2] = [
        (&words.markdown, bufcheck_reports::diff::markdown),
        (&words.html, bufcheck_reports::diff::html),
    ];
    let mut printed = words.json;
    for (wanted, render) in files {
        if let Some(wanted) = wanted {
            file(wanted, &render(&comparison))?;
            printed |= wanted.as_os_str() == "-";
        }
    }
    if words.json {
        let text = serde_json::to_string_pretty(&comparison)
            .map_err(|error| report_failure(&words.new, error.to_string()))?;
        print(&format!("{text}\n"));
    } else if !printed {
        print(&text(&comparison));
    }
    Ok(if comparison.is_worse(words.level.level()) {
        Exit::Broken
    } else {
        Exit::Conforms
    })
}

fn report_failure(file: &Path, problem: String) -> Failure {
    Failure::Report {
        file: file.display().to_string(),
        problem,
    }
}

fn place(subject: &str, interpreter: &str) -> String {
    format!(
        "`{}` on {}",
        Untrusted::line(subject),
        Untrusted::line(interpreter)
    )
}

fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for found in &comparison.differences {
        let Some(what) = [&found.before, &found.after]
            .iter()
            .find_map(|found| found.as_deref())
        else {
            continue;
        };
        let (level, rule) = (found.level.name(), Untrusted::line(&found.rule));
        let (what, place) = (Untrusted::line(what), place(&found.subject, &found.interpreter));
        let (before, after) = (found.before.as_deref(), found.after.as_deref());
        let _ = match (found.standing, before, after) {
            (Standing::Changed, Some(before), Some(after)) if before != after => {
                let (before, after) = (Untrusted::line(before), Untrusted::line(after));
                writeln!(text, "changed  {level} {rule}: {place}: {before}; now {after}")
            }
            (Standing::Changed, ..) => {
                writeln!(
                    text,
                    "changed  {level} {rule}: {place}: {what}, on other requests"
                )
            }
            (standing, ..) => {
                let word = match standing {
                    Standing::AsRecorded => "recorded",
                    Standing::New | Standing::ByChance | Standing::Fixed | Standing::Changed => {
                        standing.name()
                    }
                };
                writeln!(text, "{word:8} {level} {rule}: {place}: {what}")
            }
        };
    }
    for absent in &comparison.absences {
        let place = place(&absent.subject, &absent.interpreter);
        let _ = match (absent.before, absent.after) {
            (Some(before), Some(after)) => {
                writeln!(text, "status   {place}: {}; now {}", before.name(), after.name())
            }
            (Some(before), None) => writeln!(text, "gone     {place}: was {}", before.name()),
            (None, after) => {
                writeln!(
                    text,
                    "added    {place}: {}",
                    after.map_or("untested", bufcheck_model::report::Status::name)
                )
            }
        };
    }
    let count = |standing| {
        comparison
            .differences
            .iter()
            .filter(|found| found.standing == standing)
            .count()
    };
    let _ = writeln!(
        text,
        "{} new, {} fixed, {} changed.",
        count(Standing::New),
        count(Standing::Fixed),
        count(Standing::Changed)
    );
    text
}
