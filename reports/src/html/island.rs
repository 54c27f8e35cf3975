//! The answers to every request as data that the page's script lays out on opening, and in words for who has none.
//!
//! Knows letters and marks. Must never hold markup, nor anything that would end a script element.

use std::collections::{BTreeMap, HashMap};

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Subject};
use bufcheck_protocol::request::{Request, WellFormed};
use serde::Serialize;

use crate::weight::is_new;
use crate::words::{list, visible};
use bufcheck_protocol::said;

/// What the script is given: each distinct text once.
#[derive(Serialize)]
struct Island<'a> {
    /// The flags words.
    requests: Vec<i32>,
    /// Positions of the well-formed ones, with their names.
    named: Vec<(usize, String)>,
    interpreters: Vec<&'a str>,
    /// Distinct answers: a letter a request.
    answers: Vec<&'a str>,
    /// Distinct marks: `n` where a new finding touches a request, `k` where a recorded one does.
    marks: Vec<String>,
    /// Name, interpreter, answers, marks, and where the subject is told of.
    subjects: Vec<(String, usize, usize, usize, &'a str)>,
}

/// The data as JSON that may stand in a script element.
pub(super) fn island(report: &Report, anchors: &HashMap<&str, &str>) -> String {
    let mut island = Island {
        requests: report.requests.iter().map(|asked| asked.flags()).collect(),
        named: well_formed(report)
            .map(|(at, asked)| (at, asked.to_string()))
            .collect(),
        interpreters: report
            .interpreters
            .iter()
            .map(|known| known.id.as_str())
            .collect(),
        answers: Vec::new(),
        marks: Vec::new(),
        subjects: Vec::new(),
    };
    let (mut answers, mut marks) = (HashMap::new(), HashMap::new());
    for subject in asked(report) {
        let interpreter = island
            .interpreters
            .iter()
            .position(|id| *id == subject.interpreter);
        let letters = *answers
            .entry(subject.answers.as_str())
            .or_insert_with_key(|letters| {
                island.answers.push(letters);
                island.answers.len() - 1
            });
        let touched = *marks
            .entry(touched(report, subject))
            .or_insert_with_key(|touched: &String| {
                island.marks.push(touched.clone());
                island.marks.len() - 1
            });
        let anchor = anchors.get(subject.id.as_str()).copied().unwrap_or_default();
        let name = visible(&subject.id);
        island
            .subjects
            .push((name, interpreter.unwrap_or_default(), letters, touched, anchor));
    }
    let json = serde_json::to_string(&island).unwrap_or_else(|_| "{}".into());
    // Within a script element nothing is an escape but these.
    visible(
        &json
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
    )
}

pub(super) fn well_formed(report: &Report) -> impl Iterator<Item = (usize, Request)> {
    let all = report.requests.iter().copied().enumerate();
    all.filter(|(_, asked)| asked.well_formed() == WellFormed::Yes)
}

fn asked(report: &Report) -> impl Iterator<Item = &Subject> {
    report
        .subjects
        .iter()
        .filter(|subject| !subject.answers.is_empty())
}

/// A letter a request: what findings touch it; trailing requests that none touches are left out.
fn touched(report: &Report, subject: &Subject) -> String {
    let mut marks: HashMap<Request, bool> = HashMap::new();
    let mut touch = |requests: &[Request], level: Level, new: bool| {
        if level >= Level::Should {
            for request in requests {
                *marks.entry(*request).or_default() |= new;
            }
        }
    };
    for finding in &subject.findings {
        touch(&finding.requests, finding.level, is_new(finding.standing));
        for folded in &finding.consequences {
            touch(&folded.requests, folded.level, is_new(folded.standing));
        }
    }
    let letter = |request: &Request| match marks.get(request) {
        None => '.',
        Some(false) => 'k',
        Some(true) => 'n',
    };
    let letters: String = report.requests.iter().map(letter).collect();
    letters.trim_end_matches('.').to_owned()
}

/// Answers in words, and who gives them.
#[derive(Serialize)]
pub(super) struct Alike {
    said: String,
    subjects: String,
}

/// Who answers alike, the largest group first.
pub(super) fn alike(report: &Report) -> Vec<Alike> {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    let mut runs: HashMap<&str, usize> = HashMap::new();
    for subject in asked(report) {
        let group = groups.entry(&subject.answers).or_default();
        group.entry(&subject.id).or_default().push(&subject.interpreter);
        *runs.entry(&subject.id).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, subjects)| std::cmp::Reverse(subjects.len()));
    groups
        .into_iter()
        .map(|(letters, subjects)| {
            let names: Vec<String> = subjects
                .into_iter()
                .map(|(id, on)| {
                    if runs.get(id) == Some(&on.len()) {
                        id.to_owned()
                    } else {
                        format!("{id} (on {})", list(&on, usize::MAX))
                    }
                })
                .collect();
            Alike {
                said: in_words(report, letters),
                subjects: list(&names, usize::MAX),
            }
        })
        .collect()
}

fn in_words(report: &Report, letters: &str) -> String {
    let of = |wanted: char| -> Vec<Request> {
        let all = report.requests.iter().copied().zip(letters.chars());
        all.filter(|(_, letter)| *letter == wanted)
            .map(|(asked, _)| asked)
            .collect()
    };
    let words = [
        ('G', "granted"),
        ('R', "refused"),
        ('V', "now granted, now refused"),
        ('D', "ended the process"),
        ('H', "hung"),
        ('-', "not asked"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .map(|(letter, word)| (of(letter), word))
        .filter(|(requests, _)| !requests.is_empty())
        .map(|(requests, word)| format!("{word}: {}", said::requests(&requests, &report.requests)))
        .collect();
    parts.join("; ")
}
