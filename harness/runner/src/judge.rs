//! From observations to the report: runs the rules, folds consequences into causes, compares with the record.
//!
//! Knows statuses, standings and totals. Must never know how anything was observed, nor how a report looks.

use std::collections::BTreeMap;

use bufcheck_spec::case::{Level, RuleData, Side};
use bufcheck_spec::observation::{Death, HowEnded, Made, Sweep};
use bufcheck_spec::report::{
    Consequence, Counts, Finding, Interpreter, Report, SCHEMA, Standing, Status, Subject, Tool, Totals,
};
use bufcheck_spec::request::Request;
use bufcheck_spec::rules::{self, Evidence, Hit, Rule};
use bufcheck_spec::scenario::{self, Played};
use bufcheck_spec::wire::{Hello, JobOutcome, MakeStage, StepOutcome};

use crate::blame::{told, whereabouts};
use crate::catalogue::Catalogue;
use crate::known::{Record, Who, today};
use crate::plan::{Plan, PlanError, Recorded};
use crate::record::{Header, InterpreterRecord, KnownRecord, Run, SubjectRecord};

/// What is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// What is said about the rules, and the relations.
    pub catalogue: &'a Catalogue,
    /// The rules that take part.
    pub rules: &'a [&'static Rule],
    /// Every request that was planned.
    pub requests: &'a [Request],
}

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
    assemble(subjects, run, bench, whole)
}

