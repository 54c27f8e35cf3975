//! What a report amounts to: each subject in one class, the whole in a few sentences.
//!
//! Knows what counts and how it is said in plain words. Must never know markup, nor give a percentage: one
//! broken rule is not made better by many kept ones.

use std::collections::{BTreeSet, HashMap};

use bufcheck_model::case::{Level, Side};
use bufcheck_model::report::{Report, Standing, Status, Subject};

use crate::group::{Group, worst};
use crate::weight::{gravest_counted, gravest_new, harm, rules, title};
use crate::words::{count, cut, line, list};

/// What is said of a run that was ended early.
pub(crate) const INTERRUPTED: &str = "The run was interrupted: only what was judged by then is told.";

/// How many subjects are named in a sentence.
const NAMED: usize = 3;

/// What a subject means to the reader, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// A `must` rule is broken, or the process ended, and no record knows of it.
    Broken,
    /// Only `should` rules are broken that no record knows of.
    Dubious,
    /// It could not be made, or the harness failed.
    Fault,
    /// Nothing is broken, but not all of what was planned or declared could be tried.
    Incomplete,
    /// Everything was refused, and nobody declared that this is meant.
    Barren,
    /// Nothing is broken but what a race between threads showed, and may not show the next time.
    Racy,
    /// Every deviation is recorded.
    Recorded,
    /// Nothing to complain about.
    Conforms,
    /// It could not be tested here.
    NotTested,
}

impl Class {
    /// Its name in words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Broken => "breaks the protocol",
            Self::Dubious => "deviates from good practice",
            Self::Fault => "could not be run",
            Self::Incomplete => "tested in part",
            Self::Barren => "granted nothing",
            Self::Racy => "shows a race",
            Self::Recorded => "as recorded",
            Self::NotTested => "not tested",
            Self::Conforms => "conforms",
        }
    }
}

/// The class of a subject.
pub(crate) fn class(subject: &Subject) -> Class {
    let gravest = subject.findings.iter().filter_map(gravest_counted).max();
    match subject.status {
        Status::NotTested => Class::NotTested,
        Status::HarnessFault => Class::Fault,
        // A death without a finding is in no record, for records name rules.
        Status::Died | Status::Hung if subject.findings.is_empty() => Class::Broken,
        Status::Conforms
        | Status::Deviates
        | Status::Died
        | Status::Hung
        | Status::NothingGranted
        | Status::Incomplete => match gravest {
            Some(Level::Must) => Class::Broken,
            Some(Level::Should) => Class::Dubious,
            Some(Level::Contested | Level::Info) | None => without_new(subject),
        },
    }
}

/// The class of a subject that was tested and shows nothing new.
fn without_new(subject: &Subject) -> Class {
    if !subject.is_complete() {
        Class::Incomplete
    } else if subject.status == Status::NothingGranted {
        Class::Barren
    } else if subject.findings.iter().filter_map(gravest_new).max() >= Some(Level::Should) {
        Class::Racy
    } else if has_recorded(subject) {
        Class::Recorded
    } else {
        Class::Conforms
    }
}

/// Every subject once, with the gravest class it has on any interpreter.
pub(crate) fn distinct(report: &Report) -> Vec<(&Subject, Class)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut subjects: Vec<(&Subject, Class)> = Vec::new();
    for subject in &report.subjects {
        let here = class(subject);
        let place = *places.entry(&subject.id).or_insert(subjects.len());
        match subjects.get_mut(place) {
            Some((_, known)) if *known <= here => {}
            Some(known) => *known = (subject, here),
            None => subjects.push((subject, here)),
        }
    }
    subjects
}

fn has_recorded(subject: &Subject) -> bool {
    subject.findings.iter().any(|finding| {
        finding.level >= Level::Should
            || finding
                .consequences
                .iter()
                .any(|folded| folded.level >= Level::Should)
    })
}

/// What the whole report amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `bad`, `warn` or `good`: how it is coloured.
    pub(crate) tone: Tone,
    /// The first sentence, complete in itself.
    pub(crate) sentence: String,
    /// Further sentences.
    pub(crate) rest: Vec<String>,
}

/// How a verdict is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Somebody has to mend something.
    Bad,
    /// Somebody has to look.
    Warn,
    /// Nothing to do.
    Good,
}

impl Tone {
    /// The name of a style.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Good => "good",
        }
    }
}

/// The subjects of a report by class.
struct Sorted<'a> {
    broken: Vec<&'a Subject>,
    dubious: Vec<&'a Subject>,
    faults: Vec<&'a Subject>,
    incomplete: Vec<&'a Subject>,
    barren: Vec<&'a Subject>,
    racy: Vec<&'a Subject>,
    recorded: usize,
    conforms: usize,
    untested: usize,
    /// Those that refused whatever was asked, as they should.
    refusing: Vec<&'a Subject>,
}

