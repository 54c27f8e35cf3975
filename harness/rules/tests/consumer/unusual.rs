//! Consumers that ask more than once, give something else back, wear out, or take a spy in another dress.
//!
//! Knows what each shows. Must never know how a spy is made.

use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Dress, Ended, OWNER};
use bufcheck_protocol::request::Request;

use super::subject::{Subject, raised, told};
use super::{FULL_RO, refused};

const CHANGING: &str = "spies/bytes/changing";

/// It asks twice in a call, and comes to this where the items change between its requests.
pub(super) fn mixes(text: &str, digest: u64) -> Subject {
    Subject::asking(FULL_RO).with(CHANGING, |seen| {
        seen.events.extend(seen.events.clone());
        seen.ended = Ended::Returned(told(text, digest));
    })
}

/// It gives `obj` of the view back.
pub(super) fn returns_owner() -> Subject {
    Subject::asking(FULL_RO).with("spies/bytes/redirected", |seen| {
        seen.ended = Ended::Returned(told(OWNER, 1));
    })
}

/// It ends like this, given one spy.
pub(super) fn ended(spy: &str, how: HowEnded) -> Subject {
    Subject::asking(FULL_RO).with(spy, |seen| seen.ended = Ended::Died(how))
}

#[test]
fn who_asks_twice_and_reads_one_content_reads_once() {
    let number = super::spies().iter().position(|spy| spy.id == CHANGING);
    let of_twin = 100 + number.expect("it is there") as u64;
    assert_eq!(mixes("right", of_twin).broken(), [""; 0]);
}

#[test]
fn who_asks_once_cannot_mix() {
    let once = Subject::asking(FULL_RO).with(CHANGING, |seen| seen.ended = Ended::Returned(told("other", 1)));
    assert_eq!(once.broken(), [""; 0]);
}

#[test]
fn what_a_worn_out_function_refuses_is_not_held_against_it() {
    let spelt = "spies/ints/little-endian";
    assert_eq!(refused(spelt).broken(), ["consumer.byteorder-equivalence"]);
    let worn = refused(spelt)
        .again()
        .at_last(|seen| seen.ended = raised("RuntimeError"));
    assert_eq!(worn.broken(), [""; 0]);
}

#[test]
fn who_counts_items_is_not_compared_with_bytes() {
    // Six ints are twenty-four bytes: whoever counts says so.
    let counts = Subject::asking(Request::SIMPLE).with("spies/ints/plain", |seen| {
        seen.ended = Ended::Returned(told("6", 1));
    });
    assert_eq!(counts.broken(), ["itemsize.ignored-when-shape-null"]);
    let dressed = Subject::asking(Request::SIMPLE)
        .dressed(Dress::Sequence)
        .with_all("spies/ints/plain", |seen| {
            seen.ended = Ended::Returned(told("6", 1));
        })
        .with_twin("spies/ints/plain", bufcheck_model::spy::Twin::Bytes, |seen| {
            seen.ended = Ended::Returned(told("24", 2));
        });
    assert_eq!(dressed.broken(), [""; 0]);
}

#[test]
fn a_reference_that_nobody_hears_of_is_a_view_that_was_not_given_back() {
    let keeps =
        Subject::asking(Request::SIMPLE)
            .dressed(Dress::NoRelease)
            .with("spies/bytes/plain", |seen| {
                seen.left = vec![0, 0, 0];
                seen.references = vec![1, 2, 3];
            });
    assert_eq!(keeps.broken(), ["release.exactly-once"]);
}
