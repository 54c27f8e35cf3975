//! The cells of the matrix: one letter for each request, and a mark where a finding touches it.
//!
//! Knows letters and marks. Must never hold text from a report: every cell is one of a fixed list, so the
//! cells need no escaping and stay small (a report has tens of thousands).

use std::collections::HashMap;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Subject};
use bufcheck_protocol::request::Request;

use crate::weight::is_new;

/// What a finding says about a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// Recorded.
    Known,
    /// Not recorded.
    New,
}

/// The requests that findings of a subject touch.
fn marks(subject: &Subject) -> HashMap<Request, Mark> {
    let mut marks: HashMap<Request, Mark> = HashMap::new();
    let mut touch = |requests: &[Request], level: Level, new: bool| {
        if level < Level::Should {
            return;
        }
        let mark = if new { Mark::New } else { Mark::Known };
        for &request in requests {
            let known = marks.entry(request).or_insert(mark);
            *known = (*known).max(mark);
        }
    };
    for finding in &subject.findings {
        touch(&finding.requests, finding.level, is_new(finding.standing));
        for folded in &finding.consequences {
            touch(&folded.requests, folded.level, is_new(folded.standing));
        }
    }
    marks
}

/// The cells of a row as markup, for the requests that are wanted. End tags may be left out in HTML.
pub(super) fn row(report: &Report, subject: &Subject, wanted: impl Fn(Request) -> bool) -> String {
    let marks = marks(subject);
    let answers = subject.answers.chars().chain(std::iter::repeat('-'));
    report
        .requests
        .iter()
        .zip(answers)
        .filter(|&(&request, _)| wanted(request))
        .map(|(request, answer)| cell(answer, marks.get(request).copied()))
        .collect()
}

/// A cell: the class colours it, the letter and the sign behind it say the same without colour.
fn cell(answer: char, mark: Option<Mark>) -> &'static str {
    match (answer, mark) {
        ('G', None) => "<td class=G>G",
        ('G', Some(Mark::Known)) => "<td class=Gk>G*",
        ('G', Some(Mark::New)) => "<td class=Gn>G!",
        ('R', None) => "<td class=R>R",
        ('R', Some(Mark::Known)) => "<td class=Rk>R*",
        ('R', Some(Mark::New)) => "<td class=Rn>R!",
        ('D', None) => "<td class=D>D",
        ('D', Some(Mark::Known)) => "<td class=Dk>D*",
        ('D', Some(Mark::New)) => "<td class=Dn>D!",
        ('H', None) => "<td class=H>H",
        ('H', Some(Mark::Known)) => "<td class=Hk>H*",
        ('H', Some(Mark::New)) => "<td class=Hn>H!",
        ('V', None) => "<td class=V>V",
        ('V', Some(Mark::Known)) => "<td class=Vk>V*",
        ('V', Some(Mark::New)) => "<td class=Vn>V!",
        (_, None) => "<td class=N>-",
        (_, Some(Mark::Known)) => "<td class=Nk>-*",
        (_, Some(Mark::New)) => "<td class=Nn>-!",
    }
}
