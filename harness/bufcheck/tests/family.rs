//! Processes that the code under test starts: none outlives its subject, and each way of overdoing it has its words.
//!
//! Knows exporters of the standard library with set-up lines. Must never wait for long: what is left shows at once.
#![cfg(target_os = "linux")]

mod support;

use std::fs::{read, read_dir};
use std::time::Duration;

use bufcheck_model::case::Config;
use bufcheck_model::report::{Report, Status, Subject};
use bufcheck_runner::bench::Bench;
use bufcheck_runner::judge::assemble;
use bufcheck_runner::plan::catalogue::Catalogue;
use bufcheck_runner::plan::config::Configuration;
use bufcheck_runner::plan::{Plan, Selection, Subjects};
use bufcheck_runner::supervise::pool;
use bufcheck_runner::supervise::pool::Settings;
use bufcheck_runner::supervise::worker::Limits;

/// Checks what `made()` of these set-up lines returns.
fn check(setup: &str) -> Report {
    let config: Config = serde_json::from_value(serde_json::json!({
        "exporter": [{"id": "x", "make": "builtins:made()", "setup": setup}],
    }))
    .expect("a description");
    let configuration =
        Configuration::of(config, "bufcheck.toml".into(), String::new()).expect("it makes sense");
    let subjects = Subjects::Configured(&configuration);
    let plan = Plan::new(
        Catalogue::embedded().expect("the data is sound"),
        &subjects,
        &Selection::default(),
    )
    .expect("a plan");
    let settings = Settings {
        limits: Limits {
            step: Duration::from_secs(5),
            ..Limits::default()
        },
        ..support::settings()
    };
    let ran = pool::run(&plan, &settings, &mut |_| {});
    let bench = Bench::of(&plan);
    assemble(ran.subjects, &ran.run, &bench, false, ran.interrupted).expect("a report")
}

/// How many processes run with this word in their command.
fn running(word: &str) -> usize {
    let processes = read_dir("/proc").expect("it is there").flatten();
    let commands = processes.filter_map(|process| read(process.path().join("cmdline")).ok());
    commands
        .filter(|command| command.split(|byte| *byte == 0).any(|one| one == word.as_bytes()))
        .count()
}

/// What is found for a rule.
fn found<'a>(subject: &'a Subject, rule: &str) -> Option<&'a str> {
    let mut findings = subject.findings.iter();
    findings
        .find(|finding| finding.rule == rule)
        .map(|finding| finding.found.as_str())
}

#[test]
fn what_lives_on_is_ended_and_told() {
    let report = check(
        "import subprocess\nstarted = []\ndef made():\n    if not started:\n        \
         started.append(subprocess.Popen(['sleep', '61234']))\n        \
         subprocess.run(['sh', '-c', 'setsid sleep 61235 & exit 0'])\n    return bytearray(b'abcdef')\n",
    );
    let subject = &report.subjects[0];
    assert_eq!(subject.status, Status::Conforms, "{:?}", subject.reason);
    let finding = subject
        .findings
        .iter()
        .find(|finding| finding.rule == "process.leaves-children");
    let finding = finding.unwrap_or_else(|| panic!("{:?}", subject.findings));
    assert!(finding.found.contains("`sleep 61234`"), "{finding:?}");
    assert!(
        finding.consequences[0].found.contains("`sleep 61235`"),
        "{finding:?}"
    );
    assert_eq!(running("61234") + running("61235"), 0);
}

#[test]
fn what_lives_on_after_a_crash_is_ended() {
    let report = check(
        "import os, signal, subprocess\ndef made():\n    \
         subprocess.Popen(['sleep', '61236'], start_new_session=True)\n    os.kill(os.getpid(), signal.SIGSEGV)\n",
    );
    let subject = &report.subjects[0];
    assert_eq!(subject.status, Status::Died, "{:?}", subject.reason);
    let told = found(subject, "process.survives").expect("it is told");
    assert!(told.contains("SIGSEGV"), "{told}");
    assert_eq!(running("61236"), 0);
}

#[test]
fn who_starts_processes_without_end_is_ended_with_them() {
    let report = check(
        "import subprocess\ndef made():\n    while True:\n        subprocess.Popen(['sleep', '61237'], \
         start_new_session=True)\n",
    );
    let subject = &report.subjects[0];
    assert_eq!(subject.status, Status::HarnessFault);
    let reason = &subject.reason[0];
    assert!(
        reason.contains("could not be made") && reason.contains("started processes without end"),
        "{reason}"
    );
    assert_eq!(running("61237"), 0);
}

#[test]
fn who_prints_without_end_did_not_hang() {
    let report = check("import os\ndef made():\n    while True:\n        os.write(2, b'x' * 65536)\n");
    let subject = &report.subjects[0];
    assert_eq!(subject.status, Status::HarnessFault);
    let reason = &subject.reason[0];
    assert!(
        reason.contains("could not be made") && reason.contains("printed without end"),
        "{reason}"
    );
}