/// Puts judged subjects together and compares them with the record.
pub fn assemble(
    mut subjects: Vec<Subject>,
    run: &Run,
    bench: &Bench<'_>,
    whole: bool,
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
    let record = Record::new(&recorded, today())?;
    let python: BTreeMap<&str, &str> = interpreters
        .iter()
        .map(|found| (found.id.as_str(), found.version.as_str()))
        .collect();
    for subject in &mut subjects {
        record.exists(&subject.id);
        let python = python
            .get(subject.interpreter.as_str())
            .copied()
            .unwrap_or_default();
        stand(subject, &record, python);
    }
    // Where nothing ran, nothing is known about the record.
    let stale = if whole && !interpreters.is_empty() {
        let ran: Vec<(Who<'_>, Vec<&str>)> = subjects
            .iter()
            .filter(|subject| !matches!(subject.status, Status::NotTested | Status::HarnessFault))
            .map(|subject| {
                let python = python
                    .get(subject.interpreter.as_str())
                    .copied()
                    .unwrap_or_default();
                let broken = subject.findings.iter().flat_map(|finding| {
                    let consequences = finding.consequences.iter().map(|folded| folded.rule.as_str());
                    std::iter::once(finding.rule.as_str()).chain(consequences)
                });
                (
                    Who {
                        subject: &subject.id,
                        package: subject.version.as_deref(),
                        python,
                    },
                    broken.collect(),
                )
            })
            .collect();
        record.stale(&interpreters, &ran, run.header.all_subjects)
    } else {
        Vec::new()
    };
    let totals = totals(&subjects, run, bench);
    let checked = |data: &&RuleData| bench.rules.iter().any(|rule| rule.id == data.id);
    Ok(Report {
        schema: SCHEMA,
        tool: run.header.tool.clone(),
        interpreters,
        requests: run.header.requests.clone(),
        subjects,
        rules: bench.catalogue.rules.iter().filter(checked).cloned().collect(),
        stale,
        totals,
    })
}

fn interpreter(record: &InterpreterRecord) -> Interpreter {
    let [major, minor, micro] = record.hello.version;
    Interpreter {
        id: record.id.clone(),
        version: format!("{major}.{minor}.{micro}"),
        executable: record.hello.executable.clone(),
        system: record.hello.system.clone(),
        machine: record.hello.machine.clone(),
        unchecked: record.hello.unchecked.clone(),
    }
}

/// Judges one subject, without the record: every finding stands as new.
pub fn judge_subject(record: &SubjectRecord, hello: &Hello, bench: &Bench<'_>) -> Subject {
    let mut subject = Subject {
        id: record.case.id.clone(),
        kind: Side::Exporter,
        package: record.package.clone(),
        version: None,
        interpreter: record.interpreter.clone(),
        type_name: None,
        status: Status::NotTested,
        reason: Vec::new(),
        findings: Vec::new(),
        requests: Counts::default(),
        answers: String::new(),
        camps: BTreeMap::new(),
        output: record.output.clone(),
    };
    subject.reason.extend(record.faults.iter().cloned());
    if let Some(reason) = &record.skipped {
        subject.reason.push(reason.clone());
        return subject;
    }
    let (made, sweep) = match &record.outcome {
        Some(JobOutcome::Done { made, steps }) => {
            let sweep = steps.iter().find_map(|step| match step {
                StepOutcome::Sweep(sweep) => Some(sweep),
                StepOutcome::Scenario(_) => None,
            });
            (made.clone(), sweep.cloned().unwrap_or_default())
        }
        Some(JobOutcome::NoExporter { made }) => {
            subject.status = Status::HarnessFault;
            subject.reason.push(format!(
                "`{}` is no exporter: its type does not fill the buffer slot, and it is no callable that returns one",
                made.type_name
            ));
            return subject;
        }
        Some(JobOutcome::NotMade {
            stage,
            raised,
            traceback,
        }) => {
            let named = |name: &String| raised.message.contains(&format!("'{name}'"));
            let missing = raised.type_name == "ModuleNotFoundError" && record.case.requires.iter().any(named);
            subject.status = if missing {
                Status::NotTested
            } else {
                Status::HarnessFault
            };
            let doing = match stage {
                MakeStage::Import => "the import failed",
                MakeStage::Setup => "the set-up lines failed",
                MakeStage::Evaluate => "the object could not be made",
            };
            subject
                .reason
                .push(format!("{doing}: {}: {}", raised.type_name, raised.message));
            if !missing {
                subject.reason.extend(traceback.iter().cloned());
            }
            return subject;
        }
        None if record.deaths.is_empty() => {
            subject.status = Status::HarnessFault;
            return subject;
        }
        None => (Made::default(), Sweep::default()),
    };
    subject.type_name = (!made.type_name.is_empty()).then(|| made.type_name.clone());
    subject.version.clone_from(&made.package_version);
    if subject.package.is_none() {
        subject.package = made
            .type_name
            .split_once('.')
            .map(|(package, _)| package.to_owned());
    }
    let evidence = Evidence::new(
        &record.case,
        &made,
        &hello.platform,
        hello.version,
        &sweep,
        &record.deaths,
    );
    let mut hits = rules::judge(&evidence, bench.rules.iter().copied(), &bench.catalogue.relations);
    let played = played(record);
    let wanted = |rule: &str| bench.rules.iter().any(|known| known.id == rule);
    for hit in scenario::judge(&bench.catalogue.scenarios, &played, wanted) {
        // What shows in single answers is told there.
        if !hits.iter().any(|known| known.rule == hit.rule) {
            hits.push(hit);
        }
    }
    subject.camps = rules::camps(&evidence, bench.rules.iter().copied());
    let mut findings: Vec<Finding> = hits
        .into_iter()
        .filter_map(|hit| finding(hit, record, hello, bench))
        .collect();
    findings.extend(departures(&subject.camps, record, bench));
    subject.findings = fold(findings, bench);
    (subject.answers, subject.requests) = answers(&evidence, &record.deaths, bench.requests);
    subject.reason.extend(
        record
            .deaths
            .iter()
            .map(|death| format!("the process {} {}", told(death.how), whereabouts(death.during))),
    );
    let mut deaths = record.deaths.clone();
    for one in played {
        if let Some((how, during)) = one.ended {
            let (ended, place) = (told(how), whereabouts(during));
            subject
                .reason
                .push(format!("the process {ended} {place}, in `{}`", one.scenario));
            deaths.push(Death {
                how,
                during,
                alone: true,
            });
        }
    }
    subject.status = status(&subject.findings, &deaths);
    subject
}

/// The scenarios that were played.
fn played(record: &SubjectRecord) -> Vec<Played> {
    let Some(JobOutcome::Done { steps, .. }) = &record.outcome else {
        return Vec::new();
    };
    let played = steps.iter().filter_map(|step| match step {
        StepOutcome::Scenario(played) => Some((**played).clone()),
        StepOutcome::Sweep(_) => None,
    });
    played.collect()
}

fn status(findings: &[Finding], deaths: &[Death]) -> Status {
    if deaths.iter().any(|death| death.how != HowEnded::Hung) {
        return Status::Died;
    }
    if !deaths.is_empty() {
        return Status::Hung;
    }
    let counts = |level| matches!(level, Level::Must | Level::Should);
    let deviates = findings.iter().any(|finding| {
        counts(finding.level) || finding.consequences.iter().any(|folded| counts(folded.level))
    });
    if deviates {
        Status::Deviates
    } else {
        Status::Conforms
    }
}

fn finding(hit: Hit, record: &SubjectRecord, hello: &Hello, bench: &Bench<'_>) -> Option<Finding> {
    let data = bench.catalogue.rule(&hit.rule)?;
    let case = hit
        .case
        .or_else(|| hit.requests.first().map(|request| request.case_id()));
    let python = if record.repro.starts_with("check") {
        format!(" --python {}", short(hello))
    } else {
        String::new()
    };
    Some(Finding {
        level: data.level,
        case: case.unwrap_or_default(),
        repro: format!("bufcheck {}{python} --rule {}", record.repro, hit.rule),
        rule: hit.rule,
        requests: hit.requests,
        found: hit.broken.found,
        wanted: hit.broken.wanted,
        standing: Standing::New,
        reason: None,
        link: None,
        consequences: Vec::new(),
    })
}

fn short(hello: &Hello) -> String {
    crate::plan::quote(&hello.executable)
}

/// Contested rules in which the author declared a camp and the exporter shows another.
fn departures<'a>(
    camps: &'a BTreeMap<String, String>,
    record: &'a SubjectRecord,
    bench: &'a Bench<'_>,
) -> impl Iterator<Item = Finding> + 'a {
    record.case.camps.iter().filter_map(move |(rule, declared)| {
        let shown = camps.get(rule).filter(|shown| *shown != declared)?;
        bench.catalogue.rule(rule)?;
        Some(Finding {
            rule: rule.clone(),
            level: Level::Should,
            requests: Vec::new(),
            case: String::new(),
            found: format!("camp `{shown}`"),
            wanted: format!("camp `{declared}`, as declared"),
            standing: Standing::New,
            reason: None,
            link: None,
            repro: format!("bufcheck {} --rule {rule}", record.repro),
            consequences: Vec::new(),
        })
    })
}

