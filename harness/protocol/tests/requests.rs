//! Words of request flags: what they are made of, how they are written and read, and which are malformed.
//!
//! Knows the words of the documentation (c-api/buffer.html#buffer-request-types). Must never know what an exporter
//! answers.

use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::outcome::{Outcome, outcome};
use bufcheck_protocol::request::{Flaw, Request, WellFormed};
use rstest::rstest;

#[test]
fn there_are_256_words_of_known_bits() {
    let all: Vec<Request> = Request::all().collect();
    assert_eq!(all.len(), 256);
    assert!(all.is_sorted_by_key(|request| request.flags()));
    assert!(all.iter().all(|request| request.unknown_bits() == 0));
}

#[test]
fn bits_are_added_and_taken_away() {
    let word = Request::STRIDES.with(Request::FORMAT);
    assert_eq!(word.flags(), 0x1c);
    assert!(word.contains(Request::ND) && !word.contains(Request::WRITABLE));
    assert_eq!(word.without(Request::FORMAT), Request::STRIDES);
    assert_eq!(Request::STRIDES.without(Request::ND).flags(), 0x10);
    assert_eq!(Request::SIMPLE.without(Request::FULL), Request::SIMPLE);
}

#[rstest]
#[case(0x002, 0x002)]
#[case(0x11d, 0)]
#[case(0x203, 0x202)]
#[case(-1, !0x1fd)]
fn bits_without_a_meaning(#[case] flags: i32, #[case] unknown: i32) {
    assert_eq!(Request::new(flags).unknown_bits(), unknown);
}

#[rstest]
#[case::simple(0x000, WellFormed::Yes, &[])]
#[case::strides(0x018, WellFormed::Yes, &[])]
#[case::c_contiguous(0x038, WellFormed::Yes, &[])]
#[case::both_orders(0x078, WellFormed::Combined, &[])]
#[case::indirect_and_any(0x198, WellFormed::Combined, &[])]
#[case::half_strides(0x010, WellFormed::Malformed, &[Flaw::StridesWithoutNd])]
#[case::contiguity_alone(0x020, WellFormed::Malformed, &[Flaw::ContiguityWithoutStrides])]
#[case::contiguity_with_shape(0x028, WellFormed::Malformed, &[Flaw::ContiguityWithoutStrides])]
#[case::read(0x100, WellFormed::Malformed, &[Flaw::IndirectWithoutStrides, Flaw::ReadOrWrite])]
#[case::write(0x200, WellFormed::Malformed, &[Flaw::ReadOrWrite, Flaw::UnknownBits])]
#[case::format_alone(0x004, WellFormed::Malformed, &[Flaw::FormatWithoutShape])]
#[case::format_and_shape(0x00c, WellFormed::Yes, &[])]
#[case::unknown(0x01e, WellFormed::Malformed, &[Flaw::UnknownBits])]
fn whether_a_word_is_well_formed(#[case] flags: i32, #[case] formed: WellFormed, #[case] flaws: &[Flaw]) {
    assert_eq!(Request::new(flags).well_formed(), formed);
    assert_eq!(Request::new(flags).flaws(), flaws);
}

/// Whoever names a flaw calls the word malformed, and the other way round.
#[test]
fn malformed_words_are_those_with_a_flaw() {
    for request in (0..0x400).map(Request::new) {
        let malformed = request.well_formed() == WellFormed::Malformed;
        assert_eq!(malformed, !request.flaws().is_empty(), "{request}");
    }
}

#[rstest]
#[case(0x000, "requests/0x000-simple")]
#[case(0x01c, "requests/0x01c-strides+format")]
#[case(0x11d, "requests/0x11d-indirect+format+writable")]
#[case(0x002, "requests/0x002-unknown-bits")]
fn the_id_of_a_case(#[case] flags: i32, #[case] id: &str) {
    assert_eq!(Request::new(flags).case_id(), id);
}

#[test]
fn what_is_written_is_read() {
    for request in (-0x400..0x400).map(Request::new) {
        assert_eq!(request.to_string().parse(), Ok(request), "{request}");
        assert_eq!(request.hex().parse(), Ok(request), "{request}");
    }
    assert_eq!("PyBUF_ND|writable".parse(), Ok(Request::new(9)));
    for text in ["", "ND|", "NDX", "0x", "99999999999"] {
        assert!(text.parse::<Request>().is_err(), "`{text}`");
    }
}

/// `PyObject_GetBuffer` itself refuses the two words that PEP 3118 knew as `PyBUF_READ` and `PyBUF_WRITE`.
#[rstest]
#[case::read(0x100, false, Outcome::Interpreter)]
#[case::write(0x200, true, Outcome::Interpreter)]
#[case::writable(0x001, false, Outcome::Grant)]
#[case::writable_of_read_only(0x001, true, Outcome::Refuse)]
#[case::simple_of_read_only(0x000, true, Outcome::Grant)]
#[case::fortran_of_c(0x058, false, Outcome::RefuseOrFaithfulCopy)]
#[case::malformed(0x010, false, Outcome::Either)]
fn what_may_be_answered(#[case] flags: i32, #[case] readonly: bool, #[case] wanted: Outcome) {
    assert_eq!(outcome(Request::new(flags), LayoutClass::Cnd, readonly), wanted);
}
