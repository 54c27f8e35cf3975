//! Checks an object or a function of this very process: what a lambda or a live object is checked by.
//!
//! Knows how the worker's loop is run without a worker. Must never judge: that is the runner's.
//!
//! The object is asked exactly as in a worker, by the same loop over the same messages, but nothing protects
//! this process from it. A function that takes buffers is called in children that this process forks.

use std::io::Cursor;

use bufcheck::api::Asked;
use bufcheck_model::chain;
use bufcheck_model::report::Report;
use bufcheck_model::wire::{Job, JobOutcome, Reply};
use bufcheck_probe::Marker;
use bufcheck_runner::bench::Bench;
use bufcheck_runner::consumer;
use bufcheck_runner::exporter::patience::Patience;
use bufcheck_runner::exporter::requests::ask;
use bufcheck_runner::judge::{header, judge_run};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::record::{InterpreterRecord, Run, SubjectRecord};
use bufcheck_runner::supervise::server::{Lost, Server};
use pyo3::prelude::*;

use crate::errors::invalid;

/// The worker's loop, run for one job.
struct Here<'py>(Python<'py>);

impl Server for Here<'_> {
    fn run(&mut self, job: &Job) -> Result<JobOutcome, Lost> {
        let garbled = |problem: String| Lost::Garbled(problem);
        let mut line = serde_json::to_vec(job).map_err(|error| garbled(error.to_string()))?;
        line.push(b'\n');
        let mut said = Vec::new();
        bufcheck_probe::host::serve(self.0, Cursor::new(line), &mut said, &Marker::private())
            .map_err(|error| garbled(chain(&error)))?;
        // The first line is the hello.
        let reply = said.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
        let reply: Reply = serde_json::from_slice(reply).map_err(|error| garbled(error.to_string()))?;
        Ok(reply.outcome)
    }

    fn refresh(&mut self) {}
}

/// Checks the first subject of the description.
pub(crate) fn check(py: Python<'_>, asked: &Asked) -> PyResult<Report> {
    let refused = |error: &dyn std::error::Error| invalid(chain(error));
    let configuration = asked.configuration().map_err(|error| refused(&error))?;
    let catalogue = Catalogue::embedded().map_err(|error| refused(&error))?;
    let plan = Plan::new(
        catalogue,
        &Subjects::Configured(&configuration),
        &Selection::default(),
    )
    .map_err(|error| refused(&error))?;
    let subject = plan
        .subjects
        .first()
        .ok_or_else(|| invalid("there is nothing to check"))?;
    let hello = bufcheck_probe::host::hello(py)?;
    let observed = if subject.consumer.is_some() {
        consumer::observe(&mut Here(py), subject, &plan)
    } else {
        let (requests, rounds) = (&plan.requests, &plan.rounds);
        ask(&mut Here(py), subject, requests, rounds, &mut Patience::default()).0
    };
    let record = SubjectRecord::new(subject, &hello.interpreter_id(), observed);
    let interpreters = vec![InterpreterRecord {
        id: hello.interpreter_id(),
        hello,
    }];
    let run = Run {
        header: header(&plan),
        interpreters,
        subjects: vec![record],
    };
    let bench = Bench::of(&plan);
    let mut report = judge_run(&run, &bench, false).map_err(|error| refused(&error))?;
    asked.name_repro(&mut report);
    Ok(report)
}
