//! Consumers that go through a run without a process.
//!
//! Knows what a worker would answer. Must never know how it came to that.

use bufcheck_model::case::{ConsumerCase, Side};
use bufcheck_model::observation::{HowEnded, Made, Phase};
use bufcheck_model::report::{Status, Subject};
use bufcheck_model::spy::{Consumed, Dress, Ended, Event, Moment, Spied, Told, Twin};
use bufcheck_model::wire::{Hello, JobOutcome, Step, StepOutcome};
use bufcheck_protocol::format::Platform;
use bufcheck_protocol::request::Request;

use super::{calls, judge_consumer, observe};
use crate::bench::Bench;
use crate::exporter::fake::{Fake, ended};
use crate::exporter::observed::Observed;
use crate::plan::catalogue::Catalogue;
use crate::plan::{Plan, Selection, Subjects};
use crate::record::SubjectRecord;

fn plan() -> Plan {
    let consumers = ["zlib:crc32".to_owned()];
    let from = Subjects::Targets {
        targets: &[],
        consumers: &consumers,
        configuration: None,
    };
    let catalogue = Catalogue::embedded().expect("the data is sound");
    Plan::new(catalogue, &from, &Selection::default()).expect("a plan")
}

fn spied(asked: bool, ended: Ended) -> Spied {
    let event = Event::Asked {
        request: Request::SIMPLE,
        granted: true,
        moment: Moment::default(),
    };
    Spied {
        events: asked.then_some(event).into_iter().collect(),
        faults: Vec::new(),
        ended,
        held: 0,
        left: Vec::new(),
        references: Vec::new(),
        written: None,
        oracle: None,
    }
}

fn returned() -> Ended {
    Ended::Returned(Told {
        text: "1".into(),
        digest: 1,
    })
}

fn raised() -> Ended {
    Ended::Raised {
        type_name: "TypeError".into(),
        bases: vec!["TypeError".into()],
        message: "no len()".into(),
        cause: None,
    }
}

/// Every call comes to the same.
fn consumed(plan: &Plan, dress: Dress, seen: &Spied) -> JobOutcome {
    let count = calls::calls(&plan.catalogue.spies).len();
    let consumed = Consumed {
        calls: vec![seen.clone(); count],
        dress,
        gave_up: None,
        met: Vec::new(),
    };
    JobOutcome::Done {
        made: Made::default(),
        steps: vec![StepOutcome::Consume(Box::new(consumed))],
    }
}

fn verdict(plan: &Plan, observed: Observed) -> Subject {
    let record = SubjectRecord::new(&plan.subjects[0], "cpython-3.11", observed);
    let hello = Hello {
        protocol: 1,
        tool: String::new(),
        implementation: "cpython".into(),
        version: [3, 11, 0],
        version_text: String::new(),
        executable: "python".into(),
        platform: Platform::host(),
        system: "linux".into(),
        machine: String::new(),
        free_threaded: false,
        debug: false,
        unchecked: Vec::new(),
    };
    judge_consumer(&record, &ConsumerCase::default(), &hello, &Bench::of(plan))
}

fn of(outcome: JobOutcome) -> Observed {
    Observed {
        outcome: Some(outcome),
        ..Observed::default()
    }
}

#[test]
fn each_spy_is_given_in_each_dress_and_has_its_twins() {
    let plan = plan();
    let spies = &plan.catalogue.spies;
    let calls = calls::calls(spies);
    for (number, spy) in spies.iter().enumerate() {
        let own = || calls.iter().filter(|call| call.spy == number);
        let plain = own().filter(|call| call.twin.is_none()).count();
        assert_eq!(
            plain,
            spy.readonly.len() * if spy.both_ends { 2 } else { 1 },
            "{}",
            spy.id
        );
        let layouts = own().filter(|call| call.twin == Some(Twin::Layout)).count();
        let again = usize::from(spy.is_plain());
        assert_eq!(
            layouts,
            if spy.refuses.is_none() {
                spy.readonly.len() * if spy.changes { 2 } else { 1 } + again
            } else {
                0
            },
            "{}",
            spy.id
        );
        assert_eq!(
            own().any(|call| call.twin.is_some()),
            spy.refuses.is_none(),
            "{}",
            spy.id
        );
    }
}

#[test]
fn whoever_asks_for_nothing_is_given_a_memoryview() {
    let plan = plan();
    let mut server = Fake::new(|job, _| {
        let Some(&Step::Consume { dress, .. }) = job.steps.first() else {
            panic!("another step");
        };
        let seen = match dress {
            Dress::Spy | Dress::Sequence | Dress::NoRelease => spied(false, raised()),
            Dress::Memoryview => spied(true, returned()),
        };
        Ok(consumed(&plan, dress, &seen))
    });
    let observed = observe(&mut server, &plan.subjects[0], &plan);
    let Some(JobOutcome::Done { steps, .. }) = &observed.outcome else {
        panic!("no outcome");
    };
    assert!(matches!(&steps[0], StepOutcome::Consume(seen) if seen.dress == Dress::Memoryview));
}

