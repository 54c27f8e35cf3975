//! Reports as text, for programs that hold them as JSON.
//!
//! Knows which renderer writes which format. Must never know how a format looks.

use std::str::FromStr;

use bufcheck_model::case::Level;
use bufcheck_model::chain;
use bufcheck_model::report::{Report, Subject};
use bufcheck_reports::{html, json, junit, markdown, sarif, terminal, untried};
use bufcheck_rules::rules;
use bufcheck_runner::suggest;

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Terminal,
    /// The report itself.
    Json,
    /// One page.
    Html,
    /// JUnit XML.
    Junit,
    /// SARIF.
    Sarif,
    /// Markdown.
    Markdown,
}

impl Format {
    const NAMES: [(&'static str, Self); 6] = [
        ("terminal", Self::Terminal),
        ("json", Self::Json),
        ("html", Self::Html),
        ("junit", Self::Junit),
        ("sarif", Self::Sarif),
        ("markdown", Self::Markdown),
    ];
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format).ok_or_else(|| {
            let names = Self::NAMES.map(|(name, _)| name);
            format!(
                "there is no format `{name}`{}: want one of {}",
                suggest::did_you_mean(name, names),
                names.join(", ")
            )
        })
    }
}

fn read(report: &str) -> Result<Report, String> {
    json::parse(report).map_err(|error| chain(&error))
}

/// A report in this format; `level` is what counts as failing, `must` or `should`.
pub fn render(report: &str, format: Format, level: &str) -> Result<String, String> {
    let report = read(report)?;
    let level = match level {
        "must" => Level::Must,
        "should" => Level::Should,
        other => return Err(format!("there is no level `{other}`: want `must` or `should`")),
    };
    Ok(match format {
        Format::Terminal => terminal::summary(&report, &terminal::Options::default()),
        Format::Json => json::render(&report),
        Format::Html => html::render(&report),
        Format::Junit => junit::render(&report, level),
        Format::Sarif => sarif::render(&report),
        Format::Markdown => markdown::render(&report),
    })
}

/// The text of every finding, subject by subject, at most [`terminal::MAX_LINES`] lines each.
pub fn findings(report: &str) -> Result<Vec<Vec<String>>, String> {
    let report = read(report)?;
    let options = terminal::Options::default();
    let of = |subject: &Subject| {
        let findings = subject.findings.iter();
        findings
            .map(|finding| terminal::finding(&report, subject, finding, &options))
            .collect()
    };
    Ok(report.subjects.iter().map(of).collect())
}

/// What could not be tried of the subjects, or is not sure: a line each.
pub fn remarks(report: &str) -> Result<Vec<Vec<String>>, String> {
    let report = read(report)?;
    let of = |subject: &Subject| {
        let barren = untried::nothing_granted(subject);
        barren.into_iter().chain(untried::remarks(subject)).collect()
    };
    Ok(report.subjects.iter().map(of).collect())
}

/// The families of the rules that are judged, in the order of the table.
pub fn families() -> Vec<String> {
    let mut families: Vec<String> = Vec::new();
    for rule in rules() {
        let family = rule.id.split('.').next().unwrap_or_default();
        if !families.iter().any(|known| known == family) {
            families.push(family.to_owned());
        }
    }
    families
}

/// The report of a trace as text for people, every pair and every finding of it.
pub fn trace(report: &str) -> Result<String, String> {
    let report = serde_json::from_str(report).map_err(|error| chain(&error))?;
    Ok(bufcheck_reports::trace::terminal(&report, true))
}
