//! Subjects by families of rules, the worst first; every mark leads to a finding.
//!
//! Knows which finding of a family weighs most. Must never hold markup.

use std::collections::{BTreeSet, HashMap};

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Status, Subject};
use serde::Serialize;

use super::finding::Addresses;
use crate::group::{Entry, Group, Kind};
use crate::verdict::{Class, Tone, distinct};
use crate::weight::{Rules, harm, weight};
use crate::words::{count, family};

/// The table.
#[derive(Serialize)]
pub(super) struct Table<'a> {
    families: Vec<&'a str>,
    rows: Vec<Row<'a>>,
    /// Those of which nothing is told.
    sound: Vec<&'a str>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    anchor: String,
    tone: &'static str,
    verdict: &'static str,
    harm: &'static str,
    marks: Vec<Option<Mark>>,
}

#[derive(Serialize)]
struct Mark {
    sign: &'static str,
    level: &'static str,
    said: String,
    anchor: String,
}

/// The table of a report; `anchors` lead to what is told of each subject.
pub(super) fn table<'a>(
    report: &'a Report,
    groups: &[Group<'a>],
    rules: &Rules<'a>,
    (addresses, anchors): (&Addresses, &HashMap<&str, &str>),
) -> Table<'a> {
    let counted = |group: &Group<'a>| -> Vec<Entry<'a>> {
        group
            .entries
            .iter()
            .filter(|entry| entry.kind() != Kind::Remark)
            .cloned()
            .collect()
    };
    let mut told: Vec<(&Group<'a>, Vec<Entry<'a>>)> = groups
        .iter()
        .map(|group| (group, counted(group)))
        .filter(|(group, _)| {
            group
                .subjects
                .first()
                .is_some_and(|subject| anchors.contains_key(subject.id.as_str()))
        })
        .collect();
    told.sort_by_key(|(_, entries)| {
        std::cmp::Reverse(entries.first().map(|entry| weight(entry.finding, rules)))
    });
    let families: BTreeSet<&str> = told
        .iter()
        .flat_map(|(_, entries)| entries)
        .map(|entry| family(&entry.finding.rule))
        .collect();
    let families: Vec<&str> = families.into_iter().collect();
    let classes: HashMap<&str, Class> = distinct(report)
        .into_iter()
        .map(|(subject, class)| (subject.id.as_str(), class))
        .collect();
    let rows = told
        .iter()
        .filter_map(|(group, entries)| {
            let subject = *group.subjects.first()?;
            let class = *classes.get(subject.id.as_str())?;
            let worst = entries.iter().map(|entry| harm(entry.finding, rules)).max();
            Some(Row {
                id: &subject.id,
                anchor: (*anchors.get(subject.id.as_str())?).to_owned(),
                tone: tone(class),
                verdict: verdict(&group.subjects, class),
                harm: worst.map_or("", bufcheck_model::case::Harm::name),
                marks: families
                    .iter()
                    .map(|family| mark(entries, family, addresses))
                    .collect(),
            })
        })
        .collect();
    let sound = groups
        .iter()
        .filter_map(|group| group.subjects.first())
        .map(|subject| subject.id.as_str())
        .filter(|id| !anchors.contains_key(id))
        .collect();
    Table {
        families,
        rows,
        sound,
    }
}

fn verdict(subjects: &[&Subject], class: Class) -> &'static str {
    let has = |status| class == Class::Broken && subjects.iter().any(|subject| subject.status == status);
    if has(Status::Died) {
        "process ended"
    } else if has(Status::Hung) {
        "process hung"
    } else {
        class.name()
    }
}

/// The mark of a family: it leads to the finding that weighs most, and counts those of its kind.
fn mark(entries: &[Entry<'_>], wanted: &str, addresses: &Addresses) -> Option<Mark> {
    let own = || {
        entries
            .iter()
            .filter(|entry| family(&entry.finding.rule) == wanted)
    };
    let of = |entry: &Entry<'_>| (entry.kind() == Kind::New, entry.finding.level);
    let worst = own().next()?;
    let alike = own().filter(|entry| of(entry) == of(worst)).count();
    let (sign, level) = match of(worst) {
        (true, Level::Must) => ("✗", "must"),
        (true, _) => ("!", "should"),
        (false, _) => ("·", "known"),
    };
    let what = if level == "known" { "recorded" } else { level };
    Some(Mark {
        sign,
        level,
        said: format!("{wanted}: {}", count(alike, &format!("{what} finding"))),
        anchor: addresses.of(worst.finding).1,
    })
}

/// How a class is coloured.
pub(super) const fn tone(class: Class) -> &'static str {
    match class {
        Class::Broken => Tone::Bad.name(),
        Class::Dubious | Class::Fault | Class::Incomplete | Class::Barren | Class::Racy => Tone::Warn.name(),
        Class::Conforms => Tone::Good.name(),
        Class::Recorded => "known",
        Class::NotTested => "dim",
    }
}
