//! Several reports as one: the shards of a run, or runs on several machines.
//!
//! Knows in which order a whole run tells its subjects. Must never know files, nor judge anything again.

use std::collections::{BTreeMap, HashMap};

use bufcheck_model::report::{Ran, Report, Stale, Subject, Totals};
use globset::Glob;

/// Puts reports into one; `order` names the rules as a whole run tells them. `None` for no report.
///
/// Shards, whatever order they come in, give the report of the run that was not cut.
///
/// # Errors
///
/// The number of the report that does not go with those before it, and why.
pub fn merge(reports: Vec<Report>, order: &[&str]) -> Result<Option<Report>, (usize, String)> {
    let parts: Vec<usize> = turns(&reports);
    let mut reports = reports.into_iter().enumerate();
    let Some((_, mut whole)) = reports.next() else {
        return Ok(None);
    };
    // For each subject, the part that it comes from, and its place there.
    let mut places: HashMap<(String, String), (usize, usize)> = HashMap::new();
    note(&mut places, &whole, parts[0]);
    for (number, other) in reports {
        agree(&mut whole, &other).map_err(|problem| (number, problem))?;
        for subject in &other.subjects {
            if places.contains_key(&key(subject)) {
                let problem = format!(
                    "`{}` on {} is in another report already",
                    subject.id, subject.interpreter
                );
                return Err((number, problem));
            }
        }
        note(&mut places, &other, parts[number]);
        put(&mut whole, other);
    }
    let is_cut = whole.shard.take().is_some();
    let on: HashMap<String, usize> = whole
        .interpreters
        .iter()
        .enumerate()
        .map(|(at, known)| (known.id.clone(), at))
        .collect();
    if is_cut {
        whole.subjects.sort_by_key(|subject| {
            let (part, place) = places.get(&key(subject)).copied().unwrap_or_default();
            (on.get(&subject.interpreter).copied(), place, part)
        });
    }
    let at: HashMap<&str, usize> = order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    whole
        .rules
        .sort_by_key(|rule| at.get(rule.id.as_str()).copied().unwrap_or(usize::MAX));
    whole.totals.rules = whole.rules.len();
    still_stale(&mut whole);
    Ok(Some(whole))
}

/// The part that each report is, or its position where it is none.
fn turns(reports: &[Report]) -> Vec<usize> {
    let turn = |(number, report): (usize, &Report)| report.shard.map_or(number, |shard| shard.part);
    reports.iter().enumerate().map(turn).collect()
}

fn key(subject: &Subject) -> (String, String) {
    (subject.id.clone(), subject.interpreter.clone())
}

/// Notes where the subjects of a report stand in it, interpreter by interpreter.
fn note(places: &mut HashMap<(String, String), (usize, usize)>, report: &Report, part: usize) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for subject in &report.subjects {
        let place = counts.entry(&subject.interpreter).or_default();
        places.insert(key(subject), (part, *place));
        *place += 1;
    }
}

/// Whether both are about the same requests and interpreters.
fn agree(whole: &mut Report, other: &Report) -> Result<(), String> {
    if whole.requests != other.requests {
        return Err("it is about other requests than the first report: they cannot share a matrix".into());
    }
    if let (Some(one), Some(two)) = (whole.shard, other.shard)
        && one.of != two.of
    {
        return Err(format!(
            "it is part {} of {}, and the first report one of {}",
            two.part, two.of, one.of
        ));
    }
    for interpreter in &other.interpreters {
        match whole.interpreters.iter().find(|known| known.id == interpreter.id) {
            Some(known) if known == interpreter => {}
            Some(known) => {
                return Err(format!(
                    "`{}` is Python {} on {} here and Python {} on {} in another report",
                    known.id, interpreter.version, interpreter.machine, known.version, known.machine
                ));
            }
            None => whole.interpreters.push(interpreter.clone()),
        }
    }
    Ok(())
}

fn put(whole: &mut Report, other: Report) {
    whole.subjects.extend(other.subjects);
    let known: HashMap<String, usize> = whole
        .rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (rule.id.clone(), at))
        .collect();
    for rule in other.rules {
        match known.get(&rule.id) {
            // Code stands with the rules that a finding of that part names.
            Some(at) if whole.rules[*at].code.is_empty() => whole.rules[*at].code = rule.code,
            Some(_) => {}
            None => whole.rules.push(rule),
        }
    }
    for stale in other.stale {
        if !whole.stale.contains(&stale) {
            whole.stale.push(stale);
        }
    }
    whole.selftest.extend(other.selftest);
    whole.interrupted |= other.interrupted;
    whole.run = both(whole.run.take(), other.run);
    // Only shards of one run stand in the order of that run.
    whole.shard = whole.shard.filter(|_| other.shard.is_some());
    add(&mut whole.totals, other.totals);
}

/// Two runs as one: from the start of the earlier, as long as both took; the command where it was one.
fn both(one: Option<Ran>, other: Option<Ran>) -> Option<Ran> {
    let (Some(one), Some(other)) = (&one, &other) else {
        return one.or(other);
    };
    let mut run = one.clone();
    run.started = one.started.clone().min(other.started.clone());
    run.milliseconds = one.milliseconds.saturating_add(other.milliseconds);
    run.took.extend(other.took.clone());
    if one.command != other.command {
        run.command.clear();
    }
    Some(run)
}

fn add(whole: &mut Totals, other: Totals) {
    let sum = |sum: &mut BTreeMap<String, usize>, addend: BTreeMap<String, usize>| {
        for (name, count) in addend {
            *sum.entry(name).or_default() += count;
        }
    };
    sum(&mut whole.subjects, other.subjects);
    sum(&mut whole.new, other.new);
    sum(&mut whole.recorded, other.recorded);
    sum(&mut whole.by_chance, other.by_chance);
    whole.subjects_as_recorded += other.subjects_as_recorded;
    whole.judged += other.judged;
}

/// A record about several subjects may show in one part and not in another: then it is not stale.
fn still_stale(report: &mut Report) {
    let matches = |pattern: &str, text: &str| {
        pattern == text || Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(text))
    };
    let subjects = &report.subjects;
    let shows = |stale: &Stale| {
        let Some(interpreter) = &stale.interpreter else {
            return false;
        };
        let here = subjects
            .iter()
            .filter(|subject| subject.interpreter == *interpreter);
        here.filter(|subject| matches(&stale.subject, &subject.id))
            .any(|subject| {
                subject.findings.iter().any(|finding| {
                    let folded = finding.consequences.iter().map(|folded| &folded.rule);
                    std::iter::once(&finding.rule)
                        .chain(folded)
                        .any(|rule| matches(&stale.rule, rule))
                })
            })
    };
    report.stale.retain(|stale| !shows(stale));
}
