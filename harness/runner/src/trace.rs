//! A traced program: its folder is read, judged by the rules, and reported.
//!
//! Knows the files of a trace, and what is said about a rule. Must never know how a program is traced.

use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use bufcheck_model::case::RuleData;
use bufcheck_model::trace::{
    Counts, Global, Kind, Pair, Process, Record, TRACE_REPORT, TRACE_VERSION, TraceFinding, TraceReport,
    Verdict,
};
use bufcheck_protocol::request::Request;
use bufcheck_rules::trace::{Counted, Fault, Traced, faults, pairs};

use crate::judge::tool;
use crate::plan::catalogue::Catalogue;

/// Processes that are read.
const MOST_PROCESSES: usize = 10_000;

/// Bytes of one file that are read: more than a process writes.
const MOST_BYTES: u64 = 80 << 20;

/// What was read of a folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The processes.
    pub traced: Vec<Traced>,
    /// What could not be read, and who could not be traced, in sentences.
    pub limits: Vec<String>,
}

/// Reads what traced processes wrote into a folder. What is of no use is said, and nothing is fatal: a process may have
/// been ended in the middle of a line.
pub fn read(folder: &Path) -> std::io::Result<Found> {
    let mut files: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let mut found = Found::default();
    for file in &files {
        match file.extension().and_then(|kind| kind.to_str()) {
            Some("refused") => {
                let why = fs::read_to_string(file).unwrap_or_default();
                found.limits.push(format!("not traced: {}", why.trim()));
            }
            Some("jsonl") if found.traced.len() < MOST_PROCESSES => match process(file) {
                Ok(traced) => found.traced.push(traced),
                Err(why) => found
                    .limits
                    .push(format!("`{}` was not used: {why}", file.display())),
            },
            _ => {}
        }
    }
    if found.traced.len() == MOST_PROCESSES {
        found
            .limits
            .push(format!("of all processes the first {MOST_PROCESSES} were read"));
    }
    Ok(found)
}

fn process(file: &Path) -> Result<Traced, String> {
    let counts = fs::read(file.with_extension("counts"))
        .ok()
        .and_then(|bytes| Counts::read(&bytes));
    let text = fs::File::open(file).map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(text.take(MOST_BYTES))
        .lines()
        .map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let Ok(Record::Start(start)) = serde_json::from_str(&first) else {
        return Err(format!("its first line is no start of version {TRACE_VERSION}"));
    };
    if start.version != TRACE_VERSION {
        return Err(format!("it is of version {}, not {TRACE_VERSION}", start.version));
    }
    let records = lines.filter_map(|line| serde_json::from_str(&line).ok());
    Ok(Traced::new(start, records, counts.unwrap_or_default()))
}

/// The report on these processes.
pub fn report(found: Found, command: &[String], status: Option<i32>, catalogue: &Catalogue) -> TraceReport {
    let mut findings: Vec<TraceFinding> = faults(&found.traced)
        .into_iter()
        .filter_map(|fault| finding(fault, catalogue))
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse((finding.level, finding.harm)));
    let pairs = all_pairs(&found.traced, &findings);
    let processes = found.traced.iter().map(told).collect();
    let mut limits = found.limits;
    limits.extend(self::limits(&found.traced));
    TraceReport {
        kind: Kind::Trace,
        schema: TRACE_REPORT,
        tool: tool().version,
        command: command.to_vec(),
        status,
        processes,
        pairs,
        findings,
        limits,
    }
}

fn finding(fault: Fault<'_>, catalogue: &Catalogue) -> Option<TraceFinding> {
    let rule: &RuleData = catalogue.rule(fault.rule)?;
    let raised = rule.raised.as_ref().filter(|_| fault.broken.raised);
    Some(TraceFinding {
        rule: rule.id.clone(),
        level: raised.map_or(rule.level, |raised| raised.level),
        harm: rule.harm,
        side: rule.side,
        type_name: fault.type_name.to_owned(),
        asked_by: fault.asked_by.clone(),
        through: fault.through.cloned(),
        by: fault.by.cloned(),
        requests: fault.requests.iter().map(Request::to_string).collect(),
        found: fault.broken.found,
        wanted: fault.broken.wanted,
        place: fault.place.cloned(),
        pid: fault.pid,
    })
}

