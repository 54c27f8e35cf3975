//! Consumers given exporters of others: how the two are measured and compared.
//!
//! Knows what each pair shows. Must never know which of the two is right.

use bufcheck_model::observation::HowEnded;
use bufcheck_model::spy::{Dress, Ended, Lie, Met};
use bufcheck_protocol::request::Request;

use super::{call, done, given, ten};

fn met(expression: &str, exporter: &str) -> Met {
    let mut seen = done(given(
        (expression, None),
        (&[ten()], Dress::Spy),
        &[call(1)],
        &["bytes(1)", exporter],
    ));
    assert_eq!(seen.met.len(), 2);
    seen.met.remove(1)
}

fn digests(met: &Met) -> Vec<Option<u64>> {
    let outcomes = [&met.real, &met.items, &met.bytes, &met.memory, &met.viewed];
    let digest = |outcome: &bufcheck_model::spy::Outcome| match &outcome.ended {
        Ended::Returned(told) => told.digest,
        other => panic!("{other:?}"),
    };
    outcomes.map(|outcome| outcome.as_ref().map(digest)).to_vec()
}

#[test]
fn an_exporter_is_measured_asked_and_compared_with_plain_buffers() {
    let met = met("bytes(buf)", "memoryview(array.array('h', [1, 2, 3, 4]))[::2]");
    let content = met.content.clone().expect("it shows something");
    assert_eq!(
        (content.format.as_str(), content.itemsize, content.shape.clone()),
        ("h", 2, vec![2])
    );
    assert_eq!((content.lie, content.readonly), (Lie::Apart, false));
    assert_eq!(met.answers, [(Request::FULL_RO, None)]);
    let digests = digests(&met);
    assert!(digests[0].is_some() && digests[0] == digests[1] && digests[1] == digests[2]);
    assert_eq!(digests[3..], [None, None]);
}

#[test]
fn fortran_memory_has_a_twin_of_its_own() {
    let fortran =
        "__import__('_testbuffer').ndarray([0, 1, 2, 3, 4, 5], shape=[2, 3], strides=[1, 2], format='B')";
    let met = met("__import__('pickle').PickleBuffer(buf).raw().tobytes()", fortran);
    assert_eq!(
        met.content.as_ref().map(|content| content.lie),
        Some(Lie::Fortran)
    );
    let digests = digests(&met);
    assert_eq!(digests[0], digests[3], "it gives the bytes as they lie");
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn what_else_an_object_is_shows_through_a_memoryview() {
    let met = met("type(buf).__name__", "bytearray(3)");
    let digests = digests(&met);
    assert!(digests[0] != digests[1] && digests[4].is_some(), "{met:?}");
}

#[test]
fn a_pair_that_ends_the_process_costs_one_call() {
    let function = "os.abort() if len(memoryview(buf)) == 3 else 1";
    let mut seen = done(given(
        (function, None),
        (&[ten()], Dress::Spy),
        &[call(1)],
        &["bytes(3)", "nothing", "bytes(2)"],
    ));
    let last = seen.met.pop().expect("three");
    assert!(matches!(
        last.real.map(|real| real.ended),
        Some(Ended::Returned(_))
    ));
    assert!(
        seen.met[1]
            .unmade
            .as_ref()
            .is_some_and(|told| told.starts_with("NameError"))
    );
    let died = seen.met[0].real.clone().map(|real| real.ended);
    assert_eq!(died, Some(Ended::Died(HowEnded::Signal(6))));
}
