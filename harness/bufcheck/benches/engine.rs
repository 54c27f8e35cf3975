//! What bufcheck costs: against CPython's own `test_ndarray_getbuf` for the same requests, and over the whole
//! corpus. Prints a table of ratios within one run; nothing here is a test.
//!
//! Each measured run is a process of its own (this program started again with a word), so that the CPU time of
//! the whole process tree, workers and interpreters included, can be read from the kernel's account of waited-for
//! children.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bufcheck_model::case::Config;
use bufcheck_model::report::Report;
use bufcheck_protocol::request::Request;
use bufcheck_runner::bench::Bench;
use bufcheck_runner::fuzz::{Game, fuzz, narrow};
use bufcheck_runner::judge::assemble;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects, rounds};
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::{Ran, Settings};
use bufcheck_runner::supervise::stop::Stop;
use bufcheck_runner::supervise::worker::Limits;
use serde::Deserialize;

/// Runs of each measured process; the sum is compared.
const REPEATS: u32 = 10;

/// Sets of random arguments.
const SETS: usize = 100_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
struct Exporter {
    expression: String,
    requests: Vec<i32>,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some("child-getbuf") => {
            let file = words.next().ok_or("want the file of exporters")?;
            let count = words.next().ok_or("want the number of rounds")?.parse()?;
            getbuf(Path::new(&file), count)
        }
        Some("child-corpus") => {
            let jobs = words.next().ok_or("want the number of jobs")?.parse()?;
            let scenarios = words.next().as_deref() == Some("scenarios");
            corpus(
                jobs,
                scenarios,
                &words.next().ok_or("want a file for the record")?,
            )
        }
        Some("child-sets") => sets(words.next().ok_or("want the number of sets")?.parse()?),
        _ => measure(),
    }
}

fn settings(jobs: usize) -> Settings {
    let Some(Host::Embedded { program, .. }) = bufcheck::hosts::Installation::around_program().default else {
        panic!("there is no worker beside this program: `cargo build --release --package bufcheck-probe`");
    };
    Settings {
        hosts: vec![Host::Embedded {
            program,
            arguments: Vec::new(),
        }],
        jobs,
        limits: Limits::default(),
        stop: Stop::default(),
        path: Vec::new(),
    }
}

fn judged(plan: &Plan, jobs: usize) -> Result<(Ran, Report)> {
    let ran = pool::run(plan, &settings(jobs), &mut |_| {});
    if let Some((host, problem)) = ran.unusable.first() {
        return Err(format!("{host}: {problem}").into());
    }
    let bench = Bench::of(plan);
    let report = assemble(
        ran.subjects.clone(),
        &ran.run,
        &bench,
        plan.whole,
        ran.interrupted,
    )?;
    Ok((ran, report))
}

/// The requests of `test_ndarray_getbuf`, asked and judged in full; prints how many were granted and refused.
fn getbuf(file: &Path, count: usize) -> Result<()> {
    let exporters: Vec<Exporter> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let requests = exporters
        .first()
        .map(|exporter| exporter.requests.clone())
        .unwrap_or_default();
    let mut plan = Plan::new(Catalogue::embedded()?, &Subjects::Corpus, &Selection::default())?;
    let template = plan.subjects.first().cloned().ok_or("the corpus is empty")?;
    plan.subjects = exporters
        .into_iter()
        .enumerate()
        .map(|(number, exporter)| {
            let mut subject = template.clone();
            subject.case = Config::default().exporter.pop().unwrap_or_default();
            subject.case.id = format!("getbuf/{number}");
            subject.case.make = Some(format!("_testbuffer:{}", exporter.expression));
            subject.make = bufcheck_runner::plan::config::make(&subject.case)?;
            Ok(subject)
        })
        .collect::<Result<_>>()?;
    plan.requests = requests.into_iter().map(Request::new).collect();
    plan.rounds.truncate(count);
    // The test that this is compared with only asks.
    plan.scenarios.clear();
    let (_, report) = judged(&plan, 1)?;
    let answers = report.subjects.iter().flat_map(|subject| subject.answers.chars());
    let (granted, refused) = answers.fold((0, 0), |(granted, refused), answer| match answer {
        'G' => (granted + 1, refused),
        'R' => (granted, refused + 1),
        _ => (granted, refused),
    });
    println!("{granted} {refused} {}", report.totals.judged);
    Ok(())
}

/// The whole corpus; prints subjects, verdicts, seconds, bytes of the record and peak memory of this process.
fn corpus(jobs: usize, scenarios: bool, record: &str) -> Result<()> {
    let mut plan = Plan::new(Catalogue::embedded()?, &Subjects::Corpus, &Selection::default())?;
    if !scenarios {
        plan.scenarios.clear();
    }
    let start = Instant::now();
    let (ran, report) = judged(&plan, jobs)?;
    let seconds = start.elapsed().as_secs_f64();
    ran.run
        .write(std::io::BufWriter::new(std::fs::File::create(record)?))?;
    let bytes = std::fs::metadata(record)?.len();
    println!(
        "{} {} {seconds} {bytes} {}",
        report.subjects.len(),
        report.totals.judged,
        peak_kib()
    );
    Ok(())
}

