//! The worker's loop over real pipes: hello, jobs, replies, and what ends it.

use std::io::{BufRead, BufReader, Write};

use bufcheck_model::case::Make;
use bufcheck_model::chain;
use bufcheck_model::observation::{MemoryviewReading, Phase};
use bufcheck_model::order::Order;
use bufcheck_model::wire::{
    Hello, Job, JobOutcome, MakeStage, PROTOCOL, Reply, RoundPlan, Step, StepOutcome,
};
use bufcheck_probe::Marker;
use bufcheck_probe::host::{ServeError, serve};
use pyo3::prelude::*;
use rstest::rstest;

/// Sends these lines to a loop in another thread; what it said, and how it ended.
fn talk(lines: &str) -> (Hello, Vec<Reply>, Result<(), ServeError>) {
    Python::initialize();
    let (jobs, mut to_worker) = std::io::pipe().expect("a pipe");
    let (from_worker, replies) = std::io::pipe().expect("a pipe");
    let worker = std::thread::spawn(move || {
        let mark = Marker::private();
        let ended = Python::attach(|py| serve(py, BufReader::new(jobs), replies, &mark));
        assert_eq!(mark.in_flight().0, Phase::Idle);
        ended
    });
    to_worker.write_all(lines.as_bytes()).expect("the loop reads");
    drop(to_worker);
    let mut said = BufReader::new(from_worker)
        .lines()
        .map(|line| line.expect("UTF-8"));
    let hello = serde_json::from_str(&said.next().expect("a hello")).expect("a hello");
    let replies = said
        .map(|line| serde_json::from_str(&line).expect("a reply"))
        .collect();
    (hello, replies, worker.join().expect("the loop does not panic"))
}

fn expression(expression: &str) -> Make {
    Make::Expression {
        module: "builtins".into(),
        expression: expression.into(),
        setup: None,
        requires: Vec::new(),
    }
}

fn line(id: u64, make: Make) -> String {
    let rounds = [1, 2]
        .map(|poison| RoundPlan {
            poison,
            order: Order::Listed,
        })
        .to_vec();
    let steps = vec![Step::Sweep {
        requests: vec![0x11c, 0x1],
        rounds,
    }];
    let job = Job {
        id,
        make,
        sibling: None,
        steps,
        content_budget: 64,
        keep: false,
    };
    serde_json::to_string(&job).expect("a job") + "\n"
}

/// The outcome of one job.
fn outcome(make: Make) -> JobOutcome {
    let (_, replies, ended) = talk(&line(5, make));
    assert!(ended.is_ok(), "{ended:?}");
    let [Reply { job: 5, outcome }] = &*replies else {
        panic!("{replies:?}")
    };
    outcome.clone()
}

#[test]
fn the_first_line_says_who_it_is() {
    let (hello, replies, ended) = talk("");
    assert!(ended.is_ok() && replies.is_empty());
    let version = Python::attach(|py| py.version_info().minor);
    assert_eq!(
        (hello.protocol, hello.version[0], hello.version[1]),
        (PROTOCOL, 3, u32::from(version))
    );
    assert_eq!(hello.implementation, "cpython");
}

#[test]
fn each_job_is_answered_in_turn() {
    let (_, replies, ended) =
        talk(&(line(1, expression("b'one'")) + &line(2, expression("bytearray(b'two')"))));
    assert!(ended.is_ok());
    assert_eq!(replies.iter().map(|reply| reply.job).collect::<Vec<_>>(), [1, 2]);
    for (reply, (answers, bytes)) in replies.iter().zip([(2, b"one"), (2, b"two")]) {
        let JobOutcome::Done { made, steps } = &reply.outcome else {
            panic!("{reply:?}")
        };
        let [StepOutcome::Sweep(sweep)] = &**steps else {
            panic!("{steps:?}")
        };
        assert_eq!((sweep.answers.len(), sweep.rounds.len()), (answers, 2));
        assert_eq!(sweep.contents[0].bytes, bytes);
        let read = MemoryviewReading::Bytes {
            bytes: bytes.to_vec(),
            complete: true,
        };
        assert_eq!(made.memoryview, Some(read));
    }
}