/// Folds a finding into another that causes it, where every request of it shows the cause as well.
fn fold(findings: Vec<Finding>, bench: &Bench<'_>) -> Vec<Finding> {
    let explains = |cause: &Finding, effect: &Finding| {
        cause.rule != effect.rule
            && bench
                .catalogue
                .rule(&effect.rule)
                .is_some_and(|data| data.caused_by.contains(&cause.rule))
            && cause.requests.is_empty() == effect.requests.is_empty()
            && effect
                .requests
                .iter()
                .all(|request| cause.requests.contains(request))
    };
    // A cause must not be folded itself, so chains are followed to their head.
    let mut head: Vec<usize> = (0..findings.len()).collect();
    for (number, effect) in findings.iter().enumerate() {
        if let Some(cause) = findings.iter().position(|cause| explains(cause, effect)) {
            head[number] = cause;
        }
    }
    let resolve = |start: usize| {
        let mut at = start;
        for _ in 0..findings.len() {
            if head[at] == at {
                return at;
            }
            at = head[at];
        }
        // A circle of causes explains nothing: each stands for itself.
        start
    };
    let heads: Vec<usize> = (0..findings.len()).map(resolve).collect();
    let mut folded: BTreeMap<usize, Vec<Consequence>> = BTreeMap::new();
    for (number, effect) in findings
        .iter()
        .enumerate()
        .filter(|(number, _)| heads[*number] != *number)
    {
        folded.entry(heads[number]).or_default().push(Consequence {
            rule: effect.rule.clone(),
            level: effect.level,
            requests: effect.requests.clone(),
            found: effect.found.clone(),
            wanted: effect.wanted.clone(),
            standing: effect.standing,
        });
    }
    let mut kept: Vec<Finding> = findings
        .into_iter()
        .enumerate()
        .filter(|(number, _)| heads[*number] == *number)
        .map(|(number, mut finding)| {
            finding.consequences = folded.remove(&number).unwrap_or_default();
            finding
        })
        .collect();
    kept.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    kept
}

/// One letter a request, and the sums.
fn answers(evidence: &Evidence<'_>, deaths: &[Death], requests: &[Request]) -> (String, Counts) {
    let mut counts = Counts::default();
    let letters = requests
        .iter()
        .map(|request| {
            if let Some(death) = deaths.iter().find(|death| death.during.request == Some(*request)) {
                counts.died += 1;
                return if death.how == HowEnded::Hung { 'H' } else { 'D' };
            }
            let (mut granted, mut refused) = (false, false);
            for answer in evidence.rounds_of(*request) {
                if evidence.grant(*request, answer).is_some() {
                    granted = true
                } else {
                    refused = true
                }
            }
            match (granted, refused) {
                (true, false) => counts.granted += 1,
                (_, true) => counts.refused += 1,
                (false, false) => {}
            }
            match (granted, refused) {
                (true, true) => 'V',
                (true, false) => 'G',
                (false, true) => 'R',
                (false, false) => '-',
            }
        })
        .collect();
    (letters, counts)
}

/// Compares the findings of a subject with the record.
fn stand(subject: &mut Subject, record: &Record<'_>, python: &str) {
    let id = subject.id.clone();
    let version = subject.version.clone();
    let who = Who {
        subject: &id,
        package: version.as_deref(),
        python,
    };
    for finding in &mut subject.findings {
        if let Some(found) = record.find(&who, &finding.rule) {
            finding.standing = Standing::AsRecorded;
            finding.reason = Some(found.known.reason.clone());
            finding.link.clone_from(&found.known.link);
        }
        for folded in &mut finding.consequences {
            // What follows from a recorded deviation is recorded with it.
            if finding.standing == Standing::AsRecorded || record.find(&who, &folded.rule).is_some() {
                folded.standing = Standing::AsRecorded;
            }
        }
    }
}

fn totals(subjects: &[Subject], run: &Run, bench: &Bench<'_>) -> Totals {
    let mut totals = Totals {
        rules: bench.rules.len(),
        ..Totals::default()
    };
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
                let sums = if standing == Standing::New {
                    &mut totals.new
                } else {
                    &mut totals.recorded
                };
                *sums.entry(level.name().to_owned()).or_default() += 1;
                if matches!(level, Level::Must | Level::Should) {
                    counted += 1;
                    fresh += usize::from(standing == Standing::New);
                }
            }
        }
        totals.subjects_as_recorded += usize::from(counted > 0 && fresh == 0);
    }
    for record in &run.subjects {
        if let Some(JobOutcome::Done { steps, .. }) = &record.outcome {
            for step in steps {
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
