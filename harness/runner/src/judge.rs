//! From verdicts to the report: puts judged subjects together and compares them with the record.
//!
//! Knows standings and totals. Must never know how anything was observed, nor how a report looks.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bufcheck_model::case::{Level, RuleData, Side};
use bufcheck_model::report::{Finding, Interpreter, Report, SCHEMA, Standing, Subject, Tool, Totals};
use bufcheck_model::wire::{JobOutcome, StepOutcome};
use bufcheck_rules::{Check, Rule};

use crate::bench::Bench;
use crate::plan::day::today;
use crate::plan::known::{Record, Who};
use crate::plan::{Plan, PlanError, Recorded};
use crate::record::{Header, InterpreterRecord, KnownRecord, Run};
use crate::verdict::judge_subject;

/// This program.
pub fn tool() -> Tool {
    Tool {
        name: "bufcheck".into(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// The first line of the record of a planned run.
pub fn header(plan: &Plan) -> Header {
    Header {
        schema: crate::record::SCHEMA,
        tool: tool(),
        requests: plan.requests.clone(),
        spies: if plan.subjects.iter().any(|subject| subject.consumer.is_some()) {
            plan.catalogue.spies.clone()
        } else {
            Vec::new()
        },
        known: plan
            .known
            .iter()
            .map(|recorded| KnownRecord {
                file: recorded.file.clone(),
                line: recorded.line,
                known: recorded.known.clone(),
            })
            .collect(),
        all_subjects: plan.all_subjects,
        whole: plan.whole,
    }
}

/// Judges a whole run. `whole` says that every request and rule took part, so that the record can be stale.
pub fn judge_run(run: &Run, bench: &Bench<'_>, whole: bool) -> Result<Report, PlanError> {
    let subjects = run
        .subjects
        .iter()
        .filter_map(|record| {
            let hello = run
                .interpreters
                .iter()
                .find(|known| known.id == record.interpreter)?;
            Some(judge_subject(record, &hello.hello, bench))
        })
        .collect();
    assemble(subjects, run, bench, whole, false)
}

/// Puts judged subjects together and compares them with the record, which no run can be stale for that was ended early.
pub fn assemble(
    mut subjects: Vec<Subject>,
    run: &Run,
    bench: &Bench<'_>,
    whole: bool,
    interrupted: bool,
) -> Result<Report, PlanError> {
    let interpreters: Vec<Interpreter> = run.interpreters.iter().map(interpreter).collect();
    let recorded: Vec<Recorded> = run
        .header
        .known
        .iter()
        .map(|known| Recorded {
            file: known.file.clone(),
            line: known.line,
            known: known.known.clone(),
        })
        .collect();
    let record = Record::new(&recorded, bench.catalogue.names(), today())?;
    if interpreters.len() == 1 {
        name_no_python(&mut subjects);
    }
    for subject in &mut subjects {
        stand(subject, &record, &interpreters);
    }
    let stale = if whole && !interrupted {
        record.stale(
            &interpreters,
            &subjects,
            &bench.catalogue.by_chance(),
            run.header.all_subjects,
        )
    } else {
        Vec::new()
    };
    let rules = judged_by(&subjects, bench);
    let totals = Totals {
        rules: rules.len(),
        ..totals(&subjects, run)
    };
    let checked = |data: &&RuleData| rules.iter().any(|rule| rule.id == data.id);
    let mut report = Report {
        schema: SCHEMA,
        tool: run.header.tool.clone(),
        run: None,
        interpreters,
        requests: run.header.requests.clone(),
        rules: told(bench.catalogue.rules.iter().filter(checked), &subjects),
        subjects,
        stale,
        totals,
        selftest: Vec::new(),
        since: None,
        interrupted,
        shard: None,
    };
    report.complete();
    Ok(report)
}

/// What is said about rules; code stands with those that a finding names.
fn told<'a>(rules: impl Iterator<Item = &'a RuleData>, subjects: &[Subject]) -> Vec<RuleData> {
    let findings = subjects.iter().flat_map(|subject| &subject.findings);
    let named: BTreeSet<&str> = findings.map(|finding| finding.rule.as_str()).collect();
    let mut rules: Vec<RuleData> = rules.cloned().collect();
    for rule in &mut rules {
        if !named.contains(rule.id.as_str()) {
            rule.code.clear();
        }
    }
    rules
}

/// Where there is one interpreter, the command that shows a finding again need not name it.
fn name_no_python(subjects: &mut [Subject]) {
    for finding in subjects.iter_mut().flat_map(|subject| &mut subject.findings) {
        let rule = format!(" --rule {}", finding.rule);
        let named = finding.repro.strip_suffix(&rule);
        if let Some((command, python)) = named.and_then(|named| named.rsplit_once(" --python "))
            && python
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '.')
        {
            finding.repro = format!("{command}{rule}");
        }
    }
}

pub(crate) fn interpreter(record: &InterpreterRecord) -> Interpreter {
    Interpreter {
        id: record.id.clone(),
        version: record.hello.number(),
        executable: record.hello.executable.clone(),
        system: record.hello.system.clone(),
        machine: record.hello.machine.clone(),
        unchecked: record.hello.unchecked.clone(),
    }
}

/// The record of a plan.
///
/// # Errors
///
/// Where a record names a rule that there is none.
pub fn record(plan: &Plan) -> Result<Record<'_>, PlanError> {
    Record::new(&plan.known, plan.catalogue.names(), today())
}