#[rstest]
#[case::unknown_name("nothing", MakeStage::Evaluate, "NameError")]
#[case::no_python("1 +", MakeStage::Evaluate, "SyntaxError")]
#[case::leaves("exit(4)", MakeStage::Evaluate, "SystemExit")]
#[case::interrupted(
    "(_ for _ in ()).throw(KeyboardInterrupt)",
    MakeStage::Evaluate,
    "KeyboardInterrupt"
)]
fn what_making_raises_is_an_answer(#[case] text: &str, #[case] at: MakeStage, #[case] type_name: &str) {
    let JobOutcome::NotMade {
        stage,
        raised,
        traceback,
    } = outcome(expression(text))
    else {
        panic!("`{text}` was made")
    };
    assert_eq!((stage, &*raised.type_name), (at, type_name));
    assert!(
        traceback.last().is_some_and(|last| last.starts_with(type_name)),
        "{traceback:?}"
    );
}

#[rstest]
#[case::module("no_such_module", None, &[], MakeStage::Import, "ModuleNotFoundError")]
#[case::requirement("builtins", None, &["no.such.module"], MakeStage::Import, "ModuleNotFoundError")]
#[case::setup("builtins", Some("raise OSError(2, 'x')"), &[], MakeStage::Setup, "FileNotFoundError")]
fn the_stage_is_named(
    #[case] module: &str,
    #[case] setup: Option<&str>,
    #[case] requires: &[&str],
    #[case] at: MakeStage,
    #[case] type_name: &str,
) {
    let make = Make::Expression {
        module: module.into(),
        expression: "b''".into(),
        setup: setup.map(Into::into),
        requires: requires.iter().map(|name| (*name).to_owned()).collect(),
    };
    let JobOutcome::NotMade { stage, raised, .. } = outcome(make) else {
        panic!("made")
    };
    assert_eq!((stage, &*raised.type_name), (at, type_name));
}

#[test]
fn the_setup_runs_once_and_the_expression_each_time() {
    let make = Make::Expression {
        module: "itertools".into(),
        expression: "bytes([next(numbers)])".into(),
        setup: Some("numbers = count()".into()),
        requires: vec!["array".into()],
    };
    let (_, replies, _) = talk(&(line(1, make.clone()) + &line(2, make)));
    let read: Vec<_> = replies
        .iter()
        .map(|reply| match &reply.outcome {
            JobOutcome::Done { made, .. } => made.memoryview.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    let number = |read: &Option<MemoryviewReading>| match read {
        Some(MemoryviewReading::Bytes {
            bytes,
            complete: true,
        }) if bytes.len() == 1 => bytes[0],
        other => panic!("{other:?}"),
    };
    // The very first object shows nothing but the type that all others must have. Between the jobs there may be more:
    // here other tests write to the output of this process, and whether an object did it is tried with fresh ones.
    assert_eq!(number(&read[0]), 1);
    assert!(number(&read[1]) > 1, "{read:?}");
}

#[rstest]
#[case::factory("lambda: b'x'", Some("bytes"))]
#[case::no_exporter("3", None)]
fn a_result_that_can_be_called_is_called_once(#[case] text: &str, #[case] exporter: Option<&str>) {
    match (outcome(expression(text)), exporter) {
        (JobOutcome::Done { made, .. }, Some(name)) => assert_eq!(made.type_name, name),
        (JobOutcome::NoExporter { made }, None) => assert!(!made.exports && made.type_name == "int"),
        (outcome, _) => panic!("{outcome:?}"),
    }
}

#[test]
fn a_line_that_is_no_job_ends_the_loop_with_its_number() {
    let (_, replies, ended) = talk(&(line(1, expression("b''")) + "{\"id\": \"two\"}\n"));
    assert_eq!(replies.len(), 1);
    let message = chain(&ended.expect_err("no job"));
    assert!(message.starts_with("line 2 is no job: invalid type"), "{message}");
}

#[test]
fn a_view_beyond_the_budget_is_not_given_to_memoryview() {
    let JobOutcome::Done { made, .. } = outcome(expression("bytes(65)")) else {
        panic!("not made")
    };
    assert_eq!(made.memoryview, None);
}
