//! What `check`, `run` and whatever else observes can be told, and where results go.
//!
//! Knows names, help texts and defaults. Must never act.

use std::cell::OnceCell;
use std::path::PathBuf;

use bufcheck_model::case::Level;
use clap::{Args, ValueEnum};

use crate::cli::beside::Beside;

/// Options of `check`, `run` and whatever else observes.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// Run in this interpreter; repeat it for a matrix.
    #[arg(long, value_name = "PY")]
    pub python: Vec<String>,
    /// Only requests, scenarios and calls of the interpreter whose id matches, such as `requests/0x01c-*`,
    /// `scenarios/lock/*` or `interpreter/iscontiguous/*`.
    #[arg(long, value_name = "GLOB")]
    pub case: Vec<String>,
    /// Only rules whose id matches, such as `format.*`.
    #[arg(long, value_name = "GLOB")]
    pub rule: Vec<String>,
    /// Workers at a time; default: one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Time for one step of a worker.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub timeout: f64,
    /// Time for one subject in all; what was not asked by then is counted [default: three times that for a step].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub budget: Option<f64>,
    /// Memory for one worker, on top of what it starts with.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(16..))]
    pub memory: u64,
    /// Read this file instead of `bufcheck.toml` or `pyproject.toml` of this folder or one above.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use the cases of this folder instead of the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Play the scenarios of this file, too; can be repeated.
    #[arg(long, value_name = "FILE")]
    pub scenarios: Vec<PathBuf>,
    /// Only part I of N of the subjects.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(usize, usize)>,
    /// Write every observation to this file, for `bufcheck judge`.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Run the program that shows each finding of a `must` rule, and say in the report where it did.
    #[arg(long)]
    pub confirm: bool,
    /// The whole command, as it was typed.
    #[arg(skip)]
    pub words: Vec<String>,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

/// Where results go, and what counts.
#[derive(Debug, Args)]
pub struct Output {
    /// What counts for exit status 1 [default: must].
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub level: Option<Counting>,
    /// Write the report as JSON; a FILE may be `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the report as SARIF.
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
    /// Write the report as Markdown.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write the report as TAP version 14.
    #[arg(long, value_name = "FILE")]
    pub tap: Option<PathBuf>,
    /// Write the report as JSON lines: a line for the run, each subject, each finding, and the totals.
    #[arg(long, value_name = "FILE")]
    pub jsonl: Option<PathBuf>,
    /// Write the verdict as a badge: an SVG image, or the data of an endpoint where the name ends with `.json`.
    #[arg(long, value_name = "FILE")]
    pub badge: Option<PathBuf>,
    /// The rules that `--json` tells about: all that were judged, or those that the report names.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = JsonRules::All)]
    pub json_rules: JsonRules,
    /// Show the kill matrix of this file, written by `selftest --json`, in the report.
    #[arg(long, value_name = "FILE")]
    pub selftest: Option<PathBuf>,
    /// Tell in the report what has changed since this one, written by `--json`.
    #[arg(long, value_name = "REPORT")]
    pub since: Option<PathBuf>,
    /// What stands in these two files, once they were read.
    #[arg(skip)]
    pub beside: OnceCell<Beside>,
    /// Print nothing but what is asked for by other options.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print conforming subjects, recorded findings and what exporters printed, too.
    #[arg(long, short)]
    pub verbose: bool,
    /// When to colour.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// What counts for exit status 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Counting {
    /// Only rules of level `must`.
    Must,
    /// Rules of level `should`, too.
    Should,
}

impl Output {
    /// Whether a result goes to standard output, which then belongs to it alone.
    pub fn takes_stdout(&self) -> bool {
        [
            &self.json,
            &self.html,
            &self.junit,
            &self.sarif,
            &self.markdown,
            &self.tap,
            &self.jsonl,
            &self.badge,
        ]
        .into_iter()
        .flatten()
        .any(|file| file.as_os_str() == "-")
    }
}

impl Counting {
    /// The least level that counts.
    pub const fn level(self) -> Level {
        match self {
            Self::Must => Level::Must,
            Self::Should => Level::Should,
        }
    }
}

/// The rules that a JSON report tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JsonRules {
    /// Those that a finding, a consequence or a camp names.
    Used,
    /// All that were judged.
    All,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says no.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (0.01..=86_400.0).contains(seconds))
        .ok_or_else(|| "want seconds from 0.01 to 86400".to_owned())
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text
        .split_once('/')
        .and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    parts
        .filter(|(part, parts): &(usize, usize)| (1..=*parts).contains(part))
        .ok_or_else(|| "want I/N with 1 <= I <= N, such as 1/4".to_owned())
}
