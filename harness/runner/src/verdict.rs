//! The verdict on one subject: runs the rules over what was observed.
//!
//! Knows statuses and findings. Must never know the record of known deviations, nor how anything
//! was observed.

use std::collections::BTreeMap;
use std::iter::successors;

use bufcheck_model::case::{Level, RuleData, Side};
use bufcheck_model::observation::{Crash, Death, Made, Raised, Sweep};
use bufcheck_model::report::{Consequence, Counts, Finding, Standing, Status, Subject};
use bufcheck_model::scenario::Played;
use bufcheck_model::wire::{Hello, JobOutcome, MakeStage, StepOutcome};
use bufcheck_protocol::request::Request;
use bufcheck_rules::death::{is_told_by, rule};
use bufcheck_rules::example::{Shown, example};
use bufcheck_rules::exporter::{self, Evidence};
use bufcheck_rules::overtime::{self, Background};
use bufcheck_rules::{Hit, causes};

use crate::bench::Bench;
use crate::consumer;
use crate::fold::{Folded, Judge, fold};
use crate::interpreter;
use crate::noticed::{never_moved, noticed};
use crate::record::SubjectRecord;
use crate::repro::{no_proof, proof};
use crate::status::settle;
use crate::steps::steps;

/// Judges one subject, without the record: every finding stands as new.
pub fn judge_subject(record: &SubjectRecord, hello: &Hello, bench: &Bench<'_>) -> Subject {
    if let Some(case) = &record.consumer {
        let mut subject = consumer::judge_consumer(record, case, hello, bench);
        for finding in &mut subject.findings {
            finding.proof = (finding.level == Level::Must).then(no_proof);
        }
        return subject;
    }
    if let Some(group) = &record.interpreter_calls {
        return interpreter::judge_calls(record, group, hello, bench);
    }
    let mut subject = blank(record);
    match observed(record) {
        Ok((made, sweep)) => judge_observed(&mut subject, (&made, &sweep), record, hello, bench),
        Err(why) => not_judged(&mut subject, why),
    }
    subject
}

/// A subject of which nothing is known yet.
pub(crate) fn blank(record: &SubjectRecord) -> Subject {
    Subject {
        id: record.case.id.clone(),
        kind: Side::Exporter,
        package: record.package.clone(),
        version: None,
        interpreter: record.interpreter.clone(),
        type_name: None,
        registered: None,
        status: Status::NotTested,
        reason: Vec::new(),
        faults: record.faults.clone(),
        unusable: Vec::new(),
        not_asked: record.not_asked.clone(),
        untested: Vec::new(),
        noticed: Vec::new(),
        findings: Vec::new(),
        requests: Counts::default(),
        answers: String::new(),
        camps: BTreeMap::new(),
        output: record.output.clone(),
    }
}

/// Why there is nothing to judge.
pub(crate) type Unjudged = (Status, Vec<String>);

