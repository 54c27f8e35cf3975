//! Processes that the code under test forks off: none of them goes on as a worker, and none hides its death.
//!
//! Knows jobs and a single worker. Must never know verdicts.

#![cfg(unix)]

mod support;

use std::time::Duration;

use bufcheck_model::case::Make;
use bufcheck_model::observation::HowEnded;
use bufcheck_model::order::Order;
use bufcheck_model::wire::{Job, JobOutcome, RoundPlan, Step};
use bufcheck_runner::supervise::host::Host;
use bufcheck_runner::supervise::server::Lost;
use bufcheck_runner::supervise::worker::{Limits, Worker};

fn worker() -> Worker {
    let host = Host::Embedded {
        program: support::worker(),
        arguments: Vec::new(),
    };
    let limits = Limits {
        step: Duration::from_secs(20),
        memory: 512 << 20,
        ..Limits::default()
    };
    Worker::start(&host, limits).expect("a worker")
}

fn job(id: u64, setup: &str) -> Job {
    Job {
        id,
        make: Make::Expression {
            module: "os".into(),
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
