//! Messages whose meaning must be the same on every machine, for ever.
//!
//! Knows orders and ids as they were when they were first used. Must never compute them in another way.

use bufcheck_model::order::Order;
use bufcheck_model::wire::Hello;
use bufcheck_protocol::format::Platform;

#[test]
fn orders_are_the_same_for_ever() {
    assert_eq!(Order::Listed.positions(5), [0, 1, 2, 3, 4]);
    let shuffled = Order::Shuffled(7).positions(12);
    assert_eq!(shuffled, SEVEN);
    assert_eq!(Order::Shuffled(2026).positions(12), YEAR);
    for count in 0..40 {
        let mut positions = Order::Shuffled(7).positions(count);
        positions.sort_unstable();
        assert!(positions.iter().copied().eq(0..count));
    }
}

const SEVEN: [usize; 12] = [10, 11, 5, 1, 7, 4, 8, 2, 9, 6, 0, 3];
const YEAR: [usize; 12] = [3, 11, 9, 5, 10, 8, 2, 1, 0, 4, 6, 7];

#[test]
fn interpreters_are_named_by_implementation_and_version() {
    let hello = |free_threaded| Hello {
        protocol: 1,
        tool: "0.1.0".into(),
        implementation: "cpython".into(),
        version: [3, 13, 2],
        version_text: String::new(),
        executable: String::new(),
        platform: Platform::LP64_LE,
        system: "linux".into(),
        machine: "x86_64".into(),
        free_threaded,
        debug: false,
        unchecked: Vec::new(),
    };
    assert_eq!(hello(false).interpreter_id(), "cpython-3.13");
    assert_eq!(hello(true).interpreter_id(), "cpython-3.13t");
}
