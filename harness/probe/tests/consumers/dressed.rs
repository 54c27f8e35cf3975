//! Spies of other types, spies that change, and functions that close what is not theirs.
//!
//! Knows what each shows. Must never know what is right.

use bufcheck_model::spy::{Dress, Ended, Event, OWNER, Spied, Spy};

use super::{call, consumed, done, given, one, ten};

/// What is seen in one call with this spy in another dress.
fn dressed(expression: &str, spy: Spy, dress: Dress) -> Spied {
    let seen = done(given((expression, None), (&[spy], dress), &[call(1)], &[]));
    assert_eq!((seen.dress, seen.gave_up), (dress, None));
    seen.calls[0].clone()
}

#[track_caller]
fn text(seen: &Spied) -> &str {
    match &seen.ended {
        Ended::Returned(told) => told.text.as_str(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_spy_with_items_has_a_length_and_gives_them() {
    let table = Spy {
        format: "h".into(),
        itemsize: 2,
        shape: vec![2, 2],
        memory: "01000200feff0400".into(),
        ..ten()
    };
    let counts = "(len(buf), list(buf), buf[-1], bytes(buf)[0])";
    let seen = dressed(counts, table.clone(), Dress::Sequence);
    assert_eq!(
        text(&seen),
        "tuple(2, list(list(1, 2), list(-2, 4)), list(-2, 4), 1)"
    );
    assert_eq!(seen.events.len(), 2, "only `bytes` asks: {seen:?}");
    let record = Spy {
        format: "T{h:a:}".into(),
        ..table.clone()
    };
    assert_eq!(
        text(&dressed("buf[0]", record, Dress::Sequence)),
        "list(bytes 0100, bytes 0200)"
    );
    let scalar = Spy {
        format: "B".into(),
        itemsize: 1,
        shape: Vec::new(),
        memory: "07".into(),
        ..ten()
    };
    for expression in ["len(buf)", "buf[0]"] {
        let seen = dressed(expression, scalar.clone(), Dress::Sequence);
        assert!(
            matches!(&seen.ended, Ended::Raised { type_name, .. } if type_name == "TypeError"),
            "{seen:?}"
        );
    }
    assert!(matches!(one("len(buf)", table).ended, Ended::Raised { .. }));
}

#[test]
fn a_spy_without_a_slot_for_releases_hears_of_none_and_counts_references() {
    let seen = dressed("held(buf, lambda view: read(view))", ten(), Dress::NoRelease);
    assert_eq!(text(&seen), "bytes 30313233343536373839");
    assert!(
        matches!(&*seen.events, [Event::Asked { granted: true, .. }]),
        "{seen:?}"
    );
    assert!(seen.faults.is_empty() && seen.left.is_empty(), "{seen:?}");
    let past = dressed("held(buf, lambda view: read(view, 1))", ten(), Dress::NoRelease);
    assert_eq!((past.faults.len(), past.faults[0].held), (1, 1), "{past:?}");
    let kept = dressed("kept.append(memoryview(buf))", ten(), Dress::NoRelease);
    assert_eq!((&*kept.left, &*kept.references), (&[0, 0, 0][..], &[1, 2, 3][..]));
    // Nobody knows whether a view is held: nothing is refused for that.
    let twice = dressed("bytes(buf) == bytes(buf)", ten(), Dress::NoRelease);
    assert_eq!(text(&twice), "True");
}

#[test]
fn an_owner_is_told_from_what_was_given_and_is_the_same_result() {
    let redirects = Spy {
        redirects: true,
        ..ten()
    };
    let seen = one("memoryview(buf).obj", redirects);
    assert_eq!(text(&seen), OWNER);
    let own = one("buf", ten());
    assert_ne!(text(&own), OWNER);
    let digest = |seen: &Spied| match &seen.ended {
        Ended::Returned(told) => told.digest,
        other => panic!("{other:?}"),
    };
    assert_eq!(digest(&seen), digest(&own));
}

#[test]
fn a_spy_that_changes_does_so_between_requests_and_begins_anew() {
    let changes = Spy {
        changes: true,
        ..ten()
    };
    let both = "(bytes(buf), bytes(buf), bytes(buf))";
    let seen = consumed(both, std::slice::from_ref(&changes), &[call(1), call(1)]);
    for spied in &seen.calls {
        let (first, later) = ("bytes 30313233343536373839", "bytes 31323334353637383939");
        assert_eq!(text(spied), format!("tuple({first}, {later}, {later})"));
        assert_eq!(spied.written, None);
    }
    // As long as a view is held, everything stays.
    let held = "(lambda view: (bytes(buf), bytes(view)))(memoryview(buf))";
    let same = "bytes 30313233343536373839";
    assert_eq!(text(&one(held, changes)), format!("tuple({same}, {same})"));
}

#[test]
fn who_closes_descriptors_is_heard_or_it_is_said_why_not() {
    let seen = consumed(
        "(os.closerange(3, 256), bytes(buf))[1]",
        &[ten()],
        &[call(1), call(1)],
    );
    assert_eq!((seen.calls.len(), seen.gave_up), (2, None));
    let seen = consumed(
        "(os.closerange(0, 1 << 16), bytes(buf))[1]",
        &[ten()],
        &[call(1), call(1)],
    );
    let why = seen.gave_up.expect("nothing is heard any more");
    assert!(
        why.starts_with("it closed descriptors that it did not open"),
        "{why}"
    );
}