impl Sorted<'_> {
    fn tested(&self) -> usize {
        let partly = self.incomplete.len() + self.barren.len() + self.racy.len();
        self.broken.len() + self.dubious.len() + partly + self.recorded + self.conforms
    }
}

/// Says what a report, with its findings as they are read, amounts to. Names are quoted in backticks.
pub(crate) fn verdict(report: &Report, groups: &[Group<'_>]) -> Verdict {
    let subjects = distinct(report);
    let of = |wanted: Class| -> Vec<&Subject> {
        subjects
            .iter()
            .filter(|(_, class)| *class == wanted)
            .map(|(subject, _)| *subject)
            .collect()
    };
    let sorted = Sorted {
        broken: of(Class::Broken),
        dubious: of(Class::Dubious),
        faults: of(Class::Fault),
        incomplete: of(Class::Incomplete),
        barren: of(Class::Barren),
        racy: of(Class::Racy),
        recorded: of(Class::Recorded).len(),
        conforms: of(Class::Conforms).len(),
        untested: of(Class::NotTested).len(),
        refusing: subjects
            .iter()
            .filter(|(subject, class)| refuses_all(subject) && *class != Class::Barren)
            .map(|(subject, _)| *subject)
            .collect(),
    };
    let mut said = about_new(&sorted, report, groups);
    if sorted.tested() == 0 {
        said.push("Nothing was tested.".to_owned());
    } else if said.is_empty() {
        said.push(about_nothing_new(&sorted));
    } else if sorted.recorded + sorted.conforms > 0 {
        let (conforms, recorded) = (sorted.conforms, sorted.recorded);
        said.push(format!(
            "Of the others, {} and {} as recorded.",
            conform(conforms),
            deviate(recorded)
        ));
    }
    said.extend(about_the_run(&sorted, report));
    let faults = !sorted.faults.is_empty();
    let partly = !sorted.incomplete.is_empty() || !sorted.barren.is_empty();
    let tone = if !sorted.broken.is_empty() || (sorted.tested() == 0 && faults) {
        Tone::Bad
    } else if sorted.dubious.is_empty()
        && !faults
        && !partly
        && sorted.racy.is_empty()
        && !report.interrupted
        && report.stale.is_empty()
        && sorted.tested() > 0
    {
        Tone::Good
    } else {
        Tone::Warn
    };
    let sentence = said.remove(0);
    Verdict {
        tone,
        sentence,
        rest: said,
    }
}

fn about_new(sorted: &Sorted<'_>, report: &Report, groups: &[Group<'_>]) -> Vec<String> {
    let mut said = Vec::new();
    // Who has no records need not be told of them.
    let records = report.subjects.iter().flat_map(|subject| &subject.findings);
    let unlike = if records
        .into_iter()
        .any(|finding| finding.standing == Standing::AsRecorded)
    {
        " in a way that no record knows"
    } else {
        ""
    };
    if !sorted.broken.is_empty() {
        said.push(about_broken(sorted, report, unlike));
        said.extend(about_worst(report, groups));
        for (status, verb) in [(Status::Died, "ended"), (Status::Hung, "hung")] {
            let ended = sorted
                .broken
                .iter()
                .copied()
                .filter(|subject| subject.status == status);
            let ended: Vec<&Subject> = ended.collect();
            if !ended.is_empty() {
                said.push(format!("The process {verb} under {}.", names(&ended)));
            }
        }
    }
    if !sorted.dubious.is_empty() {
        said.push(format!(
            "{} {} `should` rules{unlike}: {}.",
            count(sorted.dubious.len(), "subject"),
            if sorted.dubious.len() == 1 {
                "breaks"
            } else {
                "break"
            },
            names(&sorted.dubious),
        ));
        if sorted.broken.is_empty() {
            said.extend(about_worst(report, groups));
        }
    }
    if !sorted.incomplete.is_empty() {
        said.push(format!(
            "{} could be tested only in part: {}.",
            count(sorted.incomplete.len(), "subject"),
            names(&sorted.incomplete)
        ));
    }
    if !sorted.racy.is_empty() {
        let shows = if sorted.racy.len() == 1 { "shows" } else { "show" };
        said.push(format!(
            "{} {shows} a race between threads, which may not show the next time and decides nothing: {}.",
            count(sorted.racy.len(), "subject"),
            names(&sorted.racy)
        ));
    }
    let all = sorted.barren.iter().copied();
    let (idle, barren): (Vec<&Subject>, Vec<&Subject>) =
        all.partition(|subject| subject.kind == Side::Consumer);
    if !barren.is_empty() {
        let (granted, declared) = match barren.len() {
            1 => ("grants nothing", "is"),
            _ => ("grant nothing", "are"),
        };
        said.push(format!(
            "{} {granted}, and {declared} not declared to: {}.",
            count(barren.len(), "subject"),
            names(&barren)
        ));
    }
    if !idle.is_empty() {
        let never = if idle.len() == 1 {
            "never asked"
        } else {
            "never asked, each"
        };
        said.push(format!(
            "{} {never} for a buffer: {}.",
            count(idle.len(), "consumer"),
            names(&idle)
        ));
    }
    said
}

