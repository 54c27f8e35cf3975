//! Random histories, tested: planted faults are found whatever the seed, what is clean is left in peace, and what
//! was found breaks the same rule when it is played as a case.
//!
//! Knows which fault each mutant has. Must never depend on one seed: every claim is made for three.

mod support;

use bufcheck_model::case::{Level, Side};
use bufcheck_model::report::{Status, Subject};
use bufcheck_model::scenario::ScenarioCase;
use bufcheck_runner::fuzz::{Fuzzed, Game, fuzz, narrow};
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::pool;
use support::settings;

const SEEDS: [u64; 3] = [1, 2, 3];

fn plan(set: &Subjects<'_>, wanted: impl Fn(&str) -> bool) -> Plan {
    let catalogue = Catalogue::embedded().expect("the data is sound");
    let mut plan = Plan::new(catalogue, set, &Selection::default()).expect("a plan");
    plan.subjects.retain(|subject| wanted(&subject.case.id));
    plan
}

fn played(mut plan: Plan, seed: u64, steps: usize) -> Vec<(Subject, Fuzzed)> {
    narrow(&mut plan);
    let (ran, fuzzed) = fuzz(&plan, Game { seed, steps }, &settings(), &mut |_| {});
    assert!(ran.unusable.is_empty(), "{:?}", ran.unusable);
    ran.subjects.into_iter().zip(fuzzed).collect()
}

fn broken(subject: &Subject, least: Level) -> Vec<&str> {
    let findings = subject.findings.iter();
    findings
        .flat_map(|finding| {
            let folded = finding.consequences.iter();
            std::iter::once((finding.level, finding.rule.as_str()))
                .chain(folded.map(|folded| (folded.level, folded.rule.as_str())))
        })
        .filter(|(level, _)| *level >= least)
        .map(|(_, rule)| rule)
        .collect()
}

/// Mutants whose fault shows over time, and the rule that must be found broken.
const PLANTED: [(&str, &str); 13] = [
    ("mutants/export/no-lock", "export.locks-resize"),
    ("mutants/export/no-lock-close", "export.locks-resize"),
    ("mutants/export/first-release-unlocks", "export.locks-resize"),
    ("mutants/export/changes-first", "export.lock-before-mutation"),
    (
        "mutants/export/second-view-moves-shape",
        "export.multiple-views-independent",
    ),
    (
        "mutants/export/second-view-value-error",
        "export.multiple-simultaneous",
    ),
    ("mutants/lifetime/no-owner", "lifetime.view-outlives-names"),
    ("mutants/release/by-address", "release.restores-resizability"),
    ("mutants/release/never-unlocks", "release.restores-resizability"),
    ("mutants/release/spoils-arrays", "release.order-independent"),
    (
        "mutants/release/clears-exception",
        "release.preserves-pending-exception",
    ),
    ("mutants/release/raises", "release.never-fails"),
    ("mutants/leak/refusal", "obj.refcount-balanced"),
];

#[test]
fn planted_faults_are_found_with_any_seed() {
    for seed in SEEDS {
        let plan = plan(&Subjects::Mutants, |id| {
            PLANTED.iter().any(|(known, _)| *known == id)
        });
        assert_eq!(plan.subjects.len(), PLANTED.len());
        for (subject, fuzzed) in played(plan, seed, 2000) {
            let rule = PLANTED
                .iter()
                .find(|(id, _)| *id == subject.id)
                .map_or("", |(_, rule)| rule);
            let found = broken(&subject, Level::Info);
            // Who writes through a view of memory that was freed may damage the heap before anything else shows.
            if rule == "lifetime.view-outlives-names" && found.contains(&"memory.heap-intact") {
                continue;
            }
            assert!(
                found.contains(&rule),
                "seed {seed}: {} breaks {found:?}, not {rule}; {:?}",
                subject.id,
                subject.reason
            );
            let shortest = fuzzed.found.iter().find(|found| found.rule == rule);
            let acts = shortest.map_or(0, |found| found.case.acts.len());
            assert!((1..=16).contains(&acts), "seed {seed}: {shortest:?}");
        }
    }
}

