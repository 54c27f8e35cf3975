//! One finding, in at most nine lines.
//!
//! Knows what a reader needs to mend a fault: what, where, wanted, found, why, how, and the command that
//! shows it again. Must never be longer, whatever an exporter calls itself.

use std::fmt::Write as _;

use anstyle::Style;
use bufcheck_model::report::{Finding, Report, Subject};

use super::Options;
use super::style::{self, paint};
use crate::group::{Entry, rules};
use crate::words::{self, count, cut, line, list, wrap};

/// The most lines that a finding takes.
pub const MAX_LINES: usize = 9;

/// Columns taken by `  wanted:  `.
const LABEL: usize = 11;

/// A finding in at most [`MAX_LINES`] lines, each ended by a line feed.
pub fn finding(report: &Report, subject: &Subject, finding: &Finding, options: &Options) -> String {
    let interpreters = vec![subject.interpreter.as_str()];
    entry(
        report,
        &Entry {
            subject,
            finding,
            interpreters,
        },
        options,
    )
}

/// A labelled text in lines that fit.
struct Row {
    label: &'static str,
    lines: Vec<String>,
    style: Style,
}

/// A finding that shows alike on several interpreters.
pub(super) fn entry(report: &Report, entry: &Entry<'_>, options: &Options) -> String {
    let Entry {
        subject,
        finding,
        interpreters,
    } = entry;
    let rules = rules(report);
    let rule = rules.get(finding.rule.as_str());
    let columns = options.columns() - LABEL;
    let plain = Style::new();
    let mut rows = Vec::new();
    let mut row = |label, text: &str, style| {
        if !text.is_empty() {
            rows.push(Row {
                label,
                lines: wrap(&line(text), columns),
                style,
            });
        }
    };
    if finding.requests.is_empty() {
        // What showed over time was seen by a scenario, not by a request.
        row("case", &finding.case, plain);
    }
    row("request", &words::requests(&finding.requests), plain);
    row("wanted", &finding.wanted, style::WANTED);
    row("found", &finding.found, style::FOUND);
    row("why", rule.map_or("", |rule| rule.why.as_str()), plain);
    if let Some(fixes) = rule.and_then(|rule| rule.fix.as_ref()) {
        let fixes = words::fixes(fixes);
        let own = fixes[binding(subject)];
        // Some rules are kept by a binding itself: then the remedy is another layer's.
        let idle = |(_, hint): &(&str, &str)| hint.starts_with("Nothing to do");
        let helpful = std::iter::once(own).chain(fixes).find(|fix| !idle(fix));
        let (binding, hint) = helpful.unwrap_or(own);
        row("fix", &format!("{binding}: {hint}"), plain);
    }
    if let Some(reason) = &finding.reason {
        let link = finding
            .link
            .as_ref()
            .map(|link| format!(" ({})", crate::link::short(link)));
        row(
            "record",
            &format!("{reason}{}", link.unwrap_or_default()),
            style::DIM,
        );
    }
    row(
        "more",
        &format!("`bufcheck explain {}` for other bindings", finding.rule),
        style::DIM,
    );
    // The command is copied: it stays on one line, however long.
    rows.push(Row {
        label: "again",
        lines: vec![line(&finding.repro)],
        style: style::COPY,
    });

    shorten(&mut rows, MAX_LINES - 1, columns);
    let mut text = head(finding, subject, interpreters, options);
    for row in rows {
        for (index, line) in row.lines.iter().enumerate() {
            let label = if index == 0 {
                format!("{}:", row.label)
            } else {
                String::new()
            };
            let label = paint(options, style::DIM, format_args!("{label:<8}"));
            let _ = writeln!(text, "  {label} {}", paint(options, row.style, line));
        }
    }
    text
}

/// Takes lines from the longest rows until all fit; what is left out ends in `...`.
fn shorten(rows: &mut [Row], budget: usize, columns: usize) {
    let total = |rows: &[Row]| rows.iter().map(|row| row.lines.len()).sum::<usize>();
    while total(rows) > budget {
        // The last of the longest, so that the first rows keep their words.
        let Some(longest) = rows.iter_mut().max_by_key(|row| row.lines.len()) else {
            return;
        };
        if longest.lines.len() < 2 {
            return;
        }
        longest.lines.pop();
        if let Some(last) = longest.lines.last_mut() {
            let marked = format!("{} ...", last.trim_end_matches(" ..."));
            *last = cut(&marked, columns);
        }
    }
}

fn head(finding: &Finding, subject: &Subject, interpreters: &[&str], options: &Options) -> String {
    let level = finding.level.name();
    let rule = line(&finding.rule);
    let id = line(&subject.id);
    let places: Vec<String> = interpreters.iter().map(|id| line(id)).collect();
    let standing = match finding.consequences.len() {
        0 => format!("({})", finding.standing.name()),
        more => format!("({}, causes {more} more)", finding.standing.name()),
    };
    let room = |place: &str| {
        let taken = [level, &rule, place, &standing]
            .iter()
            .map(|text| text.chars().count())
            .sum::<usize>();
        options.columns().saturating_sub(taken + " : `` ".len())
    };
    // The shortest is taken if nothing fits.
    let choices = [
        format!(" on {}", list(&places, 4)),
        format!(" on {}", count(places.len(), "interpreter")),
        String::new(),
    ];
    let wanted = id.chars().count().min(24);
    let place = choices
        .iter()
        .find(|place| room(place) >= wanted)
        .unwrap_or(&choices[2]);
    format!(
        "{} {}: `{}`{place} {standing}\n",
        paint(options, style::level(finding.level), level),
        paint(options, style::HEAD, &rule),
        paint(options, style::HEAD, cut(&id, room(place).max(8))),
    )
}

/// The binding whose fix is shown, as a place in [`words::fixes`]: C, unless the names tell another.
fn binding(subject: &Subject) -> usize {
    const NAMES: [&str; 5] = ["c", "cython", "pybind11", "nanobind", "pyo3"];
    let texts = [
        subject.package.as_deref(),
        subject.type_name.as_deref(),
        Some(&subject.id),
    ];
    let told = |name: &str| {
        texts
            .iter()
            .flatten()
            .any(|text| text.to_ascii_lowercase().contains(name))
    };
    (1..NAMES.len()).find(|&index| told(NAMES[index])).unwrap_or(0)
}
