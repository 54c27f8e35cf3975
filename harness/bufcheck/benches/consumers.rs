//! What consumers cost: a call with a spy, a fault that is written down, a death, a consumer with all spies, the whole
//! corpus of consumers, and a table of pairs. Prints each beside its target; nothing here is a test.
//!
//! Knows jobs, one worker and plans. Must never know what a call shows.

use std::error::Error;
use std::time::{Duration, Instant};

use bufcheck_model::case::Make;
use bufcheck_model::spy::{Call, Dress, Ended, Flush, Spy};
use bufcheck_model::wire::{Job, JobOutcome, Step, StepOutcome};
use bufcheck_runner::compat::compat;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::stop::Stop;
use bufcheck_runner::supervise::worker::{Limits, Worker};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Calls of one measured batch: many, so that starting a child does not count.
const MANY: usize = 4000;

/// Calls that each end a child; more of them in one batch would end the batch.
const DEATHS: usize = 40;

/// Batches of each kind; the fastest counts, since everything else on the machine only slows them down.
const REPEATS: usize = 5;

/// Exporters and consumers of the table.
const TABLE: (usize, usize) = (80, 60);

/// A consumer that asks, reads the items and `beyond` bytes behind them, and releases, by ctypes: it costs the same
/// whether a fault comes of it or not.
const SETUP: &str = r#"
import ctypes
class View(ctypes.Structure):
    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int)] + [
        (name, ctypes.c_void_p) for name in ("format", "shape", "strides", "suboffsets", "internal")]
ask = ctypes.pythonapi.PyObject_GetBuffer
ask.argtypes = [ctypes.py_object, ctypes.POINTER(View), ctypes.c_int]
give = ctypes.pythonapi.PyBuffer_Release
give.argtypes = [ctypes.POINTER(View)]
give.restype = None
view = View()
def read(buf, beyond):
    ask(buf, ctypes.byref(view), 0)
    found = ctypes.string_at(view.buf, view.len + beyond)
    give(ctypes.byref(view))
    return len(found)
"#;

fn main() -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("skipped: there are no spies on this system yet");
        return Ok(());
    }
    calls()?;
    corpus()
}

fn row(what: &str, found: f64, unit: &str, most: f64) {
    println!("{what:<76} {found:>9.2} {unit}   (target: {most} {unit})");
}

/// Single calls, and one consumer with all spies.
fn calls() -> Result<()> {
    let mut worker = Worker::start(&host()?, Limits::default())?;
    let catalogue = Catalogue::embedded()?;
    let plain = catalogue.spies.iter().find(|spy| spy.is_plain());
    let plain = plain.ok_or("there is no spy of plain bytes")?.clone();
    let mut per_call = |expression: &str, count: usize| -> Result<f64> {
        // The children are started either way: what they cost is taken off.
        let few = batch(&mut worker, expression, &plain, count / 8)?;
        let many = batch(&mut worker, expression, &plain, count)?;
        let calls = u32::try_from(count - count / 8)?;
        Ok(many.saturating_sub(few).as_secs_f64() * 1e6 / f64::from(calls))
    };
    let crc = per_call("__import__('zlib').crc32", MANY)?;
    row(
        "a call of zlib.crc32 with a spy, made before, and all that is seen of it",
        crc,
        "us",
        35.0,
    );
    let view = per_call("memoryview", MANY)?;
    row(
        "the same of memoryview, which asks for everything",
        view,
        "us",
        35.0,
    );
    let sound = per_call("read(buf, 0)", MANY)?;
    let faulty = per_call("read(buf, 1)", MANY)?;
    row(
        "a fault that is written down, above the call without",
        faulty - sound,
        "us",
        10.0,
    );
    let deadly = per_call("(bytes(buf), __import__('os')._exit(7))", DEATHS)?;
    row("a call that ends the process", deadly / 1e3, "ms", 5.0);
    let mut plan = Plan::new(
        Catalogue::embedded()?,
        &Subjects::Targets {
            targets: &[],
            consumers: &["zlib:crc32".to_owned(), "builtins:memoryview".to_owned()],
            configuration: None,
        },
        &Selection::default(),
    )?;
    let subjects = std::mem::take(&mut plan.subjects);
    for subject in subjects {
        let name = subject.case.id.clone();
        plan.subjects = vec![subject.clone()];
        let alone = fastest(|| run(&plan, 1))?;
        plan.subjects = vec![subject; 9];
        let nine = fastest(|| run(&plan, 1))?;
        // The worker is started once in either.
        let found = nine.saturating_sub(alone).as_secs_f64() * 1e3 / 8.0;
        row(&format!("{name} with all spies"), found, "ms", 40.0);
    }
    Ok(())
}

