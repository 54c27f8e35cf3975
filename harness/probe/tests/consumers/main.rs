//! Consumers called with spies over the worker's loop: what is written down of faults, releases, deaths and results.

#![cfg(target_os = "linux")]

mod dressed;
mod met;

use std::io::{BufRead, BufReader, Write};
use std::sync::{Mutex, PoisonError};

use bufcheck_model::case::Make;
use bufcheck_model::observation::{FieldSet, HowEnded};
use bufcheck_model::spy::{
    Access, Call, Consumed, Dress, Empty, Ended, Event, Fault, Flush, Oracle, Place, Refusal, RefusalKind,
    Refusing, Region, Released, Spied, Spy, Twin,
};
use bufcheck_model::wire::{Job, JobOutcome, Reply, Step, StepOutcome};
use bufcheck_probe::Marker;
use bufcheck_probe::host::serve;
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;
use rstest::rstest;

/// The C functions of the protocol, and consumers made of them.
const SETUP: &str = r#"
import ctypes, os
kept = []
class View(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("buf", "obj")] + [
        ("len", ctypes.c_ssize_t), ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int)] + [(name, ctypes.c_void_p) for name in
        ("format", "shape", "strides", "suboffsets", "internal")]
ask = ctypes.pythonapi.PyObject_GetBuffer
ask.argtypes = [ctypes.py_object, ctypes.POINTER(View), ctypes.c_int]
give = ctypes.pythonapi.PyBuffer_Release
give.argtypes = [ctypes.POINTER(View)]
give.restype = None
def read(view, extra=0, before=0):
    return ctypes.string_at(view.buf - before, view.len + extra)
def held(buf, work, flags=0, release=True):
    view = View()
    ask(buf, ctypes.byref(view), flags)
    result = work(view)
    if release:
        give(ctypes.byref(view))
    return result
threads = []
def by_thread(buf):
    # A thread does the work: it is started once, and no child has it.
    import queue, threading
    if not threads:
        threads.append((queue.Queue(), queue.Queue()))
        def work(jobs, results):
            while True:
                results.put(len(bytes(jobs.get())))
        threading.Thread(target=work, args=threads[0], daemon=True).start()
    jobs, results = threads[0]
    jobs.put(buf)
    return results.get()
def late(buf):
    view = View()
    ask(buf, ctypes.byref(view), 0)
    give(ctypes.byref(view))
    return read(view)
def twice(buf):
    view = View()
    ask(buf, ctypes.byref(view), 0)
    copy = View.from_buffer_copy(view)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(buf))
    give(ctypes.byref(view))
    give(ctypes.byref(copy))
"#;

fn ten() -> Spy {
    Spy {
        id: "spies/ten".into(),
        format: "B".into(),
        itemsize: 1,
        shape: vec![10],
        memory: "30313233343536373839".into(),
        readonly: vec![1],
        ..Spy::default()
    }
}

/// Parent and child share one piece of memory, as there is one worker in a process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn outcome(expression: &str, spies: &[Spy], calls: &[Call]) -> JobOutcome {
    with_oracle(expression, None, spies, calls)
}

fn with_oracle(expression: &str, oracle: Option<&str>, spies: &[Spy], calls: &[Call]) -> JobOutcome {
    given((expression, oracle), (spies, Dress::Spy), calls, &[])
}

/// What comes of a function that is given spies, and then these exporters.
fn given(
    (expression, oracle): (&str, Option<&str>),
    (spies, dress): (&[Spy], Dress),
    calls: &[Call],
    meets: &[&str],
) -> JobOutcome {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Python::initialize();
    let job = Job {
        id: 1,
        make: Make::Consumer {
            module: "builtins".into(),
            expression: expression.into(),
            oracle: oracle.map(str::to_owned),
            setup: Some(SETUP.into()),
            requires: Vec::new(),
        },
        sibling: None,
        steps: vec![Step::Consume {
            spies: spies.to_vec(),
            calls: calls.to_vec(),
            dress,
            meets: meets
                .iter()
                .map(|exporter| Make::Expression {
                    module: "builtins".into(),
                    expression: (*exporter).into(),
                    setup: Some("import array, os".into()),
                    requires: Vec::new(),
                })
                .collect(),
        }],
        content_budget: 64,
        keep: false,
    };
    let (jobs, mut to_worker) = std::io::pipe().expect("a pipe");
    let (from_worker, replies) = std::io::pipe().expect("a pipe");
    let worker = std::thread::spawn(move || {
        Python::attach(|py| serve(py, BufReader::new(jobs), replies, &Marker::private())).expect("a loop");
    });
    let line = serde_json::to_string(&job).expect("a job") + "\n";
    to_worker.write_all(line.as_bytes()).expect("the loop reads");
    drop(to_worker);
    let said = BufReader::new(from_worker)
        .lines()
        .nth(1)
        .expect("a reply")
        .expect("UTF-8");
    worker.join().expect("the loop does not panic");
    let reply: Reply = serde_json::from_str(&said).expect("a reply");
    reply.outcome
}

