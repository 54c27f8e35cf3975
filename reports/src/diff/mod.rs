//! What two reports do not have in common, for a review of a change: Markdown and one HTML page.
//!
//! Knows the order in which transitions are read: what is worse first. Must never compare.

mod html;
mod markdown;

use bufcheck_model::report::{Absence, Comparison, Difference};
use bufcheck_model::report::{Standing, Status};
use serde::Serialize;

pub use html::html;
pub use markdown::markdown;

/// A transition as a row of a table; the texts are as they came from outside.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    what: &'static str,
    subject: &'a str,
    interpreter: &'a str,
    rule: &'a str,
    level: &'static str,
    before: &'a str,
    after: &'a str,
}

/// All transitions: new, changed, what became of subjects, fixed, then what appeared as recorded.
pub(crate) fn rows(comparison: &Comparison) -> Vec<Row<'_>> {
    let of = |wanted: Standing| {
        let own = comparison
            .differences
            .iter()
            .filter(move |found| found.standing == wanted);
        own.map(difference)
    };
    of(Standing::New)
        .chain(of(Standing::ByChance))
        .chain(of(Standing::Changed))
        .chain(comparison.absences.iter().map(absence))
        .chain(of(Standing::Fixed))
        .chain(of(Standing::AsRecorded))
        .collect()
}

fn difference(found: &Difference) -> Row<'_> {
    Row {
        what: found.standing.name(),
        subject: &found.subject,
        interpreter: &found.interpreter,
        rule: &found.rule,
        level: found.level.name(),
        before: found.before.as_deref().unwrap_or_default(),
        after: found.after.as_deref().unwrap_or_default(),
    }
}

fn absence(absent: &Absence) -> Row<'_> {
    let name = |status: Option<Status>| status.map_or("", Status::name);
    Row {
        what: match (absent.before, absent.after) {
            (Some(_), Some(_)) => "status",
            (Some(_), None) => "vanished",
            (None, _) => "appeared",
        },
        subject: &absent.subject,
        interpreter: &absent.interpreter,
        rule: "",
        level: "",
        before: name(absent.before),
        after: name(absent.after),
    }
}

/// The sums in one sentence.
pub(crate) fn sums(comparison: &Comparison) -> String {
    let count = |wanted| {
        comparison
            .differences
            .iter()
            .filter(|found| found.standing == wanted)
            .count()
    };
    format!(
        "{} new, {} fixed, {} changed; {} subjects appeared, vanished or amount to something else.",
        count(Standing::New),
        count(Standing::Fixed),
        count(Standing::Changed),
        comparison.absences.len()
    )
}
