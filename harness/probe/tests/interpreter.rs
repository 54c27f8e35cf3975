//! Functions of the interpreter called over the worker's loop: what is written down of answers, memory and deaths.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::sync::{Mutex, PoisonError};

use bufcheck_model::bend::Bend;
use bufcheck_model::case::Make;
use bufcheck_model::interpreter::{
    Answer, Ask, Fact, Facts, Interpreted, Make as Made, Mode, Object, Operation, Value, View,
};
use bufcheck_model::observation::HowEnded;
use bufcheck_model::wire::{Job, JobOutcome, Reply, Step, StepOutcome};
use bufcheck_probe::Marker;
use bufcheck_probe::host::serve;
use pyo3::prelude::*;

/// A child has the thread that forked alone: what another one holds just then stays locked for ever.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn interpret(asks: Vec<Ask>) -> Interpreted {
    bent(asks, None)
}

fn bent(asks: Vec<Ask>, bend: Option<Bend>) -> Interpreted {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Python::initialize();
    let job = Job {
        id: 7,
        make: Make::Interpreter,
        sibling: None,
        steps: vec![Step::Interpret { asks, bend }],
        content_budget: 4096,
        keep: false,
    };
    let mut input = serde_json::to_vec(&job).expect("a job is JSON");
    input.push(b'\n');
    let mut output = Vec::new();
    Python::attach(|py| serve(py, BufReader::new(&input[..]), &mut output, &Marker::private()))
        .expect("the loop ends");
    output.flush().expect("a vector");
    let reply = output
        .lines()
        .nth(1)
        .expect("hello, then a reply")
        .expect("UTF-8");
    let reply: Reply = serde_json::from_str(&reply).expect("a reply");
    let JobOutcome::Done { mut steps, .. } = reply.outcome else {
        panic!("the job is done")
    };
    let Some(StepOutcome::Interpret(seen)) = steps.pop() else {
        panic!("the step was taken")
    };
    *seen
}

fn facts(ask: Ask) -> Facts {
    let mut seen = interpret(vec![ask]);
    assert_eq!(seen.gave_up, None);
    match seen.answers.pop() {
        Some(Answer::Seen(facts)) => facts,
        other => panic!("the call comes back: {other:?}"),
    }
}

fn row() -> View {
    View {
        size: 6,
        format: Some("B".into()),
        itemsize: 1,
        shape: Some(vec![3]),
        strides: Some(vec![2]),
        ..View::default()
    }
}

/// What ends the process of a call: a shape that is NULL though there are two axes.
fn fatal() -> Ask {
    Ask::IsContiguous {
        view: View {
            size: 6,
            itemsize: 1,
            ndim: Some(2),
            len: Some(6),
            ..View::default()
        },
        order: 'F',
    }
}

#[test]
fn a_death_costs_one_call() {
    let size = |format: &str| Ask::SizeFromFormat {
        format: format.into(),
    };
    let seen = interpret(vec![size("h"), fatal(), size("i"), fatal(), size("q")]);
    assert_eq!(seen.gave_up, None);
    let died = Answer::Died(HowEnded::Signal(11));
    assert_eq!(seen.answers.len(), 5);
    assert_eq!((&seen.answers[1], &seen.answers[3]), (&died, &died));
    for (place, size) in [(0, 2), (2, 4), (4, 8)] {
        let Answer::Seen(facts) = &seen.answers[place] else {
            panic!("call {place} came back")
        };
        assert_eq!(facts[&Fact::Returns], Value::Int(size));
    }
}

#[test]
fn memory_and_canaries_are_written_down() {
    let facts = facts(Ask::FromContiguous {
        view: row(),
        len: 3,
        order: 'C',
    });
    assert_eq!(facts[&Fact::Returns], Value::Int(0));
    assert_eq!(facts[&Fact::Memory], Value::Text("810a8c189726".into()));
    assert_eq!(facts[&Fact::Canaries], Value::Bool(true));
}

/// The memory before a view is writable, so that only the canaries tell.
#[test]
fn a_write_before_the_memory_shows_in_the_canaries() {
    let view = View {
        size: 3,
        itemsize: 1,
        shape: Some(vec![3]),
        strides: Some(vec![-1]),
        ..View::default()
    };
    let facts = facts(Ask::FromContiguous {
        view,
        len: 3,
        order: 'C',
    });
    assert_eq!(facts[&Fact::Canaries], Value::Bool(false));
}

#[test]
fn the_memory_ends_where_nobody_can_go() {
    let view = View {
        size: 3,
        itemsize: 1,
        shape: Some(vec![4]),
        strides: Some(vec![1]),
        ..View::default()
    };
    let ask = Ask::ToContiguous {
        view,
        len: 4,
        order: 'C',
    };
    assert_eq!(interpret(vec![ask]).answers, [Answer::Died(HowEnded::Signal(11))]);
}