fn consumed(expression: &str, spies: &[Spy], calls: &[Call]) -> Consumed {
    done(outcome(expression, spies, calls))
}

fn done(outcome: JobOutcome) -> Consumed {
    match outcome {
        JobOutcome::Done { mut steps, .. } => match steps.remove(0) {
            StepOutcome::Consume(consumed) => *consumed,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn call(readonly: i32) -> Call {
    Call {
        spy: 0,
        readonly,
        flush: Flush::End,
        twin: None,
        refuses: None,
        moved: 0,
    }
}

/// What is seen in one call with this spy.
fn one(expression: &str, spy: Spy) -> Spied {
    let seen = consumed(expression, &[spy], &[call(1)]);
    assert_eq!(seen.gave_up, None);
    seen.calls[0].clone()
}

fn fault(access: Access, place: Place, held: u32) -> Fault {
    Fault {
        access: Some(access),
        place,
        held,
        granted: 1,
        after_call: false,
    }
}

#[test]
fn a_consumer_that_does_all_right_shows_its_request_its_release_and_its_result() {
    let seen = one("bytes(buf)", ten());
    let [
        Event::Asked {
            request,
            granted: true,
            ..
        },
        Event::Released {
            what: Released::Held,
            changed,
            ..
        },
    ] = &*seen.events
    else {
        panic!("{seen:?}")
    };
    assert_eq!((*request, *changed), (Request::FULL_RO, FieldSet::EMPTY));
    assert!(
        matches!(&seen.ended, Ended::Returned(told) if told.text == "bytes 30313233343536373839"),
        "{seen:?}"
    );
    assert!(
        seen.faults.is_empty() && seen.left.is_empty() && seen.written.is_none(),
        "{seen:?}"
    );
}

#[cfg(target_arch = "x86_64")]
#[rstest]
#[case::past_the_end(
    "held(buf, lambda view: read(view, 1))",
    fault(Access::Read, Place::Behind(Region::Memory), 1)
)]
#[case::after_release("late(buf)", fault(Access::Read, Place::Inside(Region::Memory), 0))]
#[case::writing(
    "held(buf, lambda view: ctypes.memset(view.buf + 9, 0, 1))",
    fault(Access::Write, Place::Inside(Region::Memory), 1)
)]
#[case::shape(
    "held(buf, lambda view: ctypes.memset(view.shape, 0, 1), 8)",
    fault(Access::Write, Place::Inside(Region::Shape), 1)
)]
fn whoever_touches_what_is_closed_is_written_down_and_goes_on(
    #[case] expression: &str,
    #[case] wanted: Fault,
) {
    let seen = one(expression, ten());
    assert_eq!(seen.faults.first(), Some(&wanted), "{seen:?}");
    assert!(matches!(seen.ended, Ended::Returned(_)), "{seen:?}");
}

#[test]
fn memory_that_begins_at_a_page_shows_who_reads_before_it() {
    let start = Call {
        flush: Flush::Start,
        ..call(1)
    };
    let seen = consumed("held(buf, lambda view: read(view, 0, 1))", &[ten()], &[start]);
    let place = seen.calls[0].faults.first().map(|fault| fault.place);
    assert_eq!(place, Some(Place::Before(Region::Memory)));
}

#[test]
fn nothing_is_where_a_view_of_nothing_leads() {
    let nothing = Spy {
        shape: vec![0],
        memory: String::new(),
        empty: Some(Empty::Dangling),
        ..ten()
    };
    let seen = one("held(buf, lambda view: read(view, 1))", nothing.clone());
    assert_eq!(
        seen.faults.first().map(|fault| fault.place),
        Some(Place::Behind(Region::Memory))
    );
    let null = Spy {
        empty: Some(Empty::Null),
        ..nothing
    };
    let seen = one("held(buf, lambda view: view.buf)", null);
    assert!(
        matches!(&seen.ended, Ended::Returned(told) if told.text == "None"),
        "{seen:?}"
    );
}