/// Random arguments for the interpreter's functions, drawn, called and judged; prints how many were judged.
fn sets(wanted: usize) -> Result<()> {
    let mut plan = Plan::new(Catalogue::embedded()?, &Subjects::Corpus, &Selection::default())?;
    plan.subjects.retain(|subject| subject.interpreter.is_some());
    narrow(&mut plan);
    let game = Game {
        seed: 1,
        steps: wanted.div_ceil(plan.subjects.len().max(1)),
    };
    let (_, fuzzed) = fuzz(&plan, game, &settings(1), &mut |_| {});
    println!("{}", fuzzed.iter().map(|fuzzed| fuzzed.sets).sum::<usize>());
    Ok(())
}

/// Peak resident memory of this process in KiB, where the kernel tells.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// CPU time of all children that were waited for, and of theirs.
fn children() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in parentheses, may hold spaces: fields are counted behind it.
    let rest = stat.rsplit_once(')').ok_or("unexpected /proc/self/stat")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks: u64 = fields.get(13).ok_or("short stat")?.parse::<u64>()?
        + fields.get(14).ok_or("short stat")?.parse::<u64>()?;
    // The unit is a hundredth of a second on every Linux.
    Ok(Duration::from_millis(ticks * 10))
}

/// CPU time of one run of a command and all it starts, averaged, and its standard output.
fn cpu(command: &mut Command, repeats: u32) -> Result<(Duration, String)> {
    let before = children()?;
    let mut printed = String::new();
    for _ in 0..repeats {
        let output = command.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        printed.clear();
        printed.push_str(String::from_utf8_lossy(&output.stdout).trim());
    }
    Ok((children()?.saturating_sub(before) / repeats, printed))
}

fn again(words: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words);
    Ok(command)
}

#[allow(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn measure() -> Result<()> {
    let python = std::env::var_os("PYTHONEXECUTABLE").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/getbuf_exporters.py");
    let listed = Command::new(&python).arg(script).output()?;
    if !listed.status.success() {
        println!(
            "skipped: CPython's test package is not installed: {}",
            String::from_utf8_lossy(&listed.stderr)
        );
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let exporters = folder.path().join("exporters.json");
    std::fs::write(&exporters, &listed.stdout)?;
    let exporters = exporters.to_string_lossy().into_owned();

    let name = "test.test_buffer.TestBufferProtocol.test_ndarray_getbuf";
    let (theirs, _) = cpu(
        Command::new(&python).args(["-m", "unittest", "-q", name]),
        REPEATS,
    )?;
    println!(
        "test_ndarray_getbuf, whole-process CPU                     {:8.1} ms",
        millis(theirs)
    );
    for count in [1, rounds().len()] {
        let (ours, counts) = cpu(
            &mut again(&["child-getbuf", &exporters, &count.to_string()])?,
            REPEATS,
        )?;
        let counts: Vec<u64> = counts
            .split(' ')
            .map(str::parse)
            .collect::<std::result::Result<_, _>>()?;
        let [granted, refused, judged] = counts[..] else {
            return Err("unexpected output".into());
        };
        println!(
            "the same {} requests ({granted} granted, {refused} refused), {count} round(s) {:8.1} ms   {:5.1} x less; per judged request {:5.2} us, {:5.1} x less",
            granted + refused,
            millis(ours),
            theirs.as_secs_f64() / ours.as_secs_f64(),
            ours.as_secs_f64() * 1e6 / judged as f64,
            theirs.as_secs_f64() / (granted + refused) as f64 / (ours.as_secs_f64() / judged as f64),
        );
    }
    let (used, judged) = cpu(&mut again(&["child-sets", &SETS.to_string()])?, 1)?;
    println!(
        "random arguments for the interpreter's functions: {SETS} sets drawn, {judged} judged, CPU {:.2} s",
        used.as_secs_f64(),
    );
    let record = folder.path().join("run.jsonl").to_string_lossy().into_owned();
    let mut single = 0.0;
    for (jobs, what) in [(1, "requests"), (2, "requests"), (2, "scenarios")] {
        let (used, counts) = cpu(
            &mut again(&["child-corpus", &jobs.to_string(), what, &record])?,
            2,
        )?;
        let fields: Vec<f64> = counts
            .split(' ')
            .map(str::parse)
            .collect::<std::result::Result<_, _>>()?;
        let [subjects, judged, seconds, bytes, peak] = fields[..] else {
            return Err("unexpected output".into());
        };
        if jobs == 1 {
            single = seconds;
        }
        println!(
            "corpus ({what}), {jobs} worker(s): {subjects} subjects, {judged} verdicts in {seconds:.2} s ({:.2} of one worker's), CPU {:.2} s, {:.0} verdicts/s, {:.1} bytes a verdict, peak {:.0} MiB",
            seconds / single,
            used.as_secs_f64(),
            judged / seconds,
            bytes / judged,
            peak / 1024.0,
        );
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
