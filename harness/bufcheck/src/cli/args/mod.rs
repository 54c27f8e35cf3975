//! The words of the command line.
//!
//! Knows names, help texts and defaults. Must never act.

mod options;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use options::{Color, Counting, JsonRules, Output, RunOptions};

/// Conformance suite and compatibility checker for Python's buffer protocol.
#[derive(Debug, Parser)]
#[command(name = "bufcheck", version, max_term_width = 100)]
#[command(after_help = "\
Exit status: 0 conforming, or as recorded; 1 a rule is broken; 2 usage or configuration; 3 could not run;
4 a record of a known deviation is stale; 5 nothing was selected, or nothing was granted;
129, 130, 143 interrupted: what was judged by then is written.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check objects, or functions that take buffers: `bufcheck check 'numpy:arange(6).reshape(2, 3)'`,
    /// `bufcheck check --consumer 'zlib:crc32(buf, 7)'`.
    Check {
        /// `module:expression`; evaluated in the module's namespace for every fresh object, and called once
        /// more if the result is callable and no exporter.
        #[arg(required_unless_present = "consumer", value_name = "TARGET")]
        targets: Vec<String>,
        /// A function that takes a buffer: `module:callable`, or an expression with the name `buf`; can be repeated.
        #[arg(long, value_name = "CALL")]
        consumer: Vec<String>,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Check what `bufcheck.toml` registers: that of this folder or of one above it in the same repository, or that of
    /// `--config`.
    Run {
        /// Only subjects whose id matches; with `--ecosystem` also names of packages.
        #[arg(value_name = "SUBJECT-GLOB")]
        subjects: Vec<String>,
        /// Check the built-in corpus instead.
        #[arg(long, conflicts_with = "config")]
        corpus: bool,
        /// Check what is installed of the packages that `bufcheck list packages` names.
        #[arg(long, conflicts_with_all = ["config", "corpus"])]
        ecosystem: bool,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Find the types of a module that fill the buffer slot, and check what can be made of them; or its functions that
    /// take a buffer, and check them.
    Scan {
        /// A module, such as `mylib.core`; it is imported by a worker.
        module: String,
        /// Call every function and type of the module with spies, and print recipes of those that ask for a buffer.
        /// Whatever they do with bytes that make no sense is really done, in forked children: leave modules alone whose
        /// functions delete or send things.
        #[arg(long)]
        consumers: bool,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Drive objects through random histories of requests, releases and mutations; what breaks a rule is made as
    /// short as possible and printed as a scenario. Functions are called at random instead, with spies that refuse and
    /// change in between.
    Fuzz {
        /// `module:expression`, or a registered subject. `interpreter/*` are calls with random arguments, one a step.
        #[arg(required_unless_present = "consumer", value_name = "TARGET")]
        targets: Vec<String>,
        /// A function that takes a buffer: it is called at random with spies that refuse and change in between.
        #[arg(long, value_name = "CALL")]
        consumer: Vec<String>,
        /// Where the random numbers start; drawn and printed if absent.
        #[arg(long, value_name = "S")]
        seed: Option<u64>,
        /// Steps that are drawn for each target.
        #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
        steps: u32,
        /// Write the scenarios that were found, if any were, to this file, for `check --scenarios`.
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Say which exporter works with which consumer: every pair is really called, and its result compared with that of
    /// a plain buffer of the same content. `bufcheck compat 'numpy:arange(6)[::2]'` gives one object to all consumers,
    /// `bufcheck compat --consumer zlib:crc32` all objects to one.
    Compat {
        /// What is tried.
        #[command(flatten)]
        words: Pairs,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Record deviations that are known and tolerated, or strike out those that show no longer.
    Baseline {
        /// What to do.
        #[command(subcommand)]
        action: Baseline,
    },
    /// Compare two reports: what is new, fixed or changed, and which subjects came, went, or amount to something else.
    Diff {
        /// What is compared, and how it is told.
        #[command(flatten)]
        words: Compared,
    },
    /// Run a program as it is, watch every buffer that is asked for and given back in it and in its Python children, and
    /// say what broke a rule: `bufcheck trace -- python -m pytest`.
    ///
    /// The report goes to standard error, and the program's own output stays alone on standard output. Exit status: that
    /// of the program, if it is not 0; else 1 if a rule is broken, 3 if no process was traced, and 0.
    Trace {
        /// How it is reported.
        #[command(flatten)]
        words: Traced,
        /// The program and its words, behind `--`.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<std::ffi::OsString>,
    },
    /// Run the program that shows a finding without bufcheck, in a fresh interpreter.
    ///
    /// Exit status 0: each program showed its fault; 1: one did not, or none could be made.
    Repro {
        /// `SUBJECT/RULE`, or a SUBJECT for all its findings of `must` rules; a subject is a target, or a glob as `run`
        /// takes it.
        #[arg(required = true, value_name = "FINDING")]
        findings: Vec<String>,
        /// Print the programs, and run none.
        #[arg(long)]
        script: bool,
        /// Take the findings of this report, written by `--json`, instead of checking once more.
        #[arg(long, value_name = "REPORT", conflicts_with = "mutants")]
        report: Option<PathBuf>,
        /// The subjects are mutants of the self-test.
        #[arg(long)]
        mutants: bool,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Say what is installed, which interpreters can be used, what is missing and how to get it.
    Doctor {
        /// Look at this interpreter instead of those on PATH; can be repeated.
        #[arg(long, value_name = "PY")]
        python: Vec<String>,
    },
    /// List rules, cases or subjects.
    List {
        /// What to list.
        #[arg(value_enum)]
        what: Listed,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// How much of the catalogue is checked, and why the rest is not (for rules).
        #[arg(long)]
        coverage: bool,
        /// Read the subjects from this file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Use the cases of this folder instead of the built-in ones.
        #[arg(long, value_name = "DIR")]
        cases: Option<PathBuf>,
    },
    /// Say what a rule demands, why, and how to mend a violation; or what a scenario does, or which functions of the
    /// interpreter are called, and what is wanted of them.
    Explain {
        /// The id of a rule, of a scenario, or of calls of the interpreter.
        #[arg(value_name = "ID")]
        rule: String,
        /// Use the cases of this folder instead of the built-in ones.
        #[arg(long, value_name = "DIR")]
        cases: Option<PathBuf>,
        /// When to colour.
        #[arg(long, value_enum, default_value_t = Color::Auto)]
        color: Color,
    },
    /// Test the suite itself: mutants, each made to break one rule, and clean exporters, which none may accuse.
    Selftest {
        /// Only mutants that break a rule whose id matches.
        #[arg(long, value_name = "GLOB")]
        rule: Vec<String>,
        /// Judge without these rules: the self-test must then fail and name them.
        #[arg(long, value_name = "RULE")]
        without: Vec<String>,
        /// Run in this interpreter; repeat it for a matrix.
        #[arg(long, value_name = "PY")]
        python: Vec<String>,
        /// Workers at a time; default: one for each processor.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        jobs: Option<u16>,
        /// Use the cases of this folder instead of the built-in ones.
        #[arg(long, value_name = "DIR")]
        cases: Option<PathBuf>,
        /// Write the kill matrix as JSON; a FILE may be `-` for standard output.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Write the kill matrix as one HTML page.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// List every mutant.
        #[arg(long, short)]
        verbose: bool,
    },
    /// Judge a recorded run again.
    Judge {
        /// A file written by `--record`.
        run: PathBuf,
        /// Use the cases of this folder instead of the built-in ones.
        #[arg(long, value_name = "DIR")]
        cases: Option<PathBuf>,
        /// The scenarios of this file were played, too; can be repeated.
        #[arg(long, value_name = "FILE")]
        scenarios: Vec<PathBuf>,
        /// Only rules whose id matches.
        #[arg(long, value_name = "GLOB")]
        rule: Vec<String>,
        /// Where results go.
        #[command(flatten)]
        output: Output,
    },
    /// Put the reports of shards, or of several machines, into one: shards give the report of the whole run.
    Merge {
        /// Files written by `--json`.
        #[arg(required = true, value_name = "REPORT")]
        reports: Vec<PathBuf>,
        /// Where results go.
        #[command(flatten)]
        output: Output,
    },
    /// Render reports again: several are put into one, as by `merge`.
    Report {
        /// Files written by `--json`.
        #[arg(required = true, value_name = "REPORT")]
        reports: Vec<PathBuf>,
        /// Where results go.
        #[command(flatten)]
        output: Output,
    },
    /// Print the script that completes these words in a shell: `source <(bufcheck completions bash)`.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page: `bufcheck man | man -l -`.
    Man {
        /// Write it, and one for each command, into this folder instead.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

impl Command {
    /// The options of a command that judges subjects and reports.
    pub fn run_options(&mut self) -> Option<&mut RunOptions> {
        match self {
            Self::Check { run, .. } | Self::Run { run, .. } | Self::Scan { run, .. } => Some(run),
            _ => None,
        }
    }
}

/// The actions of `baseline`.
#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Record every deviation that shows now; makes `bufcheck.toml` for TARGETs where there is none.
    Init {
        /// What to register, where no file does yet.
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        /// Why the deviations are tolerated; it stands in every record.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Strike out the records that hold no longer, and record what is new if `--reason` says why.
    Update {
        /// Why the new deviations are tolerated.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: Option<String>,
        /// Options of a run.
        #[command(flatten)]
        run: Box<RunOptions>,
    },
}

/// Things that can be listed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Listed {
    /// The rules.
    Rules,
    /// The cases.
    Cases,
    /// The subjects.
    Subjects,
    /// The packages of `run --ecosystem`.
    Packages,
}

/// How a trace is reported.
#[derive(Debug, Args)]
pub struct Traced {
    /// What counts for exit status 1.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Counting::Must)]
    pub level: Counting,
    /// Write the report as JSON; a FILE may be `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print nothing but what is asked for by other options.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print every pair and every finding.
    #[arg(long, short)]
    pub verbose: bool,
}

/// Two reports.
#[derive(Debug, Args)]
pub struct Compared {
    /// The earlier report, written by `--json`.
    pub old: PathBuf,
    /// The later report.
    pub new: PathBuf,
    /// What counts, if it is new, for exit status 1.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Counting::Must)]
    pub level: Counting,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// Write the comparison as Markdown; a FILE may be `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write the comparison as one HTML page.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// The two sides of a table of pairs.
#[derive(Debug, Args)]
pub struct Pairs {
    /// `module:expression`; default: the exporters of `bufcheck.toml`, or of the built-in corpus.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// A function that takes a buffer; default: the consumers of `bufcheck.toml`, or of the built-in corpus.
    #[arg(long, value_name = "CALL")]
    pub consumer: Vec<String>,
    /// The built-in corpus on both sides, whatever `bufcheck.toml` registers.
    #[arg(long)]
    pub corpus: bool,
    /// Only exporters whose id matches.
    #[arg(long, value_name = "GLOB")]
    pub exporters: Vec<String>,
    /// Only consumers whose id matches.
    #[arg(long, value_name = "GLOB")]
    pub consumers: Vec<String>,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.to_lowercase().starts_with("todo") {
        return Err(
            "a record without a reason is forgotten: say why, in words or with an issue's number".to_owned(),
        );
    }
    Ok(text.to_owned())
}