/// What was observed of the object, or why there is nothing to judge.
fn observed(record: &SubjectRecord) -> Result<(Made, Sweep), Unjudged> {
    if record.skipped.is_none() && record.outcome.is_none() && !record.deaths.is_empty() {
        return Ok((Made::default(), Sweep::default()));
    }
    let (made, steps) = done(record, |type_name| {
        format!(
            "`{type_name}` is no exporter: its type does not fill the buffer slot, and it is no callable that returns \
             one; `bufcheck scan MODULE` names what a module exports"
        )
    })?;
    let sweep = steps.iter().find_map(|step| match step {
        StepOutcome::Sweep(sweep) => Some(sweep),
        StepOutcome::Scenario(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => None,
    });
    Ok((made.clone(), sweep.cloned().unwrap_or_default()))
}

/// What a worker saw of any subject, or why it saw nothing; `no_subject` says so of a type that cannot be one.
pub(crate) fn done(
    record: &SubjectRecord,
    no_subject: impl Fn(&str) -> String,
) -> Result<(&Made, &[StepOutcome]), Unjudged> {
    if let Some(reason) = &record.skipped {
        return Err((Status::NotTested, vec![reason.clone()]));
    }
    match &record.outcome {
        Some(JobOutcome::Done { made, steps }) => Ok((made, steps)),
        Some(JobOutcome::NoExporter { made } | JobOutcome::NoConsumer { made }) => {
            Err((Status::HarnessFault, vec![no_subject(&made.type_name)]))
        }
        Some(JobOutcome::NotMade {
            stage,
            raised,
            traceback,
        }) => Err(not_made(*stage, raised, traceback, &record.case.requires)),
        None => Err((Status::HarnessFault, Vec::new())),
    }
}

/// There is nothing to judge. What became of the worker says why, where nothing else does.
pub(crate) fn not_judged(subject: &mut Subject, (status, reason): Unjudged) {
    subject.status = status;
    subject.reason.extend(reason);
    if subject.reason.is_empty() {
        subject.reason = std::mem::take(&mut subject.faults);
    }
}

/// Why there is nothing to judge, where a module or an expression failed.
fn not_made(stage: MakeStage, raised: &Raised, traceback: &[String], requires: &[String]) -> Unjudged {
    let doing = match stage {
        MakeStage::Import => "the import failed",
        MakeStage::Setup => "the set-up lines failed",
        MakeStage::Evaluate => "the object could not be made",
    };
    let mut reason = vec![format!("{doing}: {}: {}", raised.type_name, raised.message)];
    // Of `a.b`, `a` may be what is missing.
    let mut names = requires
        .iter()
        .flat_map(|name| successors(Some(name.as_str()), |name| name.rsplit_once('.').map(|it| it.0)));
    let missing = names.any(|name| raised.message.contains(&format!("'{name}'")));
    if raised.type_name == "ModuleNotFoundError" && missing {
        return (Status::NotTested, reason);
    }
    // Without a frame of Python it is the module of the target itself that is not there.
    let own = traceback.len() <= 1;
    if own && raised.type_name == "ModuleNotFoundError" && stage == MakeStage::Import {
        reason[0] += ": install it for this interpreter, or start bufcheck in the folder that holds it";
    } else if !own {
        reason.extend(traceback.iter().cloned());
    }
    (Status::HarnessFault, reason)
}

fn judge_observed(
    subject: &mut Subject,
    (made, sweep): (&Made, &Sweep),
    record: &SubjectRecord,
    hello: &Hello,
    bench: &Bench<'_>,
) {
    subject.type_name = (!made.type_name.is_empty()).then(|| made.type_name.clone());
    let home = made.type_name.split_once('.').map(|(package, _)| package);
    // What `a:numpy.zeros(3)` makes has NumPy's version, which says nothing of the package that `a` is.
    let named = subject.package.is_some();
    let meant = record
        .case
        .make
        .as_deref()
        .and_then(|make| make.split([':', '.']).next());
    if !named || meant.is_none() || home == meant || home == subject.package.as_deref() {
        subject.version.clone_from(&made.package_version);
    }
    if !named {
        subject.package = home.map(str::to_owned);
    }
    let evidence = Evidence::new(
        &record.case,
        made,
        &hello.platform,
        hello.version,
        sweep,
        &record.deaths,
    );
    let played = played(record);
    let judged = Judged {
        evidence: &evidence,
        played: &played,
        bench,
    };
    subject.camps = exporter::camps(&evidence, bench.rules.iter().copied());
    let mut findings: Vec<Finding> = fold(hits(&evidence, &played, bench), &judged)
        .into_iter()
        .filter_map(|folded| finding(folded, record, hello, bench))
        .collect();
    findings.extend(departures(&subject.camps, record, bench));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in &mut findings {
        // The record is of no account here: what is known has to be shown to others, too.
        finding.proof =
            (finding.level == Level::Must).then(|| proof(finding, record, &evidence, &played, bench));
        let shown = Shown {
            rule: &finding.rule,
            requests: &finding.requests,
            case: &finding.case,
        };
        let scenarios = bench.catalogue.scenarios.as_slice();
        finding.example = (finding.level >= Level::Should)
            .then(|| example(shown, &evidence, (scenarios, &played)))
            .flatten();
        finding.steps = steps(finding, &evidence, &played, bench);
        finding.death = crash(finding, &record.deaths, &played);
    }
    subject.findings = findings;
    (subject.answers, subject.requests) = answers(&evidence, &record.deaths, bench.requests);
    subject.noticed = noticed(&evidence);
    subject.unusable.clone_from(&record.unusable);
    let declared = |code: &str| {
        record
            .case
            .mutators
            .iter()
            .any(|known| code == format!("x.{known}"))
    };
    for (code, raised) in overtime::useless(&bench.catalogue.scenarios, &played) {
        let told = format!(
            "the mutator `{code}` never works: {}: {}",
            raised.type_name, raised.message
        );
        if declared(code) && !subject.unusable.contains(&told) {
            subject.unusable.push(told);
        }
    }
    for code in overtime::unmoved(&bench.catalogue.scenarios, &played) {
        if declared(code) {
            subject.noticed.push(never_moved(code));
        }
    }
    settle(subject, record, &played, bench);
}

/// Everything that is broken, in single answers and over time.
fn hits(evidence: &Evidence<'_>, played: &[Played], bench: &Bench<'_>) -> Vec<Hit> {
    let mut hits = exporter::judge(evidence, bench.rules.iter().copied(), &bench.catalogue.relations);
    let wanted = |rule: &str| bench.rules.iter().any(|known| known.id == rule);
    let background = Background::of(evidence);
    for hit in overtime::judge(&bench.catalogue.scenarios, played, &background, wanted) {
        // What shows in single answers is told there.
        if !hits.iter().any(|known| known.rule == hit.rule) {
            hits.push(hit);
        }
    }
    hits
}

/// What a subject was judged by, to be judged again without a cause.
struct Judged<'a> {
    evidence: &'a Evidence<'a>,
    played: &'a [Played],
    bench: &'a Bench<'a>,
}

