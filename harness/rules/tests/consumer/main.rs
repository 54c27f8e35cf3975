//! The rules about consumers, over traces made by hand.
//!
//! Knows how a consumer without faults looks with every spy of `cases/spies/`, and what one fault changes. Must never
//! know how a spy is made.

#[path = "../support/data.rs"]
#[allow(dead_code, reason = "every test binary uses its own part of this")]
mod data;
mod gathered;
mod history;
mod pairs;
mod subject;
mod unusual;

use bufcheck_model::case::{ActsOn, Level, Side};
use bufcheck_model::observation::{Field, FieldSet, HowEnded};
use bufcheck_model::spy::{
    Access, Ended, Event, Fault, ITSELF, Moment, Oracle, Place, Region, Released, Spied, Twin, Written,
};
use bufcheck_protocol::request::Request;
use bufcheck_rules::{Check, rules};
use data::spies;
use rstest::rstest;
use subject::{Subject, raised, told};

const FULL_RO: Request = Request::FULL_RO;

fn read(place: Place) -> Fault {
    Fault {
        access: Some(Access::Read),
        place,
        held: 1,
        granted: 1,
        after_call: false,
    }
}

fn write(place: Place) -> Fault {
    Fault {
        access: Some(Access::Write),
        ..read(place)
    }
}

fn late(place: Place, after_call: bool) -> Fault {
    Fault {
        held: 0,
        after_call,
        ..read(place)
    }
}

fn died(subject: Subject, spy: &str, place: Place) -> Subject {
    subject.with(spy, |seen| {
        seen.faults = vec![Fault {
            held: 0,
            granted: 0,
            ..read(place)
        }];
        seen.ended = Ended::Died(HowEnded::Signal(11));
    })
}

/// A consumer that asks this word, and is wrong with this spy.
fn wrong(word: Request, spy: &str) -> Subject {
    Subject::asking(word).with(spy, |seen| seen.ended = Ended::Returned(told("wrong", 1)))
}

fn fault(word: Request, spy: &str, fault: Fault) -> Subject {
    Subject::asking(word).with(spy, |seen| seen.faults = vec![fault])
}

fn left(spy: &str, left: [i64; 3], references: [i64; 3]) -> Subject {
    Subject::asking(Request::SIMPLE).with(spy, |seen| {
        seen.left = left.to_vec();
        seen.references = references.to_vec();
    })
}

fn released(spy: &str, releases: &[Released]) -> Subject {
    Subject::asking(Request::SIMPLE).with(spy, |seen| {
        seen.events.retain(|event| matches!(event, Event::Asked { .. }));
        seen.events.extend(releases.iter().map(|what| Event::Released {
            what: *what,
            changed: FieldSet::EMPTY,
            moment: Moment::default(),
        }));
    })
}

fn moment(request: bool, moment: Moment) -> Subject {
    Subject::asking(Request::SIMPLE).with("spies/bytes/plain", |seen| {
        for event in &mut seen.events {
            match event {
                Event::Asked { moment: now, .. } if request => *now = moment,
                Event::Released { moment: now, .. } if !request => *now = moment,
                Event::Asked { .. } | Event::Released { .. } => {}
            }
        }
    })
}

fn refused(spy: &str) -> Subject {
    Subject::asking(FULL_RO).with(spy, |seen| seen.ended = raised("TypeError"))
}

const PLAIN: &str = "spies/bytes/plain";

fn differs(seen: &mut Spied) {
    seen.oracle = Some(Oracle::Differs("7".into()));
}

/// Asks for writable memory, and writes.
fn wrote(declared: bool) -> Subject {
    let subject = Subject::asking(Request::WRITABLE).declared(|case| case.writes = Some(declared));
    subject.when(PLAIN, 0, |seen| {
        seen.written = Some(Written {
            digest: 0,
            gaps: false,
        });
    })
}

fn refuses_doubles() -> Subject {
    let doubles = spies().iter().filter(|spy| spy.format == "d");
    doubles.fold(Subject::asking(FULL_RO), |subject, spy| {
        subject.with(&spy.id, |seen| seen.ended = raised("TypeError"))
    })
}