/// The corpus of consumers, and the table.
fn corpus() -> Result<()> {
    let mut plan = Plan::new(Catalogue::embedded()?, &Subjects::Corpus, &Selection::default())?;
    let (rows, columns): (Vec<_>, Vec<_>) = plan
        .subjects
        .drain(..)
        .filter(|subject| subject.interpreter.is_none())
        .partition(|subject| subject.consumer.is_some());
    plan.subjects.clone_from(&rows);
    let whole = fastest(|| run(&plan, 2))?.as_secs_f64();
    row(
        &format!("the corpus of {} consumers, 2 workers", rows.len()),
        whole,
        "s",
        4.0,
    );
    let expressions = columns
        .into_iter()
        .filter(|subject| matches!(subject.make, Make::Expression { .. }));
    let exporters: Vec<_> = expressions.take(TABLE.0).collect();
    plan.subjects = rows.into_iter().take(TABLE.1).collect();
    let settings = settings(2)?;
    let mut cells = 0;
    let table = fastest(|| {
        let start = Instant::now();
        let (tables, _) = compat(&plan, &exporters, &settings, &mut |_| {});
        cells = tables.iter().map(|table| table.cells().count()).sum();
        Ok(start.elapsed())
    })?;
    row(
        &format!(
            "compat: {} exporters x {} consumers, {cells} cells, 2 workers",
            exporters.len(),
            plan.subjects.len()
        ),
        table.as_secs_f64(),
        "s",
        4.0,
    );
    Ok(())
}

fn fastest(mut measured: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut best = measured()?;
    for _ in 1..REPEATS {
        best = best.min(measured()?);
    }
    Ok(best)
}

fn run(plan: &Plan, jobs: usize) -> Result<Duration> {
    let start = Instant::now();
    let ran = pool::run(plan, &settings(jobs)?, &mut |_| {});
    let elapsed = start.elapsed();
    match ran.unusable.first() {
        Some((host, problem)) => Err(format!("{host}: {problem}").into()),
        None => Ok(elapsed),
    }
}

/// How long one job takes that calls a function so many times with one spy.
fn batch(worker: &mut Worker, expression: &str, spy: &Spy, count: usize) -> Result<Duration> {
    let call = Call {
        spy: 0,
        readonly: 1,
        flush: Flush::End,
        twin: None,
        refuses: None,
        moved: 0,
    };
    let job = Job {
        id: 1,
        make: Make::Consumer {
            module: "builtins".into(),
            expression: expression.into(),
            oracle: None,
            setup: Some(SETUP.into()),
            requires: Vec::new(),
        },
        sibling: None,
        steps: vec![Step::Consume {
            spies: vec![spy.clone()],
            calls: vec![call; count],
            dress: Dress::Spy,
            meets: Vec::new(),
        }],
        content_budget: 0,
        keep: false,
    };
    fastest(|| {
        let start = Instant::now();
        let reply = worker.run(&job).map_err(|lost| lost.told())?;
        let elapsed = start.elapsed();
        let JobOutcome::Done { steps, .. } = reply.outcome else {
            return Err("the calls could not be made".into());
        };
        let Some(StepOutcome::Consume(seen)) = steps.first() else {
            return Err("the worker did something else".into());
        };
        let raised = |ended: &Ended| matches!(ended, Ended::Raised { .. } | Ended::Unreadable(_));
        if seen.calls.len() != count || seen.calls.iter().any(|call| raised(&call.ended)) {
            return Err(format!("not every call was made: {:?}", seen.gave_up).into());
        }
        Ok(elapsed)
    })
}

fn settings(jobs: usize) -> Result<Settings> {
    Ok(Settings {
        hosts: vec![host()?],
        jobs,
        limits: Limits::default(),
        stop: Stop::default(),
        path: Vec::new(),
    })
}

fn host() -> Result<Host> {
    let Some(Host::Embedded { program, .. }) = bufcheck::hosts::Installation::around_program().default else {
        return Err(
            "there is no worker beside this program: `cargo build --release --package bufcheck-probe`".into(),
        );
    };
    Ok(Host::Embedded {
        program,
        arguments: Vec::new(),
    })
}