/// The dress that a function is seen in, which does this in each.
fn dress(of: impl Fn(Dress) -> Spied) -> Dress {
    let plan = plan();
    let mut server = Fake::new(|job, _| {
        let Some(&Step::Consume { dress, .. }) = job.steps.first() else {
            panic!("another step");
        };
        Ok(consumed(&plan, dress, &of(dress)))
    });
    let observed = observe(&mut server, &plan.subjects[0], &plan);
    let Some(JobOutcome::Done { steps, .. }) = &observed.outcome else {
        panic!("no outcome");
    };
    match &steps[0] {
        StepOutcome::Consume(seen) => seen.dress,
        _ => panic!("another step"),
    }
}

#[test]
fn a_function_is_asked_itself_where_that_is_possible() {
    for wanted in [Dress::Spy, Dress::Sequence, Dress::NoRelease] {
        let takes = |dress| {
            if dress == wanted || dress == Dress::Memoryview {
                spied(true, returned())
            } else {
                spied(false, raised())
            }
        };
        assert_eq!(dress(takes), wanted);
    }
}

#[test]
fn whoever_refuses_all_that_it_asks_is_given_a_memoryview_unless_it_loses_something() {
    let refuses = |left: &[i64]| {
        let left = left.to_vec();
        move |dress| match dress {
            Dress::Memoryview => spied(true, returned()),
            Dress::Spy | Dress::Sequence | Dress::NoRelease => Spied {
                left: left.clone(),
                ..spied(true, raised())
            },
        }
    };
    assert_eq!(dress(refuses(&[])), Dress::Memoryview);
    assert_eq!(dress(refuses(&[1, 2, 3])), Dress::Spy);
}

#[test]
fn whoever_looks_at_no_argument_takes_no_memoryview() {
    let plan = plan();
    let mut server = Fake::new(|job, _| {
        let Some(&Step::Consume { dress, .. }) = job.steps.first() else {
            panic!("another step");
        };
        Ok(consumed(
            &plan,
            dress,
            &spied(dress == Dress::Memoryview, returned()),
        ))
    });
    let observed = observe(&mut server, &plan.subjects[0], &plan);
    let subject = verdict(&plan, observed);
    assert_eq!(subject.status, Status::NothingGranted);
    assert_eq!(
        subject.reason,
        ["it never asked for a buffer, and came to 1 without one"]
    );
}

#[test]
fn whoever_is_content_with_a_length_and_items_wants_no_buffer() {
    let counts = |dress| match dress {
        Dress::Sequence => spied(false, returned()),
        Dress::Memoryview => spied(true, returned()),
        Dress::Spy | Dress::NoRelease => spied(false, raised()),
    };
    assert_eq!(dress(counts), Dress::Sequence);
}

#[test]
fn whoever_raises_for_every_buffer_is_told_what_to_do() {
    let plan = plan();
    let subject = verdict(&plan, of(consumed(&plan, Dress::Spy, &spied(true, raised()))));
    assert_eq!(subject.status, Status::Conforms);
    let [told] = subject.noticed.as_slice() else {
        panic!("{:?}", subject.noticed);
    };
    assert!(
        told.starts_with(
            "it came to no result with any buffer, so that none was judged (TypeError: no len()): "
        ),
        "{told}"
    );
}

#[test]
fn whoever_never_asks_is_told_what_it_said() {
    let plan = plan();
    let subject = verdict(&plan, of(consumed(&plan, Dress::Spy, &spied(false, raised()))));
    assert_eq!(
        (subject.kind, subject.status),
        (Side::Consumer, Status::NothingGranted)
    );
    assert_eq!(
        subject.reason,
        [
            "it never asked for a buffer: TypeError: no len(); what else it needs belongs into the call, as in \
             `zlib:crc32(buf, 7)`, or into `setup`"
        ]
    );
}

#[test]
fn what_cannot_be_called_could_not_be_run() {
    let plan = plan();
    let made = Made {
        type_name: "int".into(),
        ..Made::default()
    };
    let subject = verdict(&plan, of(JobOutcome::NoConsumer { made }));
    assert_eq!(subject.status, Status::HarnessFault);
    assert!(
        subject.reason[0].starts_with("this is `int`, which cannot be called"),
        "{:?}",
        subject.reason
    );
}

#[test]
fn a_worker_that_is_lost_twice_is_told() {
    let plan = plan();
    let mut server = Fake::new(|_, _| Err(ended(HowEnded::Signal(11), Phase::Make, None, None)));
    let observed = observe(&mut server, &plan.subjects[0], &plan);
    assert_eq!(server.jobs.len(), 2);
    let subject = verdict(&plan, observed);
    assert_eq!(subject.status, Status::HarnessFault);
    assert!(subject.reason[0].contains("SIGSEGV"), "{:?}", subject.reason);
}

#[test]
fn what_is_broken_deviates_and_says_how_to_see_it_again() {
    let plan = plan();
    let died = Ended::Died(HowEnded::Signal(6));
    let subject = verdict(&plan, of(consumed(&plan, Dress::Spy, &spied(true, died))));
    assert_eq!(subject.status, Status::Deviates);
    let finding = subject
        .findings
        .iter()
        .find(|finding| finding.rule == "consumer.survives");
    let finding = finding.expect("told");
    assert!(
        finding.repro.starts_with("bufcheck check --consumer zlib:crc32"),
        "{}",
        finding.repro
    );
    assert!(finding.case.starts_with("spies/"), "{}", finding.case);
}