fn takes_floats_for_ints() -> Subject {
    let same = |seen: &mut Spied| seen.ended = Ended::Returned(told("same", 1));
    Subject::asking(FULL_RO)
        .with_all("spies/ints/plain", same)
        .with_all("spies/floats/bytes-of-ints", same)
}

#[rstest]
#[case::mixes("consumer.reads-once", unusual::mixes("neither", 1))]
#[case::owner("obj.consumer-returns-obj", unusual::returns_owner())]
#[case::hangs_without_items("consumer.survives", unusual::ended("spies/bytes/empty", HowEnded::Hung))]
#[case::leaves_without_items("consumer.survives", unusual::ended("spies/bytes/empty", HowEnded::Exit(0)))]
#[case::past_the_end(
    "consumer.bounds-by-len",
    fault(Request::SIMPLE, PLAIN, read(Place::Behind(Region::Memory)))
)]
#[case::before_the_start(
    "consumer.bounds-by-len",
    fault(Request::SIMPLE, PLAIN, read(Place::Before(Region::Memory)))
)]
#[case::past_the_shape(
    "consumer.bounds-by-shape",
    fault(Request::ND, PLAIN, read(Place::Behind(Region::Memory)))
)]
#[case::past_many_items(
    "itemsize.ignored-when-shape-null",
    fault(Request::SIMPLE, "spies/ints/plain", read(Place::Behind(Region::Memory)))
)]
#[case::wrote(
    "consumer.no-write-without-writable",
    fault(Request::SIMPLE, PLAIN, write(Place::Inside(Region::Memory)))
)]
#[case::shape(
    "shape.read-only-for-consumer",
    fault(FULL_RO, PLAIN, write(Place::Inside(Region::Shape)))
)]
#[case::strides(
    "strides.read-only-for-consumer",
    fault(FULL_RO, PLAIN, write(Place::Inside(Region::Strides)))
)]
#[case::suboffsets(
    "suboffsets.read-only-for-consumer",
    fault(FULL_RO, PLAIN, write(Place::Inside(Region::Suboffsets)))
)]
#[case::format(
    "format.read-only-for-consumer",
    fault(FULL_RO, PLAIN, write(Place::Inside(Region::Format)))
)]
#[case::late(
    "release.no-use-after",
    fault(FULL_RO, PLAIN, late(Place::Inside(Region::Shape), false))
)]
#[case::kept(
    "consumer.holds-view-while-using-memory",
    fault(FULL_RO, PLAIN, late(Place::Inside(Region::Memory), true))
)]
#[case::empty(
    "empty.no-dereference",
    fault(Request::SIMPLE, "spies/bytes/empty", read(Place::Behind(Region::Memory)))
)]
#[case::null(
    "consumer.fields-not-requested",
    died(Subject::asking(Request::SIMPLE), PLAIN, Place::Null(8))
)]
#[case::scalar(
    "scalar.consumer-handles-ndim0",
    died(Subject::asking(FULL_RO), "spies/ints/scalar", Place::Null(0))
)]
#[case::axes(
    "ndim.consumer-handles-64",
    died(Subject::asking(FULL_RO), "spies/bytes/64-axes", Place::Elsewhere)
)]
#[case::record(
    "format.unknown-codes-not-fatal",
    died(Subject::asking(FULL_RO), "spies/odd/record", Place::Elsewhere)
)]
#[case::death("consumer.survives", died(Subject::asking(FULL_RO), PLAIN, Place::Elsewhere))]
#[case::null_buf(
    "empty.buf-null",
    died(Subject::asking(FULL_RO), "spies/bytes/empty-null", Place::Null(0))
)]
#[case::struct_of_a_refusal(
    "refusal.no-field-assumptions",
    died(Subject::asking(FULL_RO), "spies/refuses/all", Place::Impossible)
)]
#[case::number_of_a_refusal("refusal.no-field-assumptions", Subject::asking(FULL_RO).with("spies/refuses/all", |seen| {
    seen.ended = Ended::Returned(told("-6365935209750747225", 2));
}))]
#[case::items(
    "itemsize.ignored-when-shape-null",
    wrong(Request::SIMPLE, "spies/ints/plain")
)]
#[case::gaps("contig.check-before-flat-access", wrong(FULL_RO, "spies/bytes/strided"))]
#[case::reversed(
    "strides.consumer-handles-nonpositive",
    wrong(FULL_RO, "spies/bytes/reversed")
)]
#[case::pointers("suboffsets.zero-is-dereference", wrong(FULL_RO, "spies/indirect/zero"))]
#[case::added("suboffsets.added-after-dereference", wrong(FULL_RO, "spies/indirect/added"))]
#[case::minus_five(
    "suboffsets.negative-value-arbitrary",
    wrong(FULL_RO, "spies/indirect/minus-five")
)]
#[case::own_arrays("memory.self-pointers-in-view", wrong(FULL_RO, "spies/bytes/own-arrays"))]
#[case::table("consumer.right-result", wrong(FULL_RO, "spies/ints/table"))]
#[case::big_endian(
    "consumer.format-checked-before-typed-access",
    wrong(FULL_RO, "spies/ints/big-endian")
)]
#[case::fortran("consumer.fortran-order", wrong(FULL_RO, "spies/bytes/fortran"))]
#[case::odd_readonly(
    "consumer.readonly-any-nonzero",
    fault(Request::ND, "spies/bytes/readonly-2", write(Place::Inside(Region::Memory)))
)]
#[case::odd_ndim("consumer.ndim-without-shape", wrong(Request::SIMPLE, "spies/bytes/ndim-0"))]
#[case::never("release.exactly-once", left(PLAIN, [1, 2, 3], [1, 2, 3]))]
#[case::twice("release.exactly-once", released(PLAIN, &[Released::Held, Released::Again]))]
#[case::on_error("release.on-every-path", left(PLAIN, [1, 2, 3], [1, 2, 3]).with(PLAIN, |seen| seen.ended = raised("ValueError")))]
#[case::when_empty("release.on-every-path", left("spies/bytes/empty", [1, 2, 3], [1, 2, 3]))]
#[case::retried("consumer.no-retry-leak", left("spies/refuses/second", [1, 2, 3], [1, 2, 3]).with("spies/refuses/second", |seen| {
    seen.events.push(Event::Asked { request: Request::ND, granted: false, moment: Moment::default() });
}))]
#[case::slot("release.through-pybuffer-release", left(PLAIN, [0, 0, 0], [1, 2, 3]))]
#[case::dropped("obj.consumer-does-not-decref", left(PLAIN, [1, 2, 3], [0, 0, 0]))]
#[case::dropped_too("obj.consumer-does-not-decref", left(PLAIN, [0, 0, 0], [-1, -1, -1]))]
#[case::unasked("release.not-without-get", released(PLAIN, &[Released::Held, Released::Unknown]))]
#[case::internal("release.internal-unchanged-at-release", released(PLAIN, &[Released::Unknown]))]
#[case::of_a_refusal("refusal.view-not-released", released("spies/refuses/all", &[Released::Unknown]))]
#[case::arrays("consumer.arrays-not-freed", Subject::asking(FULL_RO).with(PLAIN, |seen| {
    for event in &mut seen.events {
        if let Event::Released { changed, .. } = event {
            changed.insert(Field::Shape);
        }
    }
}))]
#[case::without_lock("consumer.needs-gil", moment(false, Moment { without_gil: true, error_set: false }))]
#[case::error_set("consumer.request-with-error-set", moment(true, Moment { without_gil: false, error_set: true }))]
#[case::swallowed("consumer.error-not-swallowed-silently", Subject::asking(FULL_RO).with("spies/refuses/all-memory-error", |seen| {
    seen.ended = Ended::Returned(told("0", 0));
}))]
#[case::replaced(
    "consumer.error-not-swallowed-silently",
    refused("spies/refuses/all-keyboard-interrupt")
)]
#[case::left_set("consumer.error-not-swallowed-silently", Subject::asking(FULL_RO).with("spies/refuses/all", |seen| {
    seen.ended = raised("SystemError");
}))]
#[case::format_alone("request.format-alone-malformed", Subject::asking(Request::new(0x4)))]
#[case::spelling("consumer.byteorder-equivalence", refused("spies/ints/standard"))]
#[case::space("format.whitespace-ignored", refused("spies/ints/spaces"))]
#[case::letter("consumer.l-q-equivalence", refused("spies/longs/plain"))]
#[case::writable("consumer.handles-readonly-either", Subject::asking(FULL_RO).when(PLAIN, 0, |seen| seen.ended = raised("TypeError")))]
#[case::unasked_write("consumer.request-writable-to-write", Subject::asking(FULL_RO).when(PLAIN, 0, |seen| {
    seen.written = Some(Written { digest: 0, gaps: false });
}))]
#[case::declared_reader("consumer.declared-writes", wrote(false))]
#[case::declared_writer("consumer.declared-writes", Subject::asking(FULL_RO).declared(|case| case.writes = Some(true)))]
#[case::declared_format("consumer.declared-formats", refuses_doubles().declared(|case| case.formats = vec!["B".into(), "d".into()]))]
#[case::taken_for_ints("consumer.declared-formats", takes_floats_for_ints().declared(|case| case.formats = vec!["i".into()]))]
#[case::oracle("consumer.right-result", Subject::asking(FULL_RO).with(PLAIN, differs))]
#[case::oracle_of_another_format("consumer.format-checked-before-typed-access", Subject::asking(FULL_RO)
    .with("spies/doubles/plain", differs)
    .with("spies/ints/plain", |seen| seen.oracle = Some(Oracle::Agrees)))]