fn all_pairs(traced: &[Traced], findings: &[TraceFinding]) -> Vec<Pair> {
    let mut all: Vec<Pair> = pairs(traced)
        .into_iter()
        .map(|((type_name, module, flags), counted)| pair(type_name, module, flags, counted, findings))
        .collect();
    all.sort_by_key(|pair| std::cmp::Reverse(pair.requests));
    all
}

fn pair(type_name: String, module: String, flags: i32, counted: Counted, findings: &[TraceFinding]) -> Pair {
    let request = Request::new(flags).to_string();
    let verdict = findings
        .iter()
        .filter(|finding| {
            let asked_by = finding.asked_by.module.rsplit(['/', '\\']).next();
            finding.type_name == type_name
                && asked_by == Some(module.as_str())
                && finding.requests.contains(&request)
        })
        .map(|finding| {
            if finding.level == bufcheck_model::case::Level::Must {
                Verdict::Broken
            } else {
                Verdict::Remarked
            }
        })
        .max()
        .unwrap_or(Verdict::Clean);
    Pair {
        type_name,
        module,
        flags,
        request,
        requests: counted.requests,
        grants: counted.grants,
        refusals: counted.refusals,
        releases: counted.releases,
        verdict,
    }
}

fn told(traced: &Traced) -> Process {
    let start = &traced.start;
    Process {
        pid: start.pid,
        forked_from: start.forked_from,
        python: start.python.map(|number| number.to_string()).join("."),
        requests: traced.counts.global(Global::Requests),
        releases: traced.counts.global(Global::Releases),
        complete: traced.is_complete(),
        held: traced.ended.as_ref().map(|ended| ended.held),
    }
}

/// What was not seen, and what was not judged because of it.
fn limits(traced: &[Traced]) -> Vec<String> {
    let mut limits = Vec::new();
    if traced.is_empty() {
        limits.push(
            "no Python process was traced: the command started none, or one that takes nothing from the environment \
             (`-I`, `-E`, `-S`)"
                .to_owned(),
        );
    }
    let mut say = |count: usize, text: &str| {
        if count > 0 {
            let of = if count == 1 {
                "1 process".to_owned()
            } else {
                format!("{count} processes")
            };
            limits.push(format!("{of}: {text}"));
        }
    };
    let processes = |holds: &dyn Fn(&Traced) -> bool| traced.iter().filter(|one| holds(one)).count();
    say(
        processes(&|one| !one.is_complete()),
        "not every release is seen there (the interpreter calls itself without the entries that are watched), so views \
         that are never given back are judged only where their type has a release slot and a module asked",
    );
    say(
        processes(&|one| one.ended.is_none()),
        "not ended in good order (`os._exit`, a signal, exec, or a child of multiprocessing): what was seen by then is \
         here, but views that were never given back were not looked for",
    );
    say(
        processes(&|one| one.start.forked_from.is_some()),
        "forked: what it holds may be given back by its parent, so views that were never given back are not judged there",
    );
    for (what, text) in [
        (
            Global::BeyondSites,
            "requests beyond the number of sites that are told apart were not looked at",
        ),
        (
            Global::Untracked,
            "views beyond those that are kept in mind were not followed",
        ),
        (
            Global::Unwritten,
            "lines were not written: the file was full, or could not be written",
        ),
        (
            Global::Unwatched,
            "types were not watched: their slots cannot be written, or there are too many",
        ),
        (
            Global::WithoutLock,
            "requests came from a thread without the interpreter lock, and were not looked at",
        ),
    ] {
        let count: u64 = traced
            .iter()
            .map(|one| one.counts.global(what))
            .fold(0, u64::saturating_add);
        if count > 0 {
            limits.push(format!("{count} {text}"));
        }
    }
    for one in traced {
        if let Some(why) = one.ended.as_ref().and_then(|ended| ended.not_searched.as_ref()) {
            limits.push(format!(
                "process {}: views were not looked for: {why}",
                one.start.pid
            ));
        }
        if let Some(why) = &one.start.no_entries {
            limits.push(format!(
                "process {}: only slots are watched: {why}",
                one.start.pid
            ));
        }
    }
    limits.dedup();
    limits
}