fn about_broken(sorted: &Sorted<'_>, report: &Report, unlike: &str) -> String {
    if let [only] = sorted.broken[..]
        && sorted.tested() == 1
    {
        let broken = |level| {
            let of = report
                .subjects
                .iter()
                .filter(|subject| subject.id == only.id)
                .flat_map(|subject| &subject.findings)
                .filter(|finding| finding.level == level && gravest_counted(finding).is_some());
            let rules: BTreeSet<&str> = of.map(|finding| finding.rule.as_str()).collect();
            rules.len()
        };
        let counted: Vec<String> = [Level::Must, Level::Should]
            .into_iter()
            .map(|level| (level.name(), broken(level)))
            .filter(|(_, number)| *number > 0)
            .map(|(level, number)| count(number, &format!("`{level}` rule")))
            .collect();
        if !counted.is_empty() {
            let rules = counted.join(" and ");
            return format!("{} is not sound: it breaks {rules}{unlike}.", names(&[only]));
        }
    }
    format!(
        "{} of {} {} the protocol{unlike}: {}.",
        sorted.broken.len(),
        count(sorted.tested(), "subject"),
        if sorted.broken.len() == 1 {
            "breaks"
        } else {
            "break"
        },
        names(&sorted.broken),
    )
}

/// The worst of what is new, in one sentence.
fn about_worst(report: &Report, groups: &[Group<'_>]) -> Option<String> {
    let rules = rules(report);
    let entry = worst(groups, &rules, 1).pop()?;
    let named = rules
        .get(entry.finding.rule.as_str())
        .is_some_and(|rule| !rule.title.is_empty());
    let title = title(entry.finding, &rules).replace('`', "'");
    let title = if named { title } else { format!("`{title}`") };
    let harm = harm(entry.finding, &rules).name();
    Some(format!("Worst: {}: {title} ({harm}).", names(&[entry.subject])))
}

/// Whether every answer was a refusal.
fn refuses_all(subject: &Subject) -> bool {
    subject.requests.refused > 0 && subject.requests.granted == 0 && !subject.answers.contains('V')
}

fn about_nothing_new(sorted: &Sorted<'_>) -> String {
    match (sorted.conforms, sorted.recorded) {
        (1, 0) => "The only subject that was tested conforms to every rule that was checked.".to_owned(),
        (conforms, 0) => format!("All {conforms} subjects conform to every rule that was checked."),
        (0, recorded) => format!("Nothing new: {} as recorded.", deviate(recorded)),
        (conforms, recorded) => {
            format!(
                "Nothing new: {}, {} as recorded.",
                conform(conforms),
                deviate(recorded)
            )
        }
    }
}

fn about_the_run(sorted: &Sorted<'_>, report: &Report) -> Vec<String> {
    let mut said = Vec::new();
    if report.interrupted {
        said.push(INTERRUPTED.to_owned());
    }
    if !sorted.faults.is_empty() {
        let faults = &sorted.faults;
        said.push(format!(
            "{} could not be run: {}.",
            count(faults.len(), "subject"),
            names(faults)
        ));
    }
    if !sorted.refusing.is_empty() {
        said.push(format!(
            "Only refusals were judged of {}, which granted nothing.",
            names(&sorted.refusing)
        ));
    }
    match report.stale.len() {
        0 => {}
        1 => said.push("1 record of a known deviation no longer holds.".to_owned()),
        several => said.push(format!("{several} records of known deviations no longer hold.")),
    }
    if sorted.untested > 0 && sorted.tested() > 0 {
        let was = if sorted.untested == 1 { "was" } else { "were" };
        said.push(format!(
            "{} {was} not tested, for the reasons given.",
            count(sorted.untested, "subject")
        ));
    }
    said
}

fn conform(number: usize) -> String {
    if number == 1 {
        "1 conforms".to_owned()
    } else {
        format!("{number} conform")
    }
}

fn deviate(number: usize) -> String {
    if number == 1 {
        "1 deviates".to_owned()
    } else {
        format!("{number} deviate")
    }
}

/// A text in parts: plain words, and what stands between backticks (marked `true`).
pub(crate) fn spans(text: &str) -> Vec<(bool, &str)> {
    // A backtick without a partner is one of the text itself.
    if !text.matches('`').count().is_multiple_of(2) {
        return vec![(false, text)];
    }
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| (index % 2 == 1, part))
        .filter(|(_, part)| !part.is_empty())
        .collect()
}

/// The first few ids, each once although it ran on several interpreters.
fn names(subjects: &[&Subject]) -> String {
    let mut ids: Vec<String> = Vec::new();
    for subject in subjects {
        // A backtick in a name would end the quotation.
        let id = format!("`{}`", cut(&line(&subject.id), 60).replace('`', "'"));
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    list(&ids, NAMED)
}