/// The gravest finding of a subject that counts and that no record knows, for those who listen while a run goes.
pub fn worst_news<'a>(subject: &'a Subject, python: &str, record: &Record<'_>) -> Option<&'a Finding> {
    let who = Who {
        subject: &subject.id,
        package: subject.version.as_deref(),
        python,
    };
    let counts = |finding: &&Finding| {
        finding.level >= Level::Should
            && finding.standing == Standing::New
            && record.find(&who, &finding.rule).is_none()
    };
    let news = subject.findings.iter().filter(counts);
    news.min_by_key(|finding| Reverse(finding.level))
}

/// Compares the findings of a subject with the record.
fn stand(subject: &mut Subject, record: &Record<'_>, interpreters: &[Interpreter]) {
    let mut findings = std::mem::take(&mut subject.findings);
    let who = Who::new(subject, interpreters);
    for finding in &mut findings {
        // What follows from a recorded deviation is recorded with it, where the deviation shows each time.
        let mut carries = false;
        if let Some(found) = record.find(&who, &finding.rule) {
            carries = finding.standing != Standing::ByChance;
            finding.standing = Standing::AsRecorded;
            finding.reason = Some(found.known.reason.clone());
            finding.link.clone_from(&found.known.link);
        }
        for folded in &mut finding.consequences {
            if carries || record.find(&who, &folded.rule).is_some() {
                folded.standing = Standing::AsRecorded;
            }
        }
    }
    subject.findings = findings;
}

/// The rules that speak of any of these subjects: each kind is judged by rules of its own.
fn judged_by(subjects: &[Subject], bench: &Bench<'_>) -> Vec<&'static Rule> {
    let any = |kind: Side| subjects.iter().any(|subject| subject.kind == kind);
    let others = any(Side::Exporter) || subjects.is_empty();
    // Some rules bind the interpreter and are checked with exporters, too.
    let groups = bench
        .catalogue
        .interpreter
        .iter()
        .flat_map(|(_, data)| &data.groups);
    let called: BTreeSet<&str> = if any(Side::Interpreter) {
        groups.map(|group| group.rule.as_str()).collect()
    } else {
        BTreeSet::new()
    };
    let speaks = |rule: &&&Rule| match rule.check {
        Check::Consumer => any(Side::Consumer),
        Check::Interpreter => called.contains(rule.id),
        Check::Granted(_)
        | Check::Refused(_)
        | Check::Whole(_)
        | Check::Relation
        | Check::Scenario
        | Check::Camp(_) => others || called.contains(rule.id),
    };
    bench.rules.iter().filter(speaks).copied().collect()
}

fn totals(subjects: &[Subject], run: &Run) -> Totals {
    let mut totals = Totals::default();
    for subject in subjects {
        *totals
            .subjects
            .entry(subject.status.name().to_owned())
            .or_default() += 1;
        let mut counted = 0;
        let mut fresh = 0;
        for finding in &subject.findings {
            let folded = finding
                .consequences
                .iter()
                .map(|folded| (folded.level, folded.standing));
            for (level, standing) in std::iter::once((finding.level, finding.standing)).chain(folded) {
                let sums = match standing {
                    Standing::New | Standing::Fixed | Standing::Changed => &mut totals.new,
                    Standing::AsRecorded => &mut totals.recorded,
                    Standing::ByChance => &mut totals.by_chance,
                };
                *sums.entry(level.name().to_owned()).or_default() += 1;
                if matches!(level, Level::Must | Level::Should) {
                    counted += 1;
                    fresh += usize::from(standing != Standing::AsRecorded);
                }
            }
        }
        totals.subjects_as_recorded += usize::from(counted > 0 && fresh == 0);
    }
    for record in &run.subjects {
        if let Some(JobOutcome::Done { steps, .. }) = &record.outcome {
            for step in steps {
                if let StepOutcome::Consume(consumed) = step {
                    totals.judged += consumed.calls.len();
                }
                if let StepOutcome::Interpret(seen) = step {
                    totals.judged += seen.answers.len();
                }
                let StepOutcome::Sweep(sweep) = step else { continue };
                let asked = sweep
                    .rounds
                    .iter()
                    .flat_map(|round| &round.answers)
                    .filter(|answer| answer.is_some());
                totals.judged += asked.count();
            }
        }
    }
    totals
}
