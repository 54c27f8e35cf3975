//! `repro`: the programs that show findings without this suite, run alone.
//!
//! Knows how a finding is named, and how what came of its program is told. Must never know what a program asks.

use std::collections::BTreeMap;
use std::path::Path;

use bufcheck_model::report::{Finding, Proof, Report, Subject};
use bufcheck_reports::plain;
use bufcheck_runner::plan::Subjects;

use super::args::RunOptions;
use super::check::{configuration, observe, tell_unusable};
use super::confirm::confirm_all;
use super::data::catalogue;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{print, read};
use crate::hosts::Installation;

/// The words of the command.
pub(super) struct Words<'a> {
    pub(super) findings: &'a [String],
    pub(super) script: bool,
    pub(super) report: Option<&'a Path>,
    pub(super) mutants: bool,
    pub(super) options: &'a RunOptions,
}

/// A finding, as it was named: a subject, and a rule unless all are meant.
struct Named {
    subject: String,
    rule: Option<String>,
    /// The case, where the whole id of a finding was given.
    place: Option<String>,
}

impl Named {
    /// `subject`, `subject/rule`, or `subject/rule/place`.
    fn read(text: &str, is_rule: impl Fn(&str) -> bool) -> Self {
        let parts: Vec<&str> = text.split('/').collect();
        let Some(at) = parts.iter().rposition(|part| is_rule(part)).filter(|at| *at > 0) else {
            return Self {
                subject: text.to_owned(),
                rule: None,
                place: None,
            };
        };
        let (before, from) = parts.split_at(at);
        Self {
            subject: before.join("/"),
            rule: from.first().map(|rule| (*rule).to_owned()),
            place: (from.len() > 1).then(|| from[1..].join("/")),
        }
    }

    fn means(&self, finding: &Finding) -> bool {
        let named = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        let is_place = |place: &String| finding.id.ends_with(&format!("/{}/{place}", finding.rule));
        named(&self.rule, &finding.rule) && self.place.as_ref().is_none_or(is_place)
    }
}

/// `bufcheck repro FINDING...`
pub(super) fn repro(words: &Words<'_>, installation: &Installation) -> Result<Exit, Failure> {
    let known = catalogue(words.options.cases.as_deref())?;
    let named: Vec<Named> = words
        .findings
        .iter()
        .map(|text| Named::read(text, |part| known.rule(part).is_some()))
        .collect();
    let mut report = match words.report {
        Some(file) => read(file)?,
        None => run(words, &named, installation)?,
    };
    let from_report = words.report.is_some();
    for subject in &mut report.subjects {
        let meant = |finding: &Finding| {
            named.iter().any(|name| {
                let subject_fits = !from_report || name.subject == "*" || name.subject == subject.id;
                subject_fits && name.means(finding)
            })
        };
        let (meant, _): (Vec<_>, Vec<_>) = std::mem::take(&mut subject.findings).into_iter().partition(meant);
        subject.findings = meant;
    }
    let count = || {
        report
            .subjects
            .iter()
            .flat_map(|subject| &subject.findings)
            .filter(|finding| finding.proof.is_some())
    };
    if count().count() == 0 {
        return Err(Failure::Nothing("no finding of a `must` rule is named so".into()));
    }
    if words.script {
        return Ok(print_scripts(&report));
    }
    let single = count().count() == 1;
    let told = confirm_all(&mut report);
    Ok(tell(&report, &told, single))
}

/// Checks the subjects that are named.
fn run(words: &Words<'_>, named: &[Named], installation: &Installation) -> Result<Report, Failure> {
    let subjects: Vec<String> = named.iter().map(|name| name.subject.clone()).collect();
    let targets = subjects.iter().any(|subject| subject.contains(':'));
    let configuration = configuration(words.options)?;
    let from = match &configuration {
        _ if words.mutants => Subjects::Mutants,
        found if targets => Subjects::Targets {
            targets: &subjects,
            consumers: &[],
            configuration: found.as_ref(),
        },
        Some(found) => Subjects::Configured(found),
        None => Subjects::Corpus,
    };
    let globs = if targets { &[][..] } else { &subjects };
    let (report, unusable) = observe(&from, globs, words.options, configuration.as_ref(), installation)?;
    tell_unusable(&unusable);
    Ok(report)
}

fn print_scripts(report: &Report) -> Exit {
    let mut exit = Exit::Conforms;
    for (subject, finding, proof) in proofs(report) {
        if proof.script.is_empty() {
            anstream::eprintln!(
                "no program for {}/{}: {}",
                subject.id,
                finding.rule,
                proof.why_not
            );
            exit = Exit::Broken;
        } else {
            print(&proof.script);
        }
    }
    exit
}

fn proofs(report: &Report) -> impl Iterator<Item = (&Subject, &Finding, &Proof)> {
    report
        .subjects
        .iter()
        .flat_map(|subject| subject.findings.iter().map(move |finding| (subject, finding)))
        .filter_map(|(subject, finding)| Some((subject, finding, finding.proof.as_ref()?)))
}

fn tell(report: &Report, printed: &[String], single: bool) -> Exit {
    // What one cause shows in many answers is told once: a rule and a subject are one.
    let mut pairs: BTreeMap<String, (bool, Vec<String>)> = BTreeMap::new();
    for ((subject, finding, proof), output) in proofs(report).zip(printed) {
        let name = plain(&format!(
            "{}/{} on {}",
            subject.id, finding.rule, subject.interpreter
        ));
        if single {
            print(&plain(output));
        }
        let (shown, why) = pairs.entry(name).or_default();
        *shown |= proof.why_not.is_empty();
        why.push(plain(&proof.why_not));
    }
    for (name, (shown, why)) in &pairs {
        print(&match shown {
            true => format!("confirmed: {name}\n"),
            false => format!("not confirmed: {name}: {}\n", why.join("; ")),
        });
    }
    let (all, confirmed) = (pairs.len(), pairs.values().filter(|(shown, _)| *shown).count());
    if !single {
        let hundredths = 10_000 * confirmed / all.max(1);
        print(&format!(
            "{confirmed} of {all} violations of `must` rules confirmed ({}.{:02} %)\n",
            hundredths / 100,
            hundredths % 100
        ));
    }
    if confirmed == all {
        Exit::Conforms
    } else {
        Exit::Broken
    }
}
