//! The worker's loop: a line in, a line out, until there are no more.
//!
//! Knows jobs and replies. Must never know who sends them, or judge what it saw.

use std::cell::RefCell;
use std::io::{self, BufRead, Read as _, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bufcheck_model::case::Make;
use bufcheck_model::observation::{Made, Phase};
use bufcheck_model::wire::{Job, JobOutcome, MAX_LINE, Reply, Step, StepOutcome};
use pyo3::prelude::*;

use crate::consumer::{self, Function, Guests, Wardrobe};
use crate::exporter::made::{made, memoryview};
use crate::exporter::make::{Maker, NotMade, import};
use crate::exporter::sweep;
use crate::host::effects::Moment;
use crate::host::fork;
use crate::host::hello::hello;
use crate::host::mark::Marker;
use crate::interpreter::interpret;
use crate::scenario::{self, Makers};

/// Why a worker stopped before its input ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The orchestrator is gone, or speaks no UTF-8.
    #[error("failed to read a job")]
    Read(#[source] io::Error),
    /// The orchestrator is gone.
    #[error("failed to write a reply")]
    Write(#[source] io::Error),
    /// A line is longer than the protocol allows.
    #[error("a job of more than {MAX_LINE} bytes")]
    TooLong,
    /// A line is no job.
    #[error("line {line} is no job")]
    NoJob {
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A reply cannot be written as JSON.
    #[error("failed to encode a reply")]
    Encode(#[source] serde_json::Error),
    /// The interpreter does not say what it is.
    #[error("failed to describe the interpreter")]
    Hello(#[source] PyErr),
    /// A defect of the worker itself; the panic has printed its message.
    #[error("a defect of bufcheck: job {job} panicked")]
    Panicked {
        /// The job.
        job: u64,
    },
}

/// Says hello, then answers jobs until the input ends.
///
/// # Errors
///
/// [`ServeError`] says why the loop ended early; the worker is then of no use any more.
pub fn serve(
    py: Python<'_>,
    mut input: impl BufRead + Send,
    mut output: impl Write,
    mark: &Marker,
) -> Result<(), ServeError> {
    say(&mut output, &hello(py).map_err(ServeError::Hello)?)?;
    let (mut maker, mut wardrobe) = (Maker::default(), Wardrobe::default());
    let mut line = Vec::new();
    for number in 1.. {
        mark.step(None);
        mark.phase(Phase::Idle);
        line.clear();
        // Threads of the exporter may run while nothing is asked of it.
        let read = py.detach(|| {
            let mut bounded = input.by_ref().take(MAX_LINE as u64 + 1);
            bounded.read_until(b'\n', &mut line)
        });
        if read.map_err(ServeError::Read)? == 0 {
            break;
        }
        if line.len() > MAX_LINE {
            return Err(ServeError::TooLong);
        }
        let job: Job =
            serde_json::from_slice(&line).map_err(|source| ServeError::NoJob { line: number, source })?;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            work(py, &mut maker, &mut wardrobe, &job, mark)
        }))
        .map_err(|_| ServeError::Panicked { job: job.id })?;
        // An embedded interpreter is never finalised, so what user code printed would be lost.
        flush_python(py);
        say(&mut output, &Reply { job: job.id, outcome })?;
    }
    Ok(())
}

pub(super) fn say(mut output: impl Write, message: &impl serde::Serialize) -> Result<(), ServeError> {
    fork::end_if_child();
    let mut line = serde_json::to_vec(message).map_err(ServeError::Encode)?;
    line.push(b'\n');
    output.write_all(&line).map_err(ServeError::Write)?;
    output.flush().map_err(ServeError::Write)
}

fn work(py: Python<'_>, maker: &mut Maker, wardrobe: &mut Wardrobe, job: &Job, mark: &Marker) -> JobOutcome {
    if matches!(job.make, Make::Interpreter) {
        mark.phase(Phase::Make);
        return interpreted(py, job, mark);
    }
    mark.phase(Phase::Import);
    if let Make::Consumer {
        module,
        expression,
        oracle,
        setup,
        requires,
    } = &job.make
    {
        let missing = requires.iter().find_map(|module| import(py, module).err());
        let texts = (expression.as_str(), oracle.as_deref());
        let function = || consumer::function(py, module, texts, setup.as_deref());
        return consumed(missing.map_or_else(function, Err), (wardrobe, maker), job, mark);
    }
    let not_made = |failed: NotMade| JobOutcome::NotMade {
        stage: failed.stage,
        raised: failed.raised,
        traceback: failed.traceback,
    };
    if let Err(failed) = maker.prepare(py, &job.make) {
        return not_made(failed);
    }
    mark.phase(Phase::Make);
    // What an import prints or changes is no matter of the object.
    let swept = job.steps.iter().find_map(|step| match step {
        Step::Sweep { requests, .. } => Some((requests, Moment::now(py))),
        Step::Scenario(_) | Step::Consume { .. } | Step::Interpret { .. } => None,
    });
    let maker = RefCell::new(maker);
    let object = match maker.borrow_mut().make(py, &job.make) {
        Ok(object) => object,
        Err(failed) => return not_made(failed),
    };
    let mut made = made(&object);
    if !made.exports {
        return JobOutcome::NoExporter { made };
    }
    let mut steps: Vec<StepOutcome> = job
        .steps
        .iter()
        .enumerate()
        .inspect(|(position, _)| mark.step(Some(*position)))
        .map(|(_, step)| match step {
            Step::Sweep { requests, rounds } => {
                let anew = |py| maker.borrow_mut().make(py, &job.make).ok();
                StepOutcome::Sweep(sweep(&object, requests, rounds, job.content_budget, mark, &anew))
            }
            Step::Scenario(script) => {
                let remake = |py: Python<'_>| {
                    let made = maker.borrow_mut().make(py, &job.make).map(Bound::unbind);
                    made.map_err(|NotMade { raised, .. }| raised)
                };
                let make_sibling = |py: Python<'_>| {
                    let made = maker.borrow_mut().make(py, job.sibling.as_ref()?);
                    Some(made.map(Bound::unbind).map_err(|NotMade { raised, .. }| raised))
                };
                let makers = Makers {
                    make: &remake,
                    sibling: &make_sibling,
                };
                let played = scenario::play(py, script, &makers, &object, job.content_budget, mark);
                StepOutcome::Scenario(Box::new(played))
            }
            Step::Consume { .. } => StepOutcome::Consume(Box::default()),
            Step::Interpret { .. } => StepOutcome::Interpret(Box::default()),
        })
        .collect();
    mark.step(None);
    // Last, since it asks: the steps must be the first to see a fresh object.
    made.memoryview = memoryview(&object, job.content_budget, mark);
    mark.phase(Phase::Drop);
    if job.keep {
        std::mem::forget(object);
    } else {
        drop(object);
    }
    if let Some((requests, before)) = swept {
        let mut make = |py| maker.borrow_mut().make(py, &job.make).ok();
        let effects = before.effects(py, &mut make, requests, (job.keep, made.python_level), mark);
        for step in &mut steps {
            if let StepOutcome::Sweep(sweep) = step {
                sweep.effects.clone_from(&effects);
            }
        }
    }
    JobOutcome::Done { made, steps }
}

