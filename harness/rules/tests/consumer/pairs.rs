//! One consumer and one exporter, over what was seen of them.
//!
//! Knows what each end of a call makes of a pair. Must never know how a pair is tried.

use bufcheck_model::compat::Verdict;
use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Ended, ITSELF, Lie, Measured, Met, Outcome};
use bufcheck_protocol::request::Request;
use rstest::rstest;

use crate::subject::{Subject, raised, told};

fn returned(text: &str) -> Option<Outcome> {
    ended(Ended::Returned(told(text, text.len() as u64)))
}

#[allow(clippy::unnecessary_wraps, reason = "what it is put into is optional")]
fn ended(ended: Ended) -> Option<Outcome> {
    Some(Outcome { ended, left: Some(7) })
}

/// Ten read-only bytes that are taken, and give what plain buffers give.
fn right() -> Met {
    Met {
        type_name: "bytes".into(),
        content: Some(Measured {
            format: "B".into(),
            itemsize: 1,
            shape: vec![10],
            lie: Lie::C,
            readonly: true,
        }),
        answers: vec![(Request::SIMPLE, None)],
        real: returned("right"),
        items: returned("right"),
        bytes: returned("right"),
        ..Met::default()
    }
}

/// Another result, through a memoryview, too.
fn wrong() -> Met {
    Met {
        real: returned("other words"),
        viewed: returned("other words"),
        ..right()
    }
}

fn refusal() -> Vec<(Request, Option<String>)> {
    vec![(Request::SIMPLE, Some("BufferError: not today".into()))]
}

#[rstest]
#[case::works(right(), Verdict::Works)]
#[case::as_bytes_alone(Met { items: returned("else"), ..right() }, Verdict::Works)]
#[case::wrong(wrong(), Verdict::Wrong)]
#[case::wrong_memory(Met { real: returned("right").map(|real| Outcome { left: Some(8), ..real }), ..wrong() }, Verdict::Wrong)]
#[case::by_its_type(Met { real: returned("other words"), viewed: returned("right"), ..right() }, Verdict::Otherwise)]
#[case::by_its_type_alone(Met { viewed: ended(raised("BufferError")), ..wrong() }, Verdict::Otherwise)]
#[case::without_a_memoryview(Met { viewed: None, ..wrong() }, Verdict::Otherwise)]
#[case::unreadable(Met { real: ended(Ended::Unreadable(told("MemoryError", 0))), ..right() }, Verdict::Wrong)]
#[case::unreadable_itself(Met { real: ended(Ended::Unreadable(told("MemoryError", 0))), items: None, bytes: None, ..right() }, Verdict::Works)]
#[case::in_memory_order(Met { real: returned("as it lies"), memory: returned("as it lies"), ..right() }, Verdict::Works)]
#[case::unread(Met { real: returned("array"), items: returned(ITSELF), bytes: returned(ITSELF), ..right() }, Verdict::Works)]
#[case::nothing_to_compare(Met { items: ended(raised("TypeError")), bytes: ended(raised("TypeError")), ..right() }, Verdict::Works)]
#[case::exporter(Met { real: ended(raised("TypeError")), answers: refusal(), ..right() }, Verdict::ExporterRefuses)]
#[case::consumer(Met { real: ended(raised("TypeError")), ..right() }, Verdict::ConsumerRefuses)]
#[case::died(Met { real: ended(Ended::Died(HowEnded::Signal(11))), ..right() }, Verdict::Died)]
#[case::hung(Met { real: ended(Ended::Died(HowEnded::Hung)), ..right() }, Verdict::Hung)]
#[case::unmade(Met { unmade: Some("ImportError".into()), real: None, ..right() }, Verdict::NotTried)]
#[case::unseen(Met { real: None, ..right() }, Verdict::NotTried)]
fn every_end_of_a_call_is_told(#[case] met: Met, #[case] verdict: Verdict) {
    let cell = Subject::asking(Request::SIMPLE).pair(&met);
    assert_eq!(cell.verdict, verdict, "{cell:?}");
}

#[test]
fn the_words_of_the_exporter_name_it_even_where_something_was_granted() {
    let mut answers = refusal();
    answers.push((Request::ND, None));
    let refused = |message: &str| {
        let met = Met {
            real: ended(Ended::Raised {
                type_name: "BufferError".into(),
                bases: Vec::new(),
                message: message.into(),
                cause: None,
            }),
            answers: answers.clone(),
            ..right()
        };
        Subject::asking(Request::SIMPLE).pair(&met)
    };
    let own = refused("not today");
    assert_eq!(own.verdict, Verdict::ExporterRefuses);
    assert_eq!(
        own.reason,
        "it refuses SIMPLE (0x000) with BufferError: not today"
    );
    assert_eq!(refused("want doubles").verdict, Verdict::ConsumerRefuses);
}

/// What spies of the same kind saw, and the exporter's answers, say what is to be expected.
#[rstest]
#[case::works(Subject::asking(Request::SIMPLE), right(), Some(Verdict::Works))]
#[case::refused(Subject::asking(Request::SIMPLE), Met { answers: refusal(), ..right() }, Some(Verdict::ExporterRefuses))]
#[case::no_spy_is_like_it(Subject::asking(Request::SIMPLE), Met { content: right().content.map(|content| Measured { format: "Zq".into(), ..content }), ..right() }, None)]
#[case::about_the_content(Subject::asking(Request::SIMPLE), Met { items: ended(raised("ValueError")), ..right() }, None)]
fn what_is_expected_follows_from_spies_and_answers(
    #[case] subject: Subject,
    #[case] met: Met,
    #[case] expected: Option<Verdict>,
) {
    let cell = subject.pair(&met);
    assert_eq!(cell.expected, expected, "{cell:?}");
}

/// A spy that is refused though its twin is taken says so of whatever is like it.
#[test]
fn another_end_than_expected_is_told() {
    let spies = [
        "spies/bytes/plain",
        "spies/bytes/thirteen",
        "spies/bytes/page",
        "spies/bytes/redirected",
    ];
    let refuses = |subject: Subject, spy: &&str| subject.with(spy, |seen| seen.ended = raised("TypeError"));
    let subject = spies.iter().fold(Subject::asking(Request::SIMPLE), refuses);
    let subject = ["spies/bytes/one", "spies/bytes/own-arrays", "spies/bytes/one-row"]
        .iter()
        .fold(subject, refuses);
    let cell = subject.pair(&right());
    assert_eq!(
        (cell.verdict, cell.expected),
        (Verdict::Works, Some(Verdict::ConsumerRefuses))
    );
    assert!(cell.is_unexpected());
    assert!(!Subject::asking(Request::SIMPLE).pair(&right()).is_unexpected());
}