#[test]
fn an_exporter_writes_down_what_it_is_asked() {
    let facts = facts(Ask::GetBuffer {
        object: Object::Exporter {
            view: row(),
            mode: Mode::Strict,
            no_release: false,
        },
        flags: 0x18,
        releases: 2,
        pending: false,
    });
    assert_eq!(
        facts[&Fact::Log],
        Value::Text("get 0x018 granted; release".into())
    );
    assert_eq!(facts[&Fact::Obj], Value::Text("exporter".into()));
    assert_eq!(facts[&Fact::ObjAfter], Value::Text("null".into()));
    assert_eq!(facts[&Fact::References], Value::Int(1));
    assert_eq!(facts[&Fact::Strides], Value::Numbers(vec![2]));
    assert_eq!(facts[&Fact::Format], Value::Null);
}

#[test]
fn what_is_pending_during_a_release_is_written_down_and_what_is_left() {
    let facts = facts(Ask::GetBuffer {
        object: Object::Exporter {
            view: row(),
            mode: Mode::Strict,
            no_release: false,
        },
        flags: 0x18,
        releases: 1,
        pending: true,
    });
    assert_eq!(facts[&Fact::Pending], Value::Text("LookupError".into()));
    assert_eq!(facts[&Fact::Raises], Value::Null);
    assert_eq!(facts[&Fact::ReferencesAfter], Value::Int(0));
}

#[test]
fn an_object_of_python_tells_what_it_wrote_down() {
    let object = Object::Python {
        setup: "class B(bytearray): pass\nb = B(b'abc')\nb.seen = [1, 'x']".into(),
        expression: "b".into(),
    };
    let code = "y*".into();
    let facts = facts(Ask::Parse { code, object });
    assert_eq!(facts[&Fact::Noted], Value::Text("[1, 'x']".into()));
    assert_eq!(facts[&Fact::Content], Value::Text("616263".into()));
}

#[test]
fn a_memoryview_of_a_granted_struct_leaves_the_release_to_the_caller() {
    let object = Object::Exporter {
        view: row(),
        mode: Mode::Strict,
        no_release: false,
    };
    let facts = facts(Ask::Memoryview {
        of: Made::Granted(object),
        operation: Operation::Attributes,
    });
    assert_eq!(facts[&Fact::Base], Value::Text("null".into()));
    assert_eq!(
        facts[&Fact::Log],
        Value::Text("get 0x11c granted; release".into())
    );
    assert_eq!(facts[&Fact::ReferencesAfter], Value::Int(0));
}

#[test]
fn statements_may_ask_what_a_call_raises() {
    let code = "result = [raised(lambda: 1 / 0), raised(dict)]".into();
    let facts = facts(Ask::Python { code });
    assert_eq!(
        facts[&Fact::Value],
        Value::Text("['ZeroDivisionError', None]".into())
    );
}

#[test]
fn an_argument_that_cannot_be_made_is_no_answer() {
    let object = Object::Python {
        setup: "import no_such_module".into(),
        expression: "1".into(),
    };
    let seen = interpret(vec![Ask::CheckBuffer { object }]);
    let [Answer::NotMade(problem)] = &seen.answers[..] else {
        panic!("nothing was called: {:?}", seen.answers)
    };
    assert!(problem.contains("no_such_module"), "{problem}");
}

#[test]
fn an_exception_is_named_with_its_bases() {
    let facts = facts(Ask::SizeFromFormat { format: "%".into() });
    let Value::Texts(types) = &facts[&Fact::Raises] else {
        panic!("it raises")
    };
    assert_eq!(types[0], "struct.error");
    assert!(types.contains(&"Exception".to_owned()));
}

#[test]
fn a_call_that_does_not_come_back_is_ended() {
    let ask = Ask::Python {
        code: "while True: pass".into(),
    };
    assert_eq!(interpret(vec![ask]).answers, [Answer::Died(HowEnded::Hung)]);
}

#[test]
fn a_bent_table_is_bent_for_the_suite_alone() {
    let size = Ask::SizeFromFormat { format: "0s".into() };
    let python = Ask::Python {
        code: "import struct\nresult = struct.calcsize('0s')".into(),
    };
    let asks = vec![size.clone(), python];
    let seen = bent(asks.clone(), Some(Bend::SizeNeverZero));
    let fact = |seen: &Interpreted, call: usize, fact| match &seen.answers[call] {
        Answer::Seen(facts) => facts.get(&fact).cloned(),
        other => panic!("the call comes back: {other:?}"),
    };
    assert_eq!(fact(&seen, 0, Fact::Returns), Some(Value::Int(1)));
    assert_eq!(fact(&seen, 1, Fact::Value), Some(Value::Text("0".into())));
    assert_eq!(fact(&interpret(asks), 0, Fact::Returns), Some(Value::Int(0)));
}
