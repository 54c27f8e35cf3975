//! Faults that show only over time are found by the scenarios and named by their rules; sound exporters pass.
//!
//! Knows planted faults of the reference exporter and the rule that each breaks. Plays through the worker's own
//! loop, so that messages are tested as well.

mod reference_support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bufcheck_model::case::{ExporterCase, Make};
use bufcheck_model::order::Order;
use bufcheck_model::scenario::{CallTable, Played, ScenarioCase, ScenarioFile};
use bufcheck_model::wire::{Hello, Job, JobOutcome, Reply, RoundPlan, Step, StepOutcome};
use bufcheck_probe::Marker;
use bufcheck_probe::host::serve;
use bufcheck_rules::exporter::Evidence;
use bufcheck_rules::overtime::{Background, judge, scripts};
use reference_support::{spec, with_python};
use rstest::rstest;

fn data() -> (Vec<ScenarioCase>, Vec<CallTable>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cases/scenarios");
    let mut cases = Vec::new();
    let mut tables = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of scenarios") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        let file: ScenarioFile = serde_json::from_str(&text).expect("a file of scenarios");
        cases.extend(file.scenarios);
        tables.extend(file.mutators);
    }
    (cases, tables)
}

/// Runs one job through the worker's loop.
fn work(make: &Make, steps: Vec<Step>) -> (Hello, JobOutcome) {
    let job = Job {
        id: 1,
        make: make.clone(),
        sibling: None,
        steps,
        content_budget: 256,
        keep: false,
    };
    let line = serde_json::to_string(&job).expect("a job is JSON") + "\n";
    let mut output = Vec::new();
    with_python(|py| serve(py, line.as_bytes(), &mut output, &Marker::private())).expect("the loop ends");
    let text = String::from_utf8(output).expect("lines of text");
    let mut lines = text.lines();
    let hello = serde_json::from_str(lines.next().expect("a hello")).expect("a hello");
    let reply: Reply = serde_json::from_str(lines.next().expect("a reply")).expect("a reply");
    (hello, reply.outcome)
}

/// A worker plays one scenario at a time, and what it measures (blocks, resident memory) is that of the whole
/// process: tests that play must not run side by side.
static ALONE: Mutex<()> = Mutex::new(());

/// The rules that the scenarios find broken by a reference exporter, and find broken again: what is measured of
/// the process is believed only when it repeats, as the runner holds it.
fn broken(description: &str) -> BTreeSet<String> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let first = broken_once(description);
    if first.is_empty() {
        return first;
    }
    let again = broken_once(description);
    first.intersection(&again).cloned().collect()
}

fn broken_once(description: &str) -> BTreeSet<String> {
    let make = Make::Reference(Box::new(spec(description)));
    let sweep = Step::Sweep {
        requests: bufcheck_protocol::request::Request::all()
            .map(bufcheck_protocol::request::Request::flags)
            .collect(),
        rounds: vec![RoundPlan {
            poison: 0xa5,
            order: Order::Listed,
        }],
    };
    let (hello, outcome) = work(&make, vec![sweep]);
    let JobOutcome::Done { made, steps } = outcome else {
        panic!("not made: {outcome:?}")
    };
    let Some(StepOutcome::Sweep(sweep)) = steps.first() else {
        panic!("no sweep")
    };
    let declared = ExporterCase {
        mutators: vec!["resize(64)".into(), "close()".into(), "fill(7)".into()],
        ..ExporterCase::default()
    };
    let evidence = Evidence::new(&declared, &made, &hello.platform, hello.version, sweep, &[]);
    let (cases, tables) = data();
    let chosen = scripts(&cases, &tables, &evidence);
    assert!(chosen.len() > 40, "only {} scenarios apply", chosen.len());
    let (_, outcome) = work(&make, chosen.into_iter().map(Step::Scenario).collect());
    let JobOutcome::Done { steps, .. } = outcome else {
        panic!("not made: {outcome:?}")
    };
    let played: Vec<Played> = steps
        .into_iter()
        .filter_map(|step| match step {
            StepOutcome::Scenario(played) => Some(*played),
            StepOutcome::Sweep(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => None,
        })
        .collect();
    judge(&cases, &played, &Background::of(&evidence), |_| true)
        .into_iter()
        .map(|hit| hit.rule)
        .collect()
}

#[rstest]
#[case(r#"{"format": "<i", "itemsize": 4, "shape": [8]}"#)]
#[case(r#"{"format": "<h", "itemsize": 2, "shape": [2, 3], "arrays": "internal"}"#)]
#[case(r#"{"shape": [24], "arrays": "view"}"#)]
#[case(r#"{"format": "<h", "itemsize": 2, "shape": [3], "strides": [-2], "readonly": true}"#)]
#[case(r#"{"shape": [8], "chain": {"redirect": 3}}"#)]
#[case(r#"{"shape": [8], "chain": {"re-export": 3}}"#)]
fn sound_exporters_pass(#[case] description: &str) {
    assert_eq!(broken(description), BTreeSet::new());
}

#[rstest]
#[case(r#"{"lock": "missing"}"#, "export.locks-resize")]
#[case(r#"{"lock": "ended-by-first"}"#, "export.lock-held-until-last-release")]
#[case(r#"{"lock": "endless"}"#, "release.restores-resizability")]
#[case(r#"{"lock": "value-error"}"#, "export.lock-error-is-buffererror")]
#[case(r#"{"lock": "too-late"}"#, "export.lock-before-mutation")]
#[case(r#"{"release": "clears-exception"}"#, "release.preserves-pending-exception")]
#[case(r#"{"release": "by-address"}"#, "release.copy-of-view-accepted")]
#[case(r#"{"release": "spoils-arrays"}"#, "release.order-independent")]
#[case(r#"{"release": "data-changed"}"#, "release.does-not-change-data")]
#[case(r#"{"side": "leak"}"#, "leak.memory")]
fn faults_over_time_are_named(#[case] kind: &str, #[case] rule: &str) {
    let description =
        format!(r#"{{"format": "<i", "itemsize": 4, "shape": [8], "defect": {{"kind": {kind}}}}}"#);
    let found = broken(&description);
    assert!(found.contains(rule), "wanted `{rule}`, found {found:?}");
}
