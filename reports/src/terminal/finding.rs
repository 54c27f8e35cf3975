//! One finding: what, where, wanted, found, why, how, and the command that shows it again.
//!
//! Knows what a reader needs to mend a fault. Must never cut what goes wrong nor what to change: what an exporter says of
//! itself is cut, whatever its length.

use std::fmt::Write as _;

use anstyle::Style;
use bufcheck_model::report::{Finding, Report, Subject};

use super::Options;
use super::style::{self, paint};
use crate::group::Entry;
use crate::printed;
use crate::weight::{harm, rules, shout};
use crate::words::{count, cut, helpful, line, list, wrap};

/// The most lines that a finding takes, beside the title, `why` and `change`.
pub const MAX_LINES: usize = 15;

/// How many interpreters with other numbers are told.
const OTHERS: usize = 3;

/// Columns taken by `  wanted:  `.
const LABEL: usize = 11;

/// A finding, each line ended by a line feed.
pub fn finding(report: &Report, subject: &Subject, finding: &Finding, options: &Options) -> String {
    let interpreters = vec![subject.interpreter.as_str()];
    entry(
        report,
        &Entry {
            subject,
            finding,
            interpreters,
            others: Vec::new(),
        },
        options,
    )
}

/// The rows under the head of a finding.
struct Rows<'a> {
    options: &'a Options,
    text: String,
}

impl Rows<'_> {
    /// A labelled text; what does not fit into so many lines ends in `...`.
    fn add(&mut self, label: &str, text: &str, most: usize, style: Style) {
        if text.is_empty() {
            return;
        }
        let columns = self.options.columns() - LABEL;
        let mut lines = wrap(&line(text), columns);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = cut(&format!("{last} ..."), columns);
            }
        }
        for (index, part) in lines.iter().enumerate() {
            self.line(if index == 0 { label } else { "" }, part, style);
        }
    }

    fn line(&mut self, label: &str, text: &str, style: Style) {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!("{label}:")
        };
        let label = paint(self.options, style::DIM, format_args!("{label:<8}"));
        let text = paint(self.options, style, text);
        let _ = writeln!(self.text, "  {label} {text}");
    }
}

/// A finding that shows alike on several interpreters.
pub(super) fn entry(report: &Report, entry: &Entry<'_>, options: &Options) -> String {
    let Entry {
        subject,
        finding,
        interpreters,
        others,
    } = entry;
    let rules = rules(report);
    let rule = rules.get(finding.rule.as_str());
    let shouted = shout(harm(finding, &rules));
    let plain = Style::new();
    let mut rows = Rows {
        options,
        text: head(finding, shouted, subject, interpreters, options),
    };
    let title = rule.map_or("", |rule| &rule.title);
    let title = format!("{} {}", line(title), standing(finding));
    for part in wrap(title.trim_start(), options.columns() - 2) {
        let _ = writeln!(rows.text, "  {}", paint(options, style::HEAD, part));
    }
    if finding.requests.is_empty() {
        // What showed over time was seen by a scenario, not by a request.
        rows.add("case", &finding.case, 1, plain);
    }
    rows.add("request", &finding.requests_said, 2, plain);
    rows.add("wanted", &finding.wanted, 2, style::WANTED);
    rows.add("found", &finding.found, 3, style::FOUND);
    for (interpreter, other) in others.iter().take(OTHERS) {
        rows.add("", &differing(finding, (interpreter, other)), 2, style::FOUND);
    }
    if let Some(death) = &finding.death {
        rows.add("crash", &death.told(), 2, style::FOUND);
    }
    for (nth, said) in printed::last(subject, finding).into_iter().enumerate() {
        rows.add(if nth == 0 { "printed" } else { "" }, said, 1, style::DIM);
    }
    rows.add("why", rule.map_or("", |rule| &rule.why), usize::MAX, plain);
    if let Some(fixes) = rule.and_then(|rule| rule.fix.as_ref()) {
        let (binding, hint) = helpful(subject, fixes);
        rows.add("change", &format!("{binding}: {hint}"), usize::MAX, plain);
    }
    if let Some(reason) = &finding.reason {
        let link = finding
            .link
            .as_ref()
            .map(|link| format!(" ({})", bufcheck_model::link::short(link)));
        let told = format!("{reason}{}", link.unwrap_or_default());
        rows.add("record", &told, 2, style::DIM);
    }
    // The command is copied: it stays on one line, however long.
    rows.line("again", &line(&finding.repro), style::COPY);
    if let Some(command) = shown_by(finding) {
        rows.line("see", &line(&command), style::COPY);
    }
    rows.text
}

/// The command that shows a finding without the suite, where there is a program.
fn shown_by(finding: &Finding) -> Option<String> {
    let proof = finding.proof.as_ref()?;
    let words = ["bufcheck check ", "bufcheck run "]
        .iter()
        .find_map(|command| finding.repro.strip_prefix(command))?;
    // Of what is built in, only the corpus is named there without a word.
    (!proof.script.is_empty() && !words.contains("--ecosystem"))
        .then(|| format!("bufcheck repro {}", words.replacen("--corpus ", "", 1)))
}

/// What is other there: `cpython-3.13: len 4 (wanted 8), on 12 requests`.
fn differing(first: &Finding, (interpreter, other): (&str, &Finding)) -> String {
    let mut told = format!("{interpreter}: {}", other.found);
    if other.wanted != first.wanted {
        let _ = write!(told, " (wanted {})", other.wanted);
    }
    if other.requests != first.requests {
        let _ = write!(told, ", on {}", count(other.requests.len(), "request"));
    }
    told
}

/// `(new, causes 2 more)`
fn standing(finding: &Finding) -> String {
    match finding.consequences.len() {
        0 => format!("({})", finding.standing.name()),
        more => format!("({}, causes {more} more)", finding.standing.name()),
    }
}

fn head(
    finding: &Finding,
    shouted: &str,
    subject: &Subject,
    interpreters: &[&str],
    options: &Options,
) -> String {
    let level = finding.level.name();
    let rule = line(&finding.rule);
    let id = line(&subject.id);
    let places: Vec<String> = interpreters.iter().map(|id| line(id)).collect();
    let room = |place: &str| {
        let taken = [shouted, level, &rule, place]
            .iter()
            .map(|text| text.chars().count())
            .sum::<usize>();
        options.columns().saturating_sub(taken + "  : ``".len())
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
        "{} {} {}: `{}`{place}\n",
        paint(options, style::level(finding.level), shouted),
        paint(options, style::level(finding.level), level),
        paint(options, style::HEAD, &rule),
        paint(options, style::HEAD, cut(&id, room(place).max(8))),
    )
}