/// Calls a consumer; other steps are none of its.
fn consumed(
    function: Result<Function<'_>, NotMade>,
    (wardrobe, maker): (&mut Wardrobe, &mut Maker),
    job: &Job,
    mark: &Marker,
) -> JobOutcome {
    let callable = match function {
        Ok(Function::Callable(callable)) => callable,
        Ok(Function::Other(other)) => return JobOutcome::NoConsumer { made: made(&other) },
        Err(NotMade {
            stage,
            raised,
            traceback,
        }) => {
            return JobOutcome::NotMade {
                stage,
                raised,
                traceback,
            };
        }
    };
    mark.phase(Phase::Make);
    let steps = job.steps.iter().filter_map(|step| match step {
        Step::Consume {
            spies,
            calls,
            dress,
            meets,
        } => {
            let guests = Guests { spies, calls, meets };
            let seen = consumer::consume((&callable, *dress), &guests, (wardrobe, maker), mark);
            Some(StepOutcome::Consume(Box::new(seen)))
        }
        Step::Sweep { .. } | Step::Scenario(_) | Step::Interpret { .. } => None,
    });
    let steps = steps.collect();
    JobOutcome::Done {
        made: made(&callable.function),
        steps,
    }
}

/// Calls functions of the interpreter; other steps are none of its.
fn interpreted(py: Python<'_>, job: &Job, mark: &Marker) -> JobOutcome {
    let steps = job.steps.iter().filter_map(|step| match step {
        Step::Interpret { asks, bend } => {
            Some(StepOutcome::Interpret(Box::new(interpret(py, asks, *bend, mark))))
        }
        Step::Sweep { .. } | Step::Scenario(_) | Step::Consume { .. } => None,
    });
    JobOutcome::Done {
        steps: steps.collect(),
        made: Made::default(),
    }
}

/// Writes out what Python has gathered.
pub(super) fn flush_python(py: Python<'_>) {
    let Ok(sys) = py.import("sys") else { return };
    for stream in ["stdout", "stderr"] {
        // User code may have closed or replaced them.
        if let Ok(stream) = sys.getattr(stream) {
            let _ = stream.call_method0("flush");
        }
    }
}
