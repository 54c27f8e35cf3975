//! A recorded run: one JSON line for what the run was, then one for each interpreter and subject.
//!
//! Knows how observations are written down and read back, so that a run can be judged again. Must never
//! judge.

use std::io::{BufRead, Write};

use bufcheck_model::case::{ConsumerCase, ExporterCase, Known};
use bufcheck_model::interpreter::Group;
use bufcheck_model::not_asked::NotAsked;
use bufcheck_model::observation::Death;
use bufcheck_model::report::Tool;
use bufcheck_model::spy::{History, Spy};
use bufcheck_model::wire::{Hello, JobOutcome};
use bufcheck_protocol::request::Request;
use serde::{Deserialize, Serialize};

use crate::exporter::observed::Observed;
use crate::plan::Planned;

/// Version of the lines.
pub const SCHEMA: u32 = 1;

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 64 << 20;

/// A line of a recorded run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Line {
    /// What the run was; the first line.
    Run(Header),
    /// An interpreter; before its subjects.
    Interpreter(InterpreterRecord),
    /// A subject.
    Subject(Box<SubjectRecord>),
}

/// What a run was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What recorded it.
    pub tool: Tool,
    /// Every request that was planned.
    pub requests: Vec<Request>,
    /// The spies that consumers were given; none where there was no consumer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spies: Vec<Spy>,
    /// The record of known deviations that applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<KnownRecord>,
    /// No subject was left out.
    pub all_subjects: bool,
    /// Every request, rule and scenario took part: only then can a record be called stale.
    #[serde(default)]
    pub whole: bool,
}

/// A record of a known deviation, with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRecord {
    /// The file.
    pub file: String,
    /// The line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The record.
    pub known: Known,
}

/// An interpreter of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterpreterRecord {
    /// Its id in this run.
    pub id: String,
    /// What its worker said.
    pub hello: Hello,
}

/// Everything observed of one subject on one interpreter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectRecord {
    /// The id of the interpreter.
    pub interpreter: String,
    /// The package it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// What it is declared as.
    pub case: ExporterCase,
    /// What it is declared as, if it is a consumer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<ConsumerCase>,
    /// The calls, if the interpreter itself is the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter_calls: Option<Group>,
    /// The text after `bufcheck` that runs it again.
    pub repro: String,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What came of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<JobOutcome>,
    /// The deaths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deaths: Vec<Death>,
    /// What the harness stumbled over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// Mutators that cannot be used, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<String>,
    /// What was planned and left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<NotAsked>,
    /// Calls that were drawn at random and break a rule, each as short as it could be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histories: Vec<History>,
    /// What the exporter printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

impl SubjectRecord {
    /// What was observed of a planned subject.
    pub fn new(subject: &Planned, interpreter: &str, observed: Observed) -> Self {
        Self {
            interpreter: interpreter.to_owned(),
            package: subject.package.clone(),
            case: subject.case.clone(),
            consumer: subject.consumer.clone(),
            interpreter_calls: subject.interpreter.clone(),
            repro: subject.repro.clone(),
            skipped: None,
            outcome: observed.outcome,
            deaths: observed.deaths,
            faults: observed.faults,
            unusable: observed.unusable,
            not_asked: observed.not_asked,
            histories: Vec::new(),
            output: String::new(),
        }
    }
}

/// A whole run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What it was.
    pub header: Header,
    /// Its interpreters.
    pub interpreters: Vec<InterpreterRecord>,
    /// Its subjects.
    pub subjects: Vec<SubjectRecord>,
}

/// A recorded run that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The stream failed.
    #[error("failed to read the recorded run")]
    Read(#[from] std::io::Error),
    /// A line that is none of ours.
    #[error("line {number} is no line of a recorded run: {problem}")]
    Line {
        /// Its number (1-based).
        number: usize,
        /// What is wrong.
        problem: String,
    },
    /// The first line is missing.
    #[error("this is no recorded run: its first line must be `{{\"run\": ...}}`, as `--record` writes it")]
    NoHeader,
    /// Recorded by another version.
    #[error("the run was recorded with schema {0}, this version reads schema {SCHEMA}")]
    Schema(u32),
    /// A subject of an interpreter that was not introduced.
    #[error("line {number}: the run has no interpreter `{interpreter}`")]
    Interpreter {
        /// Its number.
        number: usize,
        /// The id.
        interpreter: String,
    },
}

impl Run {
    /// Writes the run, one line after the other.
    pub fn write(&self, mut to: impl Write) -> std::io::Result<()> {
        let mut line = |line: &Line| {
            serde_json::to_writer(&mut to, line)?;
            to.write_all(b"\n")
        };
        line(&Line::Run(self.header.clone()))?;
        for interpreter in &self.interpreters {
            line(&Line::Interpreter(interpreter.clone()))?;
        }
        for subject in &self.subjects {
            line(&Line::Subject(Box::new(subject.clone())))?;
        }
        Ok(())
    }

    /// Reads a run back; lines are bounded.
    pub fn read(mut from: impl BufRead) -> Result<Self, RecordError> {
        let mut header = None;
        let mut interpreters: Vec<InterpreterRecord> = Vec::new();
        let mut subjects = Vec::new();
        for number in 1.. {
            let mut text = Vec::new();
            let length = std::io::Read::take(&mut from, MAX_LINE).read_until(b'\n', &mut text)?;
            if length == 0 {
                break;
            }
            let line = serde_json::from_slice(&text);
            match (line, &header) {
                (Ok(Line::Run(found)), None) if found.schema == SCHEMA => header = Some(found),
                (Ok(Line::Run(found)), None) => return Err(RecordError::Schema(found.schema)),
                (_, None) => return Err(RecordError::NoHeader),
                (Ok(Line::Interpreter(found)), Some(_)) => interpreters.push(found),
                (Ok(Line::Subject(found)), Some(_)) => {
                    if !interpreters.iter().any(|known| known.id == found.interpreter) {
                        return Err(RecordError::Interpreter {
                            number,
                            interpreter: found.interpreter,
                        });
                    }
                    subjects.push(*found);
                }
                (Ok(Line::Run(_)), Some(_)) => {
                    return Err(RecordError::Line {
                        number,
                        problem: "a second header".into(),
                    });
                }
                (Err(error), Some(_)) => {
                    return Err(RecordError::Line {
                        number,
                        problem: error.to_string(),
                    });
                }
            }
        }
        let header = header.ok_or(RecordError::NoHeader)?;
        Ok(Self {
            header,
            interpreters,
            subjects,
        })
    }
}
