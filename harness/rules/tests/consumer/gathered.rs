//! One fault that shows with many spies is one finding.
//!
//! Knows how many spies a finding names. Must never know what makes it one.

use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Ended, Place, Region, Spied, Twin};
use bufcheck_protocol::request::Request;
use rstest::rstest;

use crate::data::spies;
use crate::subject::{Subject, raised, told};
use crate::{PLAIN, read};

const OTHERS: [&str; 3] = ["spies/ints/plain", "spies/floats/plain", "spies/doubles/plain"];

#[rstest]
#[case(0, "")]
#[case(1, " (and with one more spy)")]
#[case(2, " (and with 2 more spies)")]
#[case(3, " (and with 3 more spies)")]
fn the_other_spies_are_counted(#[case] others: usize, #[case] told: &str) {
    let reads = |subject: Subject, spy| {
        subject.with(spy, |seen| {
            seen.faults = vec![read(Place::Behind(Region::Memory))];
        })
    };
    let subject = reads(Subject::asking(Request::SIMPLE), PLAIN);
    let subject = OTHERS[..others]
        .iter()
        .fold(subject, |subject, spy| reads(subject, spy));
    let hits = subject.hits();
    assert_eq!(hits.len(), 1);
    let found = &hits[0].broken.found;
    let counted = found.find(" (and with ").map_or("", |at| &found[at..]);
    assert_eq!(counted, told, "{found}");
}

/// Whoever treats all items of a size alike may give any answer to values that are spelt another way.
#[test]
fn values_are_compared_where_formats_make_a_difference() {
    let spelt = "spies/doubles/big-endian";
    let otherwise = |subject: Subject| {
        subject.with_twin(spelt, Twin::Values, |seen| {
            seen.ended = Ended::Returned(told("another", 7));
        })
    };
    let alike = |subject: Subject| {
        ["spies/ints/plain", "spies/floats/bytes-of-ints"]
            .iter()
            .fold(subject, |subject, spy| {
                let same = |seen: &mut Spied| seen.ended = Ended::Returned(told("the same", 1));
                let twins = [Twin::Bytes, Twin::Layout, Twin::Values];
                let plain = subject.with(spy, same);
                twins
                    .into_iter()
                    .fold(plain, |subject, twin| subject.with_twin(spy, twin, same))
            })
    };
    let blind = otherwise(alike(Subject::asking(Request::FULL_RO)));
    assert_eq!(blind.broken(), Vec::<String>::new());
    let seeing = otherwise(Subject::asking(Request::FULL_RO));
    assert_eq!(seeing.broken(), ["consumer.format-checked-before-typed-access"]);
}

/// Whoever looks at `readonly` may answer otherwise: a twin is one that says the same of it.
#[test]
fn twins_are_alike_in_readonly() {
    let spy = spies()
        .iter()
        .find(|spy| spy.readonly.len() > 1 && spy.refuses.is_none())
        .expect("one of them is handed out with several values");
    let subject = Subject::asking(Request::FULL_RO).when_all(&spy.id, spy.readonly[1], |seen| {
        seen.ended = Ended::Returned(told("of another kind", 3));
    });
    assert_eq!(subject.broken(), Vec::<String>::new());
}

/// Who asks nothing is handed no exception of ours.
#[test]
fn an_error_before_any_request_is_nobodys_exception() {
    let fails = |asks: bool| {
        Subject::asking(Request::SIMPLE).with(PLAIN, |seen| {
            if !asks {
                seen.events.clear();
            }
            seen.ended = raised("SystemError");
        })
    };
    let swallowed = "consumer.error-not-swallowed-silently".to_owned();
    assert!(!fails(false).broken().contains(&swallowed));
    assert!(fails(true).broken().contains(&swallowed));
}

#[test]
fn requests_and_ends_are_counted() {
    let refusing = spies().iter().filter(|spy| spy.refuses.is_some());
    let refused: usize = refusing.map(|spy| spy.readonly.len()).sum();
    let all: usize = spies().iter().map(|spy| spy.readonly.len()).sum();
    let subject = Subject::asking(Request::SIMPLE);
    assert_eq!(subject.counts(), (all - refused, refused, 0));
    let dies = subject.with(PLAIN, |seen| seen.ended = Ended::Died(HowEnded::Signal(11)));
    // It is called once with each value of `readonly`.
    let plain = spies().iter().find(|spy| spy.id == PLAIN).expect("it is there");
    assert_eq!(dies.counts(), (all - refused, refused, plain.readonly.len()));
}

/// No plain spy has items of 12 bytes: whoever is wrong with plain ints is wrong with records for the same reason.
#[test]
fn records_are_not_to_blame_where_plain_items_of_several_bytes_show_it() {
    let wrong =
        |subject: Subject, spy| subject.with(spy, |seen| seen.ended = Ended::Returned(told("wrong", 1)));
    let record = "spies/odd/record";
    let alone = wrong(Subject::asking(Request::FULL_RO), record);
    assert_eq!(alone.broken(), ["format.unknown-codes-not-fatal"]);
    let both = wrong(alone, "spies/ints/plain");
    assert_eq!(both.broken(), ["consumer.right-result"]);
    let bytes = wrong(
        wrong(Subject::asking(Request::FULL_RO), record),
        "spies/signed/plain",
    );
    assert_eq!(
        bytes.broken(),
        ["format.unknown-codes-not-fatal", "consumer.right-result"]
    );
}

/// What comes out of an earlier call shows when plain bytes come once more, after all others.
#[test]
fn who_shows_what_came_before_is_not_judged_by_it() {
    let spelt = "spies/doubles/big-endian";
    let otherwise = |subject: Subject| {
        subject.with_twin(spelt, Twin::Values, |seen| {
            seen.ended = Ended::Returned(told("another", 7));
        })
    };
    let forgets = otherwise(Subject::asking(Request::FULL_RO).again());
    assert_eq!(forgets.broken(), ["consumer.format-checked-before-typed-access"]);
    let remembers = forgets.at_last(|seen| seen.ended = Ended::Returned(told("with a rest", 9)));
    assert_eq!(remembers.broken(), Vec::<String>::new());
}