#[test]
fn what_ends_the_process_costs_one_call() {
    let calls = [call(1), call(1), call(1)];
    for (expression, how) in [
        ("os.abort() if bytes(buf) else 0", HowEnded::Signal(6)),
        ("os._exit(bytes(buf)[0])", HowEnded::Exit(48)),
        ("bytes(buf) and ctypes.string_at(16)", HowEnded::Signal(11)),
    ] {
        let seen = consumed(expression, &[ten()], &calls);
        assert_eq!(seen.calls.len(), 3, "{expression}: {seen:?}");
        for spied in &seen.calls {
            assert_eq!(spied.ended, Ended::Died(how), "{expression}");
            assert_eq!(spied.events.len(), 2, "{expression}: {spied:?}");
        }
    }
}

#[test]
fn whoever_needs_a_thread_that_no_child_has_is_not_blamed_for_waiting() {
    let seen = consumed("(by_thread(b''), by_thread)[1]", &[ten()], &[call(1)]);
    assert_eq!(seen.calls, []);
    let told = seen.gave_up.expect("it cannot be called");
    assert!(told.contains("plain bytes either"), "{told}");
    // Threads run here all the same, and have nothing to do with it.
    let seen = consumed(
        "1 if type(buf) is bytes else __import__('time').sleep(600)",
        &[ten()],
        &[call(1)],
    );
    assert_eq!(seen.calls[0].ended, Ended::Died(HowEnded::Hung));
}

#[test]
fn what_is_left_behind_is_counted_more_than_once() {
    let seen = one("held(buf, lambda view: view.len, release=False)", ten());
    assert_eq!((&*seen.left, &*seen.references), (&[1, 2, 3][..], &[1, 2, 3][..]));
    let seen = one("twice(buf)", ten());
    let Some(Event::Released { what, .. }) = seen.events.last() else {
        panic!("{seen:?}")
    };
    assert_eq!(*what, Released::Again);
    assert_eq!(one("memoryview(buf)", ten()).held, 1);
}

#[test]
fn a_spy_raises_what_it_is_told_to() {
    let refusing = Spy {
        refuses: Some(Refusal {
            which: Refusing::All,
            raises: RefusalKind::KeyboardInterrupt,
        }),
        ..ten()
    };
    let seen = one("memoryview", refusing);
    assert!(
        matches!(&seen.ended, Ended::Raised { type_name, .. } if type_name == "KeyboardInterrupt"),
        "{seen:?}"
    );
}

#[test]
fn twins_say_the_same_and_writing_shows() {
    let reversed = Spy {
        shape: vec![5],
        strides: Some(vec![-2]),
        start: 9,
        ..ten()
    };
    let twin = |twin| Call {
        twin: Some(twin),
        refuses: None,
        moved: 0,
        ..call(1)
    };
    let calls = [call(1), twin(Twin::Bytes), twin(Twin::Layout)];
    let seen = consumed("memoryview(buf).tobytes()", &[reversed], &calls);
    for spied in &seen.calls {
        let Ended::Returned(told) = &spied.ended else {
            panic!("{spied:?}")
        };
        assert_eq!(told.text, "bytes 3937353331");
    }
    let writable = Spy {
        strides: Some(vec![2]),
        shape: vec![5],
        ..ten()
    };
    let seen = consumed(
        "memoryview(buf).__setitem__(0, 65)",
        std::slice::from_ref(&writable),
        &[call(0)],
    );
    assert!(
        seen.calls[0]
            .written
            .as_ref()
            .is_some_and(|written| !written.gaps),
        "{seen:?}"
    );
    let seen = consumed(
        "held(buf, lambda view: ctypes.memset(view.buf + 1, 0, 1), 0x19)",
        &[writable],
        &[call(0)],
    );
    assert!(
        seen.calls[0].written.as_ref().is_some_and(|written| written.gaps),
        "{seen:?}"
    );
}

#[test]
fn what_cannot_be_called_is_no_consumer() {
    assert!(matches!(
        outcome("bytes(3)", &[ten()], &[call(1)]),
        JobOutcome::NoConsumer { .. }
    ));
    assert!(matches!(
        outcome("nothing", &[ten()], &[call(1)]),
        JobOutcome::NotMade { .. }
    ));
}

