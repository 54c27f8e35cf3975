//! Exporters that attack their process: each costs one verdict, with the request that was in flight named, and
//! the run goes on.

mod support;

use std::time::Duration;

use bufcheck_model::report::{Report, Status};
use bufcheck_runner::bench::Bench;
use bufcheck_runner::judge::assemble;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::stop::Stop;
use bufcheck_runner::supervise::worker::Limits;

/// Runs every exporter of `cases/exporters/hostile.json`, with a clean one at both ends.
fn run() -> Report {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let all = Selection::default();
    let clean = Selection {
        subjects: vec!["bytes/plain".into()],
        ..Selection::default()
    };
    let mut plan = Plan::new(catalogue.clone(), &Subjects::Files("hostile"), &all).expect("a plan");
    let clean = Plan::new(catalogue, &Subjects::Corpus, &clean)
        .expect("a plan")
        .subjects;
    plan.subjects.splice(0..0, clean.clone());
    let mut last = clean;
    last[0].case.id = "bytes/last".into();
    plan.subjects.extend(last);
    let settings = Settings {
        hosts: vec![Host::Embedded {
            program: support::worker(),
            arguments: Vec::new(),
        }],
        jobs: 2,
        stop: Stop::default(),
        path: Vec::new(),
        // A hang is certain after two seconds without a step; nothing else here takes that long.
        limits: Limits {
            step: Duration::from_secs(2),
            memory: 512 << 20,
            ..Limits::default()
        },
    };
    let ran = pool::run(&plan, &settings, &mut |_| {});
    let bench = Bench::of(&plan);
    assemble(ran.subjects, &ran.run, &bench, false, ran.interrupted).expect("a report")
}

#[test]
fn each_attack_costs_one_verdict() {
    let report = run();
    let text = |subject: &bufcheck_model::report::Subject| {
        format!("{}: {:?} {:?}", subject.id, subject.status, subject.reason)
    };
    let told: Vec<String> = report.subjects.iter().map(text).collect();
    assert!(report.subjects.len() >= 12, "{told:#?}");
    for clean in [report.subjects.first(), report.subjects.last()] {
        assert_eq!(
            clean.map(|subject| subject.status),
            Some(Status::Conforms),
            "{told:#?}"
        );
    }
    let of = |part: &str| {
        let found = report.subjects.iter().find(|subject| subject.id.contains(part));
        found.unwrap_or_else(|| panic!("no hostile exporter `{part}` in {told:#?}"))
    };
    for (part, how) in [
        ("segfault", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("exit-0", "status 0"),
    ] {
        let subject = of(part);
        assert_eq!(subject.status, Status::Died, "{}", text(subject));
        let death = subject
            .findings
            .iter()
            .find(|finding| finding.rule == "process.survives");
        let death = death.unwrap_or_else(|| panic!("{}", text(subject)));
        assert!(death.found.contains(how), "{}", death.found);
        assert!(!death.requests.is_empty(), "the request is named: {death:?}");
    }
    let hung = of("loop");
    assert_eq!(hung.status, Status::Hung, "{}", text(hung));
    for part in ["system-exit", "keyboard-interrupt"] {
        let subject = of(part);
        // Every request is refused, by an exception that no consumer catches, although it is declared what the object
        // holds: a `must` of its own.
        assert_eq!(subject.status, Status::Deviates, "{}", text(subject));
        assert!(
            subject
                .findings
                .iter()
                .any(|finding| finding.rule == "refusal.raises-buffererror")
        );
    }
    let flood = of("print-forever");
    let told = flood
        .findings
        .iter()
        .find(|finding| finding.rule == "process.survives");
    let told = told.unwrap_or_else(|| panic!("{}", text(flood)));
    assert!(told.found.contains("printed without end"), "{}", told.found);
    let printing = of("print");
    assert!(!printing.output.is_empty(), "what it printed is attached");
}
