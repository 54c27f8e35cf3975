//! How a command went.
//!
//! Knows the exit statuses, which are a contract. Must never print anything.

use std::process::ExitCode;

use bufcheck_model::case::Level;
use bufcheck_model::report::{Report, Standing, Status, Subject};
use bufcheck_rules::death::is_told_by;

use super::interrupt;

/// How a command went: the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Conforming, or as recorded.
    Conforms,
    /// A rule is broken.
    Broken,
    /// Usage or configuration.
    Usage,
    /// Could not run.
    CouldNotRun,
    /// A record of a known deviation is stale.
    Stale,
    /// Nothing was selected, or nothing was granted.
    Nothing,
    /// Interrupted by SIGINT; what was judged by then was written.
    Interrupted,
    /// The same by SIGTERM.
    Terminated,
    /// The same by SIGHUP.
    HungUp,
    /// That of the command that was traced.
    Command(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

impl Exit {
    /// The number.
    pub const fn status(self) -> u8 {
        match self {
            Self::Conforms => 0,
            Self::Broken => 1,
            Self::Usage => 2,
            Self::CouldNotRun => 3,
            Self::Stale => 4,
            Self::Nothing => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::HungUp => 129,
            Self::Command(status) => status,
        }
    }

    /// The status that tells of the signal that came.
    pub(super) fn of_signal() -> Self {
        let status = interrupt::signal() + interrupt::BY_SIGNAL;
        let all = [Self::Interrupted, Self::Terminated, Self::HungUp];
        let told = all.into_iter().find(|exit| i32::from(exit.status()) == status);
        told.unwrap_or(Self::Interrupted)
    }
}

/// The exit status of a report, and of the interpreters that could not be used. What is broken comes first: it is so
/// whatever else could not be tried. Then what could not be tried, stale records, and objects that granted nothing.
pub(super) fn exit(report: &Report, level: Level, unusable: &[(String, String)]) -> Exit {
    if report.interrupted {
        return Exit::of_signal();
    }
    let any = |holds: &dyn Fn(&Subject) -> bool| report.subjects.iter().any(holds);
    if any(&|subject| is_broken(subject, level)) {
        Exit::Broken
    } else if !unusable.is_empty() || any(&could_not_run) {
        Exit::CouldNotRun
    } else if !report.stale.is_empty() {
        Exit::Stale
    } else if any(&|subject| subject.status == Status::NothingGranted)
        || !any(&|subject| subject.status.is_tested())
    {
        Exit::Nothing
    } else {
        Exit::Conforms
    }
}

fn could_not_run(subject: &Subject) -> bool {
    subject.status == Status::HarnessFault || (subject.status.is_tested() && !subject.is_complete())
}

fn is_broken(subject: &Subject, level: Level) -> bool {
    let counts = |found: Level, standing: Standing| found >= level && standing == Standing::New;
    let breaks = subject.findings.iter().any(|finding| {
        let mut folded = finding.consequences.iter();
        counts(finding.level, finding.standing) || folded.any(|folded| counts(folded.level, folded.standing))
    });
    // Whichever rules were chosen: a death that nobody recorded is one.
    breaks || (matches!(subject.status, Status::Died | Status::Hung) && !has_told_death(subject))
}

/// Whether the death is among the findings, where the record can speak of it.
fn has_told_death(subject: &Subject) -> bool {
    subject.findings.iter().any(|finding| {
        let mut folded = finding.consequences.iter();
        is_told_by(&finding.rule) || folded.any(|folded| is_told_by(&folded.rule))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bufcheck_model::case::Side;
    use bufcheck_model::not_asked::{Kind, NotAsked, Why};
    use bufcheck_model::report::{Counts, Finding, SCHEMA, Stale, Tool, Totals};
    use bufcheck_rules::death::SURVIVES;

    fn subject(status: Status) -> Subject {
        Subject {
            id: "x".into(),
            kind: Side::Exporter,
            package: None,
            version: None,
            interpreter: "cpython-3.13".into(),
            type_name: None,
            registered: None,
            status,
            reason: Vec::new(),
            faults: Vec::new(),
            unusable: Vec::new(),
            not_asked: Vec::new(),
            untested: Vec::new(),
            noticed: Vec::new(),
            findings: Vec::new(),
            requests: Counts::default(),
            answers: String::new(),
            camps: std::collections::BTreeMap::default(),
            output: String::new(),
        }
    }

    fn finding(rule: &str, level: Level, standing: Standing) -> Finding {
        Finding {
            rule: rule.into(),
            level,
            requests: Vec::new(),
            case: String::new(),
            found: String::new(),
            wanted: String::new(),
            standing,
            reason: None,
            link: None,
            repro: String::new(),
            id: String::new(),
            headline: String::new(),
            requests_said: String::new(),
            steps: Vec::new(),
            death: None,
            proof: None,
            example: None,
            consequences: Vec::new(),
        }
    }

    fn with(status: Status, rule: &str, level: Level, standing: Standing) -> Subject {
        Subject {
            findings: vec![finding(rule, level, standing)],
            ..subject(status)
        }
    }

    fn of(subjects: Vec<Subject>, stale: bool) -> Exit {
        let record = Stale {
            file: String::new(),
            line: None,
            subject: String::new(),
            rule: String::new(),
            interpreter: None,
            problem: String::new(),
        };
        let report = Report {
            schema: SCHEMA,
            tool: Tool {
                name: String::new(),
                version: String::new(),
            },
            run: None,
            since: None,
            interpreters: Vec::new(),
            requests: Vec::new(),
            subjects,
            rules: Vec::new(),
            stale: stale.then_some(record).into_iter().collect(),
            totals: Totals::default(),
            selftest: Vec::new(),
            interrupted: false,
            shard: None,
        };
        exit(&report, Level::Must, &[])
    }

    #[test]
    fn what_is_broken_comes_before_what_could_not_run_and_that_before_stale_and_nothing() {
        let broken = with(Status::Deviates, "x.y", Level::Must, Standing::New);
        let fault = subject(Status::HarnessFault);
        let barren = subject(Status::NothingGranted);
        let good = subject(Status::Conforms);
        let all = [broken, fault, barren, good];
        assert_eq!(of(all.to_vec(), true), Exit::Broken);
        assert_eq!(of(all[1..].to_vec(), true), Exit::CouldNotRun);
        assert_eq!(of(all[2..].to_vec(), true), Exit::Stale);
        assert_eq!(of(all[2..].to_vec(), false), Exit::Nothing);
        assert_eq!(of(all[3..].to_vec(), false), Exit::Conforms);
        assert_eq!(of(Vec::new(), false), Exit::Nothing);
    }

    #[test]
    fn what_a_race_shows_decides_nothing() {
        let mut racy = with(Status::Deviates, "thread.x", Level::Must, Standing::ByChance);
        assert_eq!(of(vec![racy.clone()], false), Exit::Conforms);
        racy.findings.push(finding("x.y", Level::Must, Standing::New));
        assert_eq!(of(vec![racy], false), Exit::Broken);
    }

    #[test]
    fn a_death_counts_whatever_was_selected_unless_it_is_recorded() {
        assert_eq!(of(vec![subject(Status::Died)], false), Exit::Broken);
        let other = with(Status::Hung, "format.x", Level::Must, Standing::AsRecorded);
        assert_eq!(of(vec![other], false), Exit::Broken);
        let recorded = with(Status::Died, SURVIVES, Level::Must, Standing::AsRecorded);
        assert_eq!(of(vec![recorded], false), Exit::Conforms);
    }

    #[test]
    fn a_recorded_death_excuses_nothing_else() {
        let recorded = with(Status::Died, SURVIVES, Level::Must, Standing::AsRecorded);
        let left_out = |why| Subject {
            not_asked: vec![NotAsked {
                what: Kind::Scenarios,
                count: 3,
                why,
                reason: String::new(),
            }],
            ..recorded.clone()
        };
        assert_eq!(of(vec![left_out(Why::Fatal)], false), Exit::Conforms);
        assert_eq!(of(vec![left_out(Why::GivenUp)], false), Exit::CouldNotRun);
        let unsteady = Subject {
            faults: vec!["seen once".into()],
            ..recorded
        };
        assert_eq!(of(vec![unsteady], false), Exit::CouldNotRun);
    }
}