#[case::oracle_of_gaps("contig.check-before-flat-access", Subject::asking(FULL_RO).with("spies/bytes/strided", differs))]
fn one_fault_breaks_its_rule_and_no_other(#[case] rule: &str, #[case] subject: Subject) {
    let broken = subject.broken();
    assert_eq!(broken, [rule], "{:#?}", subject.hits());
}

#[rstest]
#[case(Request::SIMPLE)]
#[case(Request::ND)]
#[case(Request::STRIDES)]
#[case(FULL_RO)]
#[case(Request::new(0x1))]
fn whoever_does_nothing_wrong_is_in_peace(#[case] word: Request) {
    assert_eq!(Subject::asking(word).broken(), [""; 0]);
}

#[test]
fn bytes_are_compared_where_they_are_declared() {
    let subject = Subject::asking(FULL_RO).with_twin("spies/bytes/table", Twin::Bytes, |seen| {
        seen.ended = Ended::Returned(told("10", 10));
    });
    assert_eq!(subject.broken(), [""; 0]);
    let mut declared = subject;
    declared.case.acts_on = Some(ActsOn::Bytes);
    assert_eq!(declared.broken(), ["consumer.right-result"]);
}

#[test]
fn results_are_not_judged_where_equal_buffers_give_different_ones() {
    let mut subject = wrong(FULL_RO, "spies/bytes/strided");
    assert_eq!(subject.broken(), ["contig.check-before-flat-access"]);
    subject = subject.with("spies/bytes/thirteen", |seen| {
        seen.ended = Ended::Returned(told("again", 4));
    });
    assert_eq!(subject.broken(), [""; 0]);
}