#[test]
fn what_is_clean_is_left_in_peace() {
    for seed in SEEDS {
        let mut clean = plan(&Subjects::Clean, |_| true);
        clean.subjects.retain(|subject| subject.consumer.is_none());
        for (subject, fuzzed) in played(clean, seed, 300) {
            let ran = fuzzed.histories + fuzzed.sets > 0 || subject.status == Status::NotTested;
            assert!(ran, "seed {seed}: {}: {:?}", subject.id, subject.reason);
            let found = broken(&subject, Level::Should);
            assert!(
                found.is_empty(),
                "seed {seed}: {} breaks {found:?}: {:?}",
                subject.id,
                fuzzed.found
            );
        }
    }
}

#[test]
fn what_was_found_is_a_case_like_any_other() {
    let id = "mutants/export/no-lock";
    let found = played(plan(&Subjects::Mutants, |known| known == id), 5, 2000);
    let case: ScenarioCase = found[0].1.found[0].case.clone();
    let text = serde_json::to_string(&case).expect("plain data");
    let read: ScenarioCase = serde_json::from_str(&text).expect("the schema of scenarios");
    assert_eq!(read, case);
    let mut again = plan(&Subjects::Mutants, |known| known == id);
    again.scenarios = vec![read.clone()];
    again.catalogue.scenarios = vec![read];
    let ran = pool::run(&again, &settings(), &mut |_| {});
    assert_eq!(ran.subjects[0].status, Status::Deviates);
    assert!(broken(&ran.subjects[0], Level::Must).contains(&"export.locks-resize"));
}

#[test]
fn the_same_seed_finds_the_same() {
    let once = || {
        let played = played(
            plan(&Subjects::Mutants, |id| id == "mutants/release/raises"),
            11,
            1000,
        );
        played[0].1.found.clone()
    };
    assert_eq!(once(), once());
}

/// Functions that are right as long as nothing came before, and the rule that calls in a row show broken.
const FORGETFUL: [(&str, &str); 3] = [
    // What an object held at first is taken for what it holds.
    (
        "builtins:(lambda known: lambda data: known.setdefault(id(data), bytes(data)))({})",
        "consumer.right-result",
    ),
    // From the third call with one object on, the last byte is lost.
    (
        "collections:(lambda counts: lambda data: (counts.update([id(data)]), \
         bytes(data)[:-1] if counts[id(data)] > 2 else bytes(data))[1])(Counter())",
        "consumer.right-result",
    ),
    // Once a writable object has come twice, its views are kept.
    (
        "collections:(lambda counts, kept: lambda data: (lambda view: (counts.update([id(data)]), \
         kept.append(view) if counts[id(data)] > 2 and not view.readonly else None, bytes(view))[2])\
         (memoryview(data)))(Counter(), [])",
        "release.exactly-once",
    ),
];

fn of_consumers(calls: &[String], seed: u64, steps: usize) -> Vec<(Subject, Fuzzed)> {
    let set = Subjects::Targets {
        targets: &[],
        consumers: calls,
        configuration: None,
    };
    played(plan(&set, |_| true), seed, steps)
}

#[test]
fn what_a_consumer_forgets_or_keeps_shows_in_a_few_calls() {
    let calls: Vec<String> = FORGETFUL.iter().map(|(call, _)| (*call).to_owned()).collect();
    for seed in [1, 2] {
        for ((subject, _), (call, rule)) in of_consumers(&calls, seed, 300).iter().zip(FORGETFUL) {
            assert_eq!(subject.kind, Side::Consumer);
            let found: Vec<_> = subject
                .findings
                .iter()
                .map(|finding| finding.rule.as_str())
                .collect();
            let finding = subject.findings.iter().find(|finding| finding.rule == rule);
            let finding = finding.unwrap_or_else(|| panic!("seed {seed}: {call} breaks {found:?}"));
            assert!(finding.case.starts_with("scenarios/fuzz/"), "{}", finding.case);
            let calls = finding.found.matches("; (").count() + 1;
            assert!((2..=3).contains(&calls), "seed {seed}: {}", finding.found);
        }
    }
}

