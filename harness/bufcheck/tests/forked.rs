//! Processes that the code under test forks off: none of them goes on as a worker, and none hides its death. And workers
//! that are forked off: each is as fresh, and as well ended, as one that was started.
//!
//! Knows jobs and a single worker at a time. Must never know verdicts.

#![cfg(unix)]

mod support;

#[cfg(target_os = "linux")]
use std::path::Path;
use std::time::Duration;

use bufcheck_model::case::Make;
use bufcheck_model::observation::HowEnded;
use bufcheck_model::order::Order;
use bufcheck_model::wire::{Job, JobOutcome, RoundPlan, Step};
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::server::{Lost, Server};
use bufcheck_runner::supervise::slot::Slot;
use bufcheck_runner::supervise::worker::{Limits, Worker};

fn host() -> Host {
    Host::Embedded {
        program: support::worker(),
        arguments: Vec::new(),
    }
}

fn limits() -> Limits {
    Limits {
        step: Duration::from_secs(20),
        memory: 512 << 20,
        ..Limits::default()
    }
}

fn worker() -> Worker {
    Worker::start(&host(), limits()).expect("a worker")
}

fn job(id: u64, setup: &str) -> Job {
    job_in("os", id, setup)
}

fn job_in(module: &str, id: u64, setup: &str) -> Job {
    Job {
        id,
        make: Make::Expression {
            module: module.into(),
            expression: "made()".into(),
            setup: Some(setup.into()),
            requires: Vec::new(),
        },
        steps: vec![Step::Sweep {
            requests: vec![0, 0x18],
            rounds: vec![RoundPlan {
                poison: 0x5a,
                order: Order::Listed,
            }],
        }],
        content_budget: 64,
        sibling: None,
        keep: false,
    }
}

#[test]
fn a_child_that_comes_back_answers_nothing() {
    let setup = "def made():\n    fork()\n    return bytearray(b'abc')\n";
    let mut worker = worker();
    for id in 1..=5 {
        let reply = worker.run(&job(id, setup)).expect("one reply for each job");
        assert_eq!(reply.job, id);
        assert!(matches!(reply.outcome, JobOutcome::Done { .. }), "{reply:?}");
    }
}

#[test]
fn a_child_that_lives_on_hides_no_death() {
    let setup = "import time\ndef made():\n    if fork() == 0:\n        time.sleep(40)\n        _exit(0)\n    \
                 kill(getpid(), 11)\n";
    let lost = worker().run(&job(1, setup)).expect_err("it dies");
    let Lost::Ended(ending) = lost else {
        panic!("{lost:?}");
    };
    assert_eq!(ending.how, HowEnded::Signal(11));
}

/// The text of a file; nothing where there is none.
#[cfg(target_os = "linux")]
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A path as Python writes it.
#[cfg(target_os = "linux")]
fn python(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

/// How often a module was imported by as many workers as are needed when each second job ends one, and how these ended.
#[cfg(target_os = "linux")]
fn imports(import: &str, deaths: usize) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let named = python(&log);
    let module = format!("{import}\nwith open({named}, 'a') as log:\n    print('imported', file=log)\n");
    std::fs::write(folder.path().join("counted.py"), module).expect("a module");
    let mut slot = Slot::new(&host(), limits()).importing(&[folder.path().to_owned()]);
    let made = |what: &str| format!("import os\ndef made():\n    {what}\n    return bytearray(b'abc')\n");
    for _ in 0..deaths {
        let outcome = slot.run(&job_in("counted", 0, &made("pass")));
        assert!(matches!(outcome, Ok(JobOutcome::Done { .. })), "{outcome:?}");
        match slot.run(&job_in("counted", 0, &made("os.kill(os.getpid(), 11)"))) {
            Err(Lost::Ended(ending)) => assert_eq!(ending.how, HowEnded::Signal(11)),
            other => panic!("{other:?}"),
        }
    }
    text(&log).lines().count()
}

#[cfg(target_os = "linux")]
#[test]
fn the_workers_after_the_first_are_forked_off_one_process_that_has_imported() {
    assert_eq!(imports("", 5), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn an_import_that_starts_threads_is_made_by_each_worker_itself() {
    let thread = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()";
    // The third is that of the process that was to fork.
    assert_eq!(imports(thread, 4), 4 + 1);
}

#[cfg(target_os = "linux")]
#[test]
fn an_import_that_ends_the_process_in_vain_to_fork_ends_the_worker() {
    let folder = tempfile::tempdir().expect("a folder");
    let second = python(&folder.path().join("second"));
    let module = format!(
        "import os\nif os.path.exists({second}):\n    os.kill(os.getpid(), 11)\nopen({second}, 'w').close()\n"
    );
    std::fs::write(folder.path().join("once.py"), module).expect("a module");
    let mut slot = Slot::new(&host(), limits()).importing(&[folder.path().to_owned()]);
    for _ in 0..3 {
        match slot.run(&job_in("once", 0, "def made():\n    os.kill(os.getpid(), 11)\n")) {
            Err(Lost::Ended(ending)) => assert_eq!(ending.how, HowEnded::Signal(11)),
            other => panic!("{other:?}"),
        }
    }
}

/// A child that does not become another program bears in `/proc` what its parent bore when that became one.
#[cfg(target_os = "linux")]
#[test]
fn what_a_forked_worker_forks_is_ended_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let named = python(&log);
    let kill = "def made():\n    kill(getpid(), 11)\n";
    let leave = format!(
        "import io, time\ndef made():\n    if fork() == 0:\n        setsid()\n        with io.open({named}, 'w') as log:\n            \
         print(getpid(), flush=True, file=log)\n        time.sleep(1000)\n    return bytearray(b'abc')\n"
    );
    let mut slot = Slot::new(&host(), limits());
    assert!(matches!(slot.run(&job(0, kill)), Err(Lost::Ended(_))));
    let outcome = slot.run(&job(0, &leave));
    assert!(matches!(outcome, Ok(JobOutcome::Done { .. })), "{outcome:?}");
    while !text(&log).ends_with('\n') {
        std::thread::sleep(Duration::from_millis(1));
    }
    let alive = || {
        let stat = text(&Path::new("/proc").join(text(&log).trim()).join("stat"));
        !stat.is_empty() && !stat.contains(") Z ")
    };
    assert!(alive());
    // What it was forked off lives on, and would end the child with itself.
    slot.refresh();
    assert!(!alive(), "{}", text(&log));
}