/// With it they are: the author knows the result.
#[test]
fn the_oracle_knows_better_than_twins() {
    let wrong = || wrong(FULL_RO, "spies/bytes/strided");
    let agrees = |seen: &mut Spied| seen.oracle = Some(Oracle::Agrees);
    assert_eq!(wrong().with("spies/bytes/strided", agrees).broken(), [""; 0]);
    let raises = |seen: &mut Spied| seen.oracle = Some(Oracle::Raises("TypeError".into()));
    let rule = ["contig.check-before-flat-access"];
    assert_eq!(wrong().with("spies/bytes/strided", raises).broken(), rule);
    let unsteady = wrong().with("spies/bytes/thirteen", |seen| {
        seen.ended = Ended::Returned(told("again", 4));
    });
    assert_eq!(unsteady.with("spies/bytes/strided", differs).broken(), rule);
}

#[test]
fn what_is_declared_and_true_is_in_peace() {
    assert_eq!(wrote(true).broken(), [""; 0]);
    let reader = Subject::asking(FULL_RO).declared(|case| case.writes = Some(false));
    assert_eq!(reader.broken(), [""; 0]);
    let ints = refuses_doubles().declared(|case| case.formats = vec!["i".into(), "f".into()]);
    assert_eq!(ints.broken(), [""; 0]);
    let both = takes_floats_for_ints().declared(|case| case.formats = vec!["i".into(), "f".into()]);
    assert_eq!(both.broken(), [""; 0]);
}