#[test]
fn a_consumer_that_is_sound_or_remembers_rightly_is_left_in_peace() {
    let calls = [
        "zlib:crc32".to_owned(),
        "builtins:bytes".into(),
        // What came before is part of the result.
        "builtins:(lambda memory: lambda data: (memory.__setitem__(slice(0, {'B': memoryview(data).nbytes} \
         [memoryview(data).format]), data), bytes(memory))[1])(bytearray(64))"
            .into(),
        // A last view that is kept, and given back when the next one comes.
        "builtins:(lambda last: lambda data: bytes((last.clear(), last.append(memoryview(data)), last[0])[2]))([])"
            .into(),
    ];
    for (subject, fuzzed) in of_consumers(&calls, 1, 200) {
        assert!(fuzzed.histories > 10, "{}: {:?}", subject.id, subject.reason);
        assert!(
            subject.findings.is_empty(),
            "{}: {:?}",
            subject.id,
            subject.findings
        );
    }
}

#[test]
fn calls_of_clean_consumers_break_nothing() {
    let mut clean = plan(&Subjects::Clean, |_| true);
    clean.subjects.retain(|subject| subject.consumer.is_some());
    for (subject, _) in played(clean, 1, 40) {
        let found = broken(&subject, Level::Should);
        assert!(
            found.is_empty(),
            "{} breaks {found:?}: {:?}",
            subject.id,
            subject.findings
        );
    }
}

#[test]
fn the_same_seed_finds_the_same_calls() {
    let calls = [FORGETFUL[0].0.to_owned()];
    let once = || of_consumers(&calls, 4, 400)[0].0.findings[0].found.clone();
    assert_eq!(once(), once());
}

/// Defects of the interpreter's functions, each of which random arguments meet.
const BENT: [&str; 10] = [
    "contiguous-strict-on-one",
    "contiguous-downwards",
    "pointer-zero-is-none",
    "to-flat",
    "from-stops-early",
    "copy-flat",
    "strides-of-one",
    "fill-sets-format",
    "get-drops-writable",
    "buffer-drops-readonly",
];

#[test]
fn a_defect_of_the_interpreter_is_found_by_random_arguments_and_told_with_simple_ones() {
    for seed in SEEDS {
        let wanted = |id: &str| {
            BENT.iter()
                .any(|bent| id == format!("mutants/interpreter/{bent}"))
        };
        let plan = plan(&Subjects::Mutants, wanted);
        let breaks: Vec<String> = plan
            .subjects
            .iter()
            .filter_map(|subject| Some(subject.interpreter.as_ref()?.rule.clone()))
            .collect();
        assert_eq!(breaks.len(), BENT.len());
        for ((subject, fuzzed), rule) in played(plan, seed, 300).iter().zip(breaks) {
            assert_eq!(
                broken(subject, Level::Info),
                [rule],
                "{}, seed {seed}",
                subject.id
            );
            let found = fuzzed.calls.as_ref().expect("what was found");
            let [case] = &found.cases[..] else {
                panic!("{}: one case, not {}", subject.id, found.cases.len())
            };
            assert!(
                case.id.starts_with(&format!("{}/random-{seed}-", found.id)),
                "{}",
                case.id
            );
            let text = serde_json::to_string(case).expect("a case is JSON");
            assert!(text.len() < 1000, "{}: {text}", subject.id);
        }
    }
}

#[test]
fn the_interpreter_as_it_is_gives_what_is_wanted_of_random_arguments() {
    for seed in SEEDS {
        let played = played(
            plan(&Subjects::Corpus, |id| id.starts_with("interpreter/")),
            seed,
            200,
        );
        assert!(played.len() >= 25, "{}", played.len());
        for (subject, fuzzed) in played {
            assert_eq!(
                subject.status,
                Status::Conforms,
                "{}: {:?}",
                subject.id,
                subject.findings
            );
            assert!(fuzzed.sets >= 100, "{}: {}", subject.id, fuzzed.sets);
        }
    }
}
