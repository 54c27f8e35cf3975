//! Which exporter works with which consumer: every pair, really called.
//!
//! Knows how a plan of consumers and the exporters that they meet become a table. Must never know what makes a pair work,
//! nor how a table looks.

use bufcheck_model::compat::{Column, Compat, Row, SCHEMA};
use bufcheck_model::spy::{Consumed, Met};
use bufcheck_model::wire::{JobOutcome, StepOutcome};
use bufcheck_rules::consumer::{Evidence, pair};

use crate::bench::Bench;
use crate::consumer::calls;
use crate::event::Event;
use crate::judge::{interpreter, tool};
use crate::plan::{Plan, Planned};
use crate::record::{InterpreterRecord, SubjectRecord};
use crate::supervise::pool::{Ran, Settings, drive};
use crate::supervise::slot::Slot;
use crate::verdict::judge_subject;

/// One row, and what is learnt of the columns by the way.
struct Tried {
    row: Row,
    interpreter: String,
    met: Vec<Met>,
}

/// Lets every consumer of the plan meet every exporter: one table an interpreter.
pub fn compat(
    plan: &Plan,
    exporters: &[Planned],
    settings: &Settings,
    tell: &mut dyn FnMut(Event<'_>),
) -> (Vec<Compat>, Ran) {
    let mut plan = plan.clone();
    plan.meets = exporters.iter().map(|exporter| exporter.make.clone()).collect();
    let bench = Bench::of(&plan);
    let work = |slot: &mut Slot, subject: &Planned, interpreter: &InterpreterRecord| {
        let record = slot.record(subject, &plan, &interpreter.hello, &interpreter.id);
        let judged = judge_subject(&record, &interpreter.hello, &bench);
        let tried = tried(&record, &judged.reason, &bench);
        (record, judged, tried)
    };
    let (ran, rows) = drive(&plan, settings, &work, tell);
    let tables = ran
        .run
        .interpreters
        .iter()
        .map(|record| {
            let own: Vec<&Tried> = rows
                .iter()
                .filter(|tried| tried.interpreter == record.id)
                .collect();
            Compat {
                schema: SCHEMA,
                tool: tool(),
                interpreter: interpreter(record),
                exporters: columns(exporters, &own),
                consumers: own.iter().map(|tried| tried.row.clone()).collect(),
            }
        })
        .collect();
    (tables, ran)
}

fn tried(record: &SubjectRecord, reason: &[String], bench: &Bench<'_>) -> Tried {
    let case = record.consumer.clone().unwrap_or_default();
    let none = Consumed::default();
    let consumed = consumed(record).unwrap_or(&none);
    let planned = calls(bench.spies);
    let evidence = Evidence::new(&case, bench.spies, &planned, consumed);
    let missing = (consumed.met.is_empty()).then(|| reason.join("; "));
    Tried {
        interpreter: record.interpreter.clone(),
        row: Row {
            id: record.case.id.clone(),
            call: case.call.clone(),
            asks: evidence.words().iter().map(ToString::to_string).collect(),
            cells: consumed.met.iter().map(|met| pair(&evidence, met)).collect(),
            reason: consumed
                .gave_up
                .clone()
                .or(missing)
                .filter(|reason| !reason.is_empty()),
        },
        met: consumed.met.clone(),
    }
}

fn consumed(record: &SubjectRecord) -> Option<&Consumed> {
    let Some(JobOutcome::Done { steps, .. }) = &record.outcome else {
        return None;
    };
    steps.iter().find_map(|step| match step {
        StepOutcome::Consume(consumed) => Some(&**consumed),
        StepOutcome::Sweep(_) | StepOutcome::Scenario(_) | StepOutcome::Interpret(_) => None,
    })
}

/// What any of the consumers showed of each exporter.
fn columns(exporters: &[Planned], rows: &[&Tried]) -> Vec<Column> {
    let column = |(number, exporter): (usize, &Planned)| {
        let met = || {
            let all = rows.iter().filter_map(move |row| row.met.get(number));
            all.filter(|met| met.unmade.is_none())
        };
        Column {
            id: exporter.case.id.clone(),
            type_name: met()
                .map(|met| met.type_name.clone())
                .find(|name| !name.is_empty())
                .unwrap_or_default(),
            content: met().find_map(|met| met.content.clone()),
        }
    };
    exporters.iter().enumerate().map(column).collect()
}