#[test]
fn what_shows_with_plain_spies_is_told_of_them() {
    let behind = || read(Place::Behind(Region::Memory));
    let subject =
        fault(FULL_RO, PLAIN, behind()).with("spies/bytes/strided", |seen| seen.faults = vec![behind()]);
    assert_eq!(subject.broken(), ["consumer.bounds-by-shape"]);
}

/// The same numbers in another byte order are other bytes.
#[test]
fn what_is_written_in_the_byte_order_of_the_buffer_is_right() {
    let wrote = |seen: &mut Spied| {
        seen.written = Some(Written {
            digest: 3,
            gaps: false,
        });
    };
    let ints = Subject::asking(Request::FULL).declared(|case| case.formats = vec!["i".into()]);
    let subject =
        ints.with("spies/ints/big-endian", wrote)
            .with_twin("spies/ints/big-endian", Twin::Layout, wrote);
    assert_eq!(subject.broken(), [""; 0], "{:#?}", subject.hits());
}

#[test]
fn what_does_not_grow_is_no_leak() {
    assert_eq!(left(PLAIN, [1, 1, 1], [1, 1, 1]).broken(), [""; 0]);
    assert_eq!(left(PLAIN, [0, 0, 0], [1, 1, 1]).broken(), [""; 0]);
}

/// So is the object itself, unread; but not where memory ran out.
#[test]
fn who_gives_the_object_back_has_not_read_it() {
    let unread = |seen: &mut Spied| seen.ended = Ended::Returned(told(&format!("list({ITSELF})"), 3));
    let subject = Subject::asking(FULL_RO).with("spies/refuses/all", unread);
    assert_eq!(subject.broken(), [""; 0]);
    assert_eq!(subject.with("spies/bytes/strided", unread).broken(), [""; 0]);
    let subject = Subject::asking(FULL_RO).with("spies/refuses/all-memory-error", unread);
    assert_eq!(subject.broken(), ["consumer.error-not-swallowed-silently"]);
}

/// An exception is a fair answer to whatever is unusual.
#[test]
fn refusing_is_no_fault() {
    for spy in spies() {
        if spy.refused_breaks.is_none() && spy.refuses.is_none() {
            assert_eq!(refused(&spy.id).broken(), [""; 0], "{}", spy.id);
        }
    }
}

#[test]
fn every_rule_is_tried_here() {
    let source = include_str!("main.rs");
    let untried: Vec<&str> = rules()
        .filter(|rule| matches!(rule.check, Check::Consumer))
        .filter(|rule| !source.contains(&format!("\"{}\"", rule.id)))
        .map(|rule| rule.id)
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
}

#[test]
fn spies_blame_rules_about_consumers() {
    for spy in spies() {
        for id in [&spy.blames, &spy.refused_breaks].into_iter().flatten() {
            let known = rules().find(|rule| rule.id == id);
            assert!(
                known.is_some_and(|rule| matches!(rule.check, Check::Consumer)),
                "{}: {id}",
                spy.id
            );
            let data = data::rules()
                .iter()
                .find(|rule| rule.id == *id)
                .expect("described");
            assert_eq!(data.side, Side::Consumer);
            assert_eq!(data.level == Level::Contested, spy.contested, "{}", spy.id);
        }
        assert!(
            spy.like
                .as_ref()
                .is_none_or(|like| spies().iter().any(|spy| spy.id == *like)),
            "{}",
            spy.id
        );
    }
}
