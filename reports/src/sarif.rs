//! SARIF 2.1.0, for services that collect the results of analyses.
//!
//! Knows how rules and findings map to `rules` and `results`. Must never know what stands in a file: a
//! place is the line that registers a subject, where that is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bufcheck_model::case::{Level, RuleData};
use bufcheck_model::report::{Report, Standing, Status, Subject};
use bufcheck_protocol::request::Request;
use serde::Serialize;

use crate::untried::{lines, remarks};
use crate::verdict::INTERRUPTED;
use crate::words::{fixes, line};
use bufcheck_model::link;
use bufcheck_protocol::said;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Every finding and every consequence as a result; recorded ones are `unchanged`.
///
/// # Panics
///
/// Never: the log is made of lists and texts.
pub fn render(report: &Report) -> String {
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: &report.tool.name,
                    version: &report.tool.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: report.rules.iter().map(rule).collect(),
                },
            },
            invocations: [invocation(report)],
            results: report
                .subjects
                .iter()
                .flat_map(|subject| results(report, subject))
                .collect(),
        }],
    };
    let mut text = serde_json::to_string_pretty(&log).expect("the log is lists and texts");
    text.push('\n');
    text
}

fn rule(rule: &RuleData) -> Descriptor<'_> {
    let mut help = vec![rule.statement.clone(), rule.why.clone()];
    help.extend(
        rule.camps
            .iter()
            .map(|camp| format!("{}: {}", camp.name, camp.answer)),
    );
    if let Some(hints) = &rule.fix {
        help.extend(
            fixes(hints)
                .iter()
                .map(|(binding, hint)| format!("Fix in {binding}: {hint}")),
        );
    }
    help.retain(|part| !part.is_empty());
    Descriptor {
        id: &rule.id,
        short_description: Message::new(if rule.title.is_empty() {
            &rule.statement
        } else {
            &rule.title
        }),
        full_description: Message::new(&rule.statement),
        help: Message::new(&help.join("\n")),
        help_uri: rule.source.iter().find_map(link::source),
        default_configuration: Configuration {
            level: level(rule.level),
        },
    }
}

fn invocation(report: &Report) -> Invocation {
    let interrupted = report.interrupted.then(|| Notification {
        level: "error",
        message: Message::new(INTERRUPTED),
    });
    let subjects = report.subjects.iter().flat_map(notifications);
    let notifications: Vec<Notification> = interrupted.into_iter().chain(subjects).collect();
    let failed = |subject: &Subject| subject.status == Status::HarnessFault || !remarks(subject).is_empty();
    Invocation {
        execution_successful: !report.interrupted && !report.subjects.iter().any(failed),
        tool_execution_notifications: notifications,
    }
}

/// What could not be tested of a subject, or only in part.
fn notifications(subject: &Subject) -> Vec<Notification> {
    let told = |level, what: &str| Notification {
        level,
        message: Message::new(&format!("`{}` on {} {what}", subject.id, subject.interpreter)),
    };
    let reason = subject.reason.join("\n");
    match subject.status {
        Status::HarnessFault => vec![told("error", &format!("could not be run: {reason}"))],
        Status::NotTested => vec![told("note", &format!("was not tested: {reason}"))],
        Status::Conforms
        | Status::Deviates
        | Status::Died
        | Status::Hung
        | Status::NothingGranted
        | Status::Incomplete => {
            let lines = lines(subject).into_iter();
            lines
                .map(|line| told("warning", &format!("was tested in part: {line}")))
                .collect()
        }
    }
}

/// What a finding and a consequence have in common.
struct Hit<'a> {
    rule: &'a str,
    level: Level,
    requests: &'a [Request],
    found: &'a str,
    wanted: &'a str,
    standing: Standing,
}

fn results<'a>(report: &'a Report, subject: &'a Subject) -> Vec<Finding<'a>> {
    let mut results = Vec::new();
    for finding in &subject.findings {
        let hit = Hit {
            rule: &finding.rule,
            level: finding.level,
            requests: &finding.requests,
            found: &finding.found,
            wanted: &finding.wanted,
            standing: finding.standing,
        };
        let mut cause = result(report, subject, &hit);
        cause.properties.repro = Some(&finding.repro);
        cause.properties.reason = finding.reason.as_deref();
        cause.properties.link = finding.link.as_deref();
        results.push(cause);
        for folded in &finding.consequences {
            let hit = Hit {
                rule: &folded.rule,
                level: folded.level,
                requests: &folded.requests,
                found: &folded.found,
                wanted: &folded.wanted,
                standing: folded.standing,
            };
            let mut consequence = result(report, subject, &hit);
            consequence.properties.caused_by = Some(&finding.rule);
            results.push(consequence);
        }
    }
    results
}

fn result<'a>(report: &'a Report, subject: &'a Subject, hit: &Hit<'a>) -> Finding<'a> {
    let asked = if hit.requests.is_empty() {
        String::new()
    } else {
        format!(" on {}", said::named(hit.requests))
    };
    let text = format!("Wanted: {}. Found: {}{asked}.", line(hit.wanted), line(hit.found));
    Finding {
        rule_id: hit.rule,
        rule_index: report.rules.iter().position(|rule| rule.id == hit.rule),
        // What shows by chance fails nobody's build.
        level: match hit.standing {
            Standing::ByChance => "note",
            Standing::New | Standing::AsRecorded | Standing::Fixed | Standing::Changed => level(hit.level),
        },
        baseline_state: match hit.standing {
            Standing::New | Standing::ByChance => "new",
            Standing::AsRecorded => "unchanged",
            Standing::Fixed => "absent",
            Standing::Changed => "updated",
        },
        message: Message::new(&text),
        locations: [Location {
            physical_location: place(subject),
            logical_locations: [LogicalLocation {
                name: &subject.id,
                fully_qualified_name: format!("{}/{}", subject.interpreter, subject.id),
                kind: "object",
            }],
        }],
        partial_fingerprints: BTreeMap::from([(
            "subjectRuleInterpreter/v1",
            format!("{}:{}:{}", subject.id, hit.rule, subject.interpreter),
        )]),
        properties: Properties {
            interpreter: &subject.interpreter,
            requests: hit.requests,
            caused_by: None,
            reason: None,
            link: None,
            repro: None,
        },
    }
}

/// Where a subject is registered. Services that show results beside the source take no result without a file: what is
/// registered nowhere stands at the head of the file that says what a project is.
fn place(subject: &Subject) -> PhysicalLocation {
    let registered = subject.registered.as_ref();
    PhysicalLocation {
        artifact_location: Artifact {
            uri: registered.map_or_else(|| "pyproject.toml".to_owned(), |line| uri(&line.file)),
        },
        region: Region {
            start_line: registered.map_or(1, |line| line.line.max(1)),
        },
    }
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if plain(byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::Contested | Level::Info => "note",
    }
}

// --- the shape of the log ------------------------------------------------------------------------------

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    information_uri: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    short_description: Message,
    full_description: Message,
    help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    /// A plain text. Brackets would begin a link to a place, and are escaped as the format says (3.11.6).
    fn new(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        for letter in text.chars() {
            if matches!(letter, '[' | ']' | '\\') {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        Self { text: escaped }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    baseline_state: &'static str,
    message: Message,
    locations: [Location<'a>; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: &'a str,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    interpreter: &'a str,
    #[serde(skip_serializing_if = "<[Request]>::is_empty")]
    requests: &'a [Request],
    #[serde(skip_serializing_if = "Option::is_none")]
    caused_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repro: Option<&'a str>,
}