/// It is asked about content, never about the spy: what cannot be decoded, a twin and a refusal it is not asked about.
#[rstest]
#[case::of_bytes("bytes(buf)", "data", Some(Oracle::Agrees))]
#[case::of_items("sum(bytes(buf))", "sum(items)", Some(Oracle::Agrees))]
#[case::of_shape("len(bytes(buf))", "shape[0]", Some(Oracle::Agrees))]
#[case::of_format("memoryview(buf).format", "format", Some(Oracle::Agrees))]
#[case::with_names_of_the_set_up(
    "ctypes.sizeof(View) + 0 * len(bytes(buf))",
    "ctypes.sizeof(View)",
    Some(Oracle::Agrees)
)]
#[case::rounded("sum(bytes(buf)) / 3", "sum(items) / 3 + 1e-12", Some(Oracle::Agrees))]
#[case::another("sum(bytes(buf))", "7", Some(Oracle::Differs("7".into())))]
#[case::lists("list(bytes(buf))", "tuple(items)[:1]", Some(Oracle::Differs("tuple(48)".into())))]
#[case::raising("bytes(buf)", "items.nothing", Some(Oracle::Raises("AttributeError: 'list' object has no attribute 'nothing'".into())))]
#[case::consumer_that_raises("int(buf, 99)", "7", None)]
fn the_oracle_says_what_the_author_expects(
    #[case] expression: &str,
    #[case] oracle: &str,
    #[case] says: Option<Oracle>,
) {
    let twin = Call {
        twin: Some(Twin::Bytes),
        refuses: None,
        moved: 0,
        ..call(1)
    };
    let spies = [
        ten(),
        Spy {
            id: "spies/record".into(),
            format: "T{B:a:}".into(),
            ..ten()
        },
    ];
    let calls = [call(1), twin, Call { spy: 1, ..call(1) }];
    let seen = done(with_oracle(expression, Some(oracle), &spies, &calls));
    let said: Vec<_> = seen.calls.iter().map(|seen| seen.oracle.clone()).collect();
    assert_eq!(said, [says, None, None]);
}

#[test]
fn an_oracle_that_is_no_expression_is_told_before_any_call() {
    let outcome = with_oracle("bytes(buf)", Some("import this"), &[ten()], &[call(1)]);
    assert!(matches!(outcome, JobOutcome::NotMade { .. }), "{outcome:?}");
}

/// Two calls with one object: the second time a request is refused, or its content is another.
#[test]
fn what_becomes_of_a_spy_before_a_call_holds_for_that_call() {
    let writable = Spy {
        readonly: vec![0],
        ..ten()
    };
    let refused = Call {
        refuses: Some(Refusal {
            which: Refusing::First,
            raises: RefusalKind::MemoryError,
        }),
        ..call(0)
    };
    let moved = Call { moved: 2, ..call(0) };
    let twin = Call {
        twin: Some(Twin::Bytes),
        ..moved
    };
    let calls = [call(0), refused, moved, call(0), twin];
    let seen = consumed("(id(buf) % 1, bytes(buf))", &[writable], &calls);
    let ended: Vec<&Ended> = seen.calls.iter().map(|seen| &seen.ended).collect();
    let told = |at: usize| match ended[at] {
        Ended::Returned(told) => told.text.as_str(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(0), "tuple(0, bytes 30313233343536373839)");
    assert!(
        matches!(ended[1], Ended::Raised { type_name, .. } if type_name == "MemoryError"),
        "{ended:?}"
    );
    assert_eq!(told(2), "tuple(0, bytes 32333435363738393939)");
    assert_eq!(told(3), told(0));
    assert_eq!(told(4), told(2));
    assert!(seen.calls.iter().all(|seen| seen.written.is_none()), "{seen:?}");
}

/// What an earlier call left with the consumer is not put down to a later one.
#[test]
fn what_was_left_before_a_call_is_not_left_by_it() {
    let keeps = "kept.append(memoryview(buf)) if len(kept) < 3 else kept.clear()";
    let seen = consumed(keeps, &[ten()], &[call(1), call(1)]);
    let left: Vec<_> = seen
        .calls
        .iter()
        .map(|seen| (&*seen.left, &*seen.references))
        .collect();
    assert_eq!(left, [(&[1, 2, 3][..], &[1, 2, 3][..]), (&[], &[])]);
}