impl Judge for Judged<'_> {
    fn without(&self, rule: &str, broken: &[&Hit]) -> Option<Vec<Hit>> {
        let evidence = self.evidence;
        let mended = causes::mended(rule, evidence, self.played, broken)?;
        let again = Evidence::new(
            &mended.declared,
            evidence.made,
            evidence.platform,
            evidence.python,
            &mended.sweep,
            evidence.deaths,
        );
        Some(hits(&again, &mended.played, self.bench))
    }

    fn caused_by(&self, rule: &str) -> &[String] {
        self.bench
            .catalogue
            .rule(rule)
            .map_or(&[], |data| data.caused_by.as_slice())
    }
}

/// The scenarios that were played.
fn played(record: &SubjectRecord) -> Vec<Played> {
    let Some(JobOutcome::Done { steps, .. }) = &record.outcome else {
        return Vec::new();
    };
    let played = steps.iter().filter_map(|step| match step {
        StepOutcome::Scenario(played) => Some((**played).clone()),
        StepOutcome::Sweep(_) | StepOutcome::Consume(_) | StepOutcome::Interpret(_) => None,
    });
    played.collect()
}

pub(crate) fn finding(
    folded: Folded,
    record: &SubjectRecord,
    hello: &Hello,
    bench: &Bench<'_>,
) -> Option<Finding> {
    let Folded { cause: hit, follows } = folded;
    let data = bench.catalogue.rule(&hit.rule)?;
    let consequences = follows.into_iter().filter_map(|hit| consequence(hit, bench));
    let level = level(data, &hit);
    let case = hit
        .case
        .or_else(|| hit.requests.first().map(|request| request.case_id()));
    let python = if record.repro.starts_with("check") || record.repro.contains("--config ") {
        format!(" --python {}", hello.command())
    } else {
        String::new()
    };
    Some(Finding {
        level,
        case: case.unwrap_or_default(),
        repro: format!("bufcheck {}{python} --rule {}", record.repro, hit.rule),
        rule: hit.rule,
        requests: hit.requests,
        found: hit.broken.found,
        wanted: hit.broken.wanted,
        standing: standing(hit.by_chance),
        reason: None,
        link: None,
        id: String::new(),
        headline: String::new(),
        requests_said: String::new(),
        steps: Vec::new(),
        death: None,
        proof: None,
        example: None,
        consequences: consequences.collect(),
    })
}

/// What the process noted of the crash that a finding tells of.
fn crash(finding: &Finding, deaths: &[Death], played: &[Played]) -> Option<Crash> {
    if !is_told_by(&finding.rule) {
        return None;
    }
    let asked = |death: &&Death| match death.during.request {
        Some(request) => finding.requests.contains(&request),
        None => finding.requests.is_empty() && finding.case.is_empty(),
    };
    let in_scenario = || {
        let here = |played: &&Played| played.scenario == finding.case && played.ended.is_some();
        played.iter().find(here)?.crash.clone()
    };
    let in_answer = deaths
        .iter()
        .filter(|death| rule(death.how) == finding.rule)
        .find(asked);
    in_answer.map_or_else(in_scenario, |death| death.crash.clone())
}

/// The level of the rule, or that of the violations of it that weigh more.
fn level(data: &RuleData, hit: &Hit) -> Level {
    match &data.raised {
        Some(raised) if hit.broken.raised => raised.level,
        Some(_) | None => data.level,
    }
}

fn consequence(hit: Hit, bench: &Bench<'_>) -> Option<Consequence> {
    Some(Consequence {
        level: level(bench.catalogue.rule(&hit.rule)?, &hit),
        rule: hit.rule,
        requests: hit.requests,
        found: hit.broken.found,
        wanted: hit.broken.wanted,
        standing: standing(hit.by_chance),
    })
}

/// How a finding stands before anybody has looked into the record.
const fn standing(by_chance: bool) -> Standing {
    if by_chance {
        Standing::ByChance
    } else {
        Standing::New
    }
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
            id: String::new(),
            headline: String::new(),
            requests_said: String::new(),
            steps: Vec::new(),
            death: None,
            proof: None,
            example: None,
            consequences: Vec::new(),
        })
    })
}

/// One letter a request, and the sums.
fn answers(evidence: &Evidence<'_>, deaths: &[Death], requests: &[Request]) -> (String, Counts) {
    let mut counts = Counts::default();
    let letters = requests
        .iter()
        .map(|request| {
            if let Some(death) = deaths.iter().find(|death| death.during.request == Some(*request)) {
                counts.died += 1;
                return if death.how.is_endless() { 'H' } else { 'D' };
            }
            let (mut granted, mut refused) = (false, false);
            for answer in evidence.rounds_of(*request) {
                if evidence.grant(*request, answer).is_some() {
                    granted = true;
                } else {
                    refused = true;
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
