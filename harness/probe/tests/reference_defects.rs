//! Each defect differs from its sound twin in the intended way and in no other.

#![allow(unsafe_code, reason = "references that defects lose are given back by hand")]

mod reference_support;

use bufcheck_model::reference::ReferenceSpec;
use pyo3::prelude::*;
use reference_support::{Held, Seen, ask, differences, make, references, spec, with_python};
use rstest::rstest;

const LINE: &str = r#""format": "<i", "itemsize": 4, "shape": [3]"#;
const C: &str = r#""format": "<h", "itemsize": 2, "shape": [2, 3]"#;
const F: &str = r#""format": "<h", "itemsize": 2, "shape": [2, 3], "order": "f""#;
const READONLY: &str = r#""format": "<h", "itemsize": 2, "shape": [2, 3], "readonly": true"#;
const STRIDED: &str = r#""format": "<h", "itemsize": 2, "shape": [3, 2], "strides": [8, 2]"#;
const REVERSED: &str = r#""format": "<h", "itemsize": 2, "shape": [3], "strides": [-2]"#;
const PIL: &str = r#""format": "<h", "itemsize": 2, "shape": [2, 3], "suboffsets": [4, -1]"#;
const COPY: &str = r#""format": "<h", "itemsize": 2, "shape": [3, 2], "strides": [8, 2], "readonly": true, "flat_copy": true"#;
const NATIVE: &str = r#""format": "l", "itemsize": 8, "shape": [3]"#;

fn twin(base: &str) -> ReferenceSpec {
    spec(&format!("{{{base}}}"))
}

fn with(base: &str, defect: &str) -> ReferenceSpec {
    spec(&format!(r#"{{{base}, "defect": {defect}}}"#))
}

fn kind(base: &str, kind: &str) -> ReferenceSpec {
    with(base, &format!(r#"{{"kind": {kind}}}"#))
}

/// Both answers to one request; the faulty exporter is kept alive, for a fault may cost it a reference.
fn both(py: Python<'_>, sound: &ReferenceSpec, faulty: &ReferenceSpec, flags: i32) -> (Seen, Seen) {
    let faulty = make(py, faulty);
    std::mem::forget(faulty.clone());
    std::mem::forget(faulty.clone());
    (ask(&make(py, sound), flags), ask(&faulty, flags))
}

#[rstest]
// The verdict.
#[case(C, r#""refuse""#, 0x18, "code raised obj during")]
#[case(READONLY, r#"{"ignore": "WRITABLE"}"#, 0x19, "code raised obj during")]
#[case(F, r#"{"ignore": "0x020"}"#, 0x38, "code raised obj during")]
#[case(C, r#"{"ignore": "0x040"}"#, 0x58, "code raised obj during")]
#[case(STRIDED, r#"{"ignore": "0x080"}"#, 0x98, "code raised obj during")]
#[case(PIL, r#"{"assume": "INDIRECT"}"#, 0x18, "code raised obj during")]
#[case(C, r#"{"ignore": "FORMAT"}"#, 0x1c, "format")]
#[case(C, r#"{"ignore": "0x010"}"#, 0x18, "strides")]
#[case(STRIDED, r#""serve-native""#, 0x8, "code raised obj during")]
#[case(COPY, r#""serve-native""#, 0x8, "content")]
// Numbers.
#[case(C, r#"{"len": "in-items"}"#, 0x18, "len")]
#[case(STRIDED, r#"{"len": "of-span"}"#, 0x18, "len")]
#[case(C, r#"{"len": "of-first-axis"}"#, 0x18, "len")]
#[case(C, r#"{"len": "first-extent"}"#, 0x18, "len")]
#[case(C, r#"{"len": "byte-short"}"#, 0x0, "len")]
#[case(C, r#"{"len": "byte-over"}"#, 0x0, "len")]
#[case(C, r#"{"len": "item-short"}"#, 0x0, "len")]
#[case(C, r#"{"len": "item-over"}"#, 0x0, "len")]
#[case(C, r#"{"len": "zero"}"#, 0x18, "len")]
#[case(C, r#"{"len": "negative"}"#, 0x18, "len")]
#[case(C, r#"{"len": "one-item"}"#, 0x18, "len")]
#[case(C, r#"{"itemsize": "zero"}"#, 0x18, "itemsize")]
#[case(C, r#"{"itemsize": "one"}"#, 0x0, "itemsize")]
#[case(C, r#"{"itemsize": "doubled"}"#, 0x18, "itemsize")]
#[case(C, r#"{"itemsize": "one-over"}"#, 0x18, "itemsize")]
#[case(C, r#"{"itemsize": "negative"}"#, 0x18, "itemsize")]
#[case(C, r#"{"itemsize": "len"}"#, 0x18, "itemsize")]
#[case(C, r#"{"ndim": "negative"}"#, 0x0, "ndim")]
#[case(C, r#"{"ndim": "zero"}"#, 0x0, "ndim")]
#[case(C, r#"{"ndim": "one"}"#, 0x18, "ndim shape strides")]
#[case(C, r#"{"ndim": "one-more"}"#, 0x18, "ndim shape strides")]
#[case(C, r#"{"ndim": "one-less"}"#, 0x18, "ndim shape strides")]
#[case(C, r#"{"ndim": "too-many"}"#, 0x0, "ndim")]
#[case(C, r#"{"readonly": "one-byte"}"#, 0x0, "readonly")]
#[case(C, r#"{"readonly": "claimed"}"#, 0x0, "readonly")]
#[case(READONLY, r#"{"readonly": "denied"}"#, 0x0, "readonly")]
#[case(READONLY, r#"{"readonly": "odd"}"#, 0x0, "readonly")]
// The address.
#[case(C, r#"{"buf": "null"}"#, 0x18, "buf")]
#[case(C, r#"{"buf": "next-item"}"#, 0x0, "content")]
#[case(C, r#"{"buf": "next-byte"}"#, 0x0, "content")]
#[case(REVERSED, r#"{"buf": "block-start"}"#, 0x18, "content")]
#[case(C, r#"{"buf": "unmapped"}"#, 0x18, "buf")]
#[case(C, r#"{"buf": "moving"}"#, 0x18, "")]
// The format.
#[case(C, r#"{"format": "null"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "unasked"}"#, 0x18, "format")]
#[case(C, r#"{"format": "bytes"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "swapped"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "twice"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "whole"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "empty"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "nonsense"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "other-code"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "not-ascii"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "endless"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "unreadable"}"#, 0x1c, "format")]
#[case(C, r#"{"format": "overwritten"}"#, 0x1c, "")]
#[case(NATIVE, r#"{"format": "standard"}"#, 0x1c, "format")]
// The arrays.
#[case(C, r#"{"shape": "null"}"#, 0x18, "shape")]
#[case(C, r#"{"shape": "unasked"}"#, 0x0, "shape")]
#[case(C, r#"{"shape": "reversed"}"#, 0x18, "shape")]
#[case(C, r#"{"shape": "in-bytes"}"#, 0x18, "shape")]
#[case(C, r#"{"shape": "negative"}"#, 0x8, "shape")]
#[case(C, r#"{"shape": "one-more"}"#, 0x8, "shape")]
#[case(C, r#"{"shape": "one-less"}"#, 0x8, "shape")]
#[case(C, r#"{"shape": "zero"}"#, 0x8, "shape")]
#[case(C, r#"{"shape": "flat"}"#, 0x8, "shape")]
#[case(C, r#"{"strides": "null"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "unasked"}"#, 0x8, "strides")]
#[case(C, r#"{"strides": "in-items"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "reversed"}"#, 0x18, "strides")]
#[case(STRIDED, r#"{"strides": "c-order"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "f-order"}"#, 0x18, "strides")]
#[case(REVERSED, r#"{"strides": "positive"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "zero"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "byte-over"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "item-over"}"#, 0x18, "strides")]
#[case(C, r#"{"strides": "huge"}"#, 0x18, "strides")]
#[case(PIL, r#"{"suboffsets": "null"}"#, 0x118, "suboffsets")]
#[case(C, r#"{"suboffsets": "all-negative"}"#, 0x118, "suboffsets")]
#[case(C, r#"{"suboffsets": "unasked"}"#, 0x18, "suboffsets")]
#[case(PIL, r#"{"suboffsets": "zero"}"#, 0x118, "suboffsets")]
#[case(PIL, r#"{"suboffsets": "item-over"}"#, 0x118, "suboffsets")]
#[case(C, r#"{"storage": "unreadable"}"#, 0x18, "shape strides")]
#[case(C, r#"{"storage": "overwritten"}"#, 0x18, "")]
// The owner.
#[case(C, r#"{"obj": "null"}"#, 0x18, "obj during")]
#[case(C, r#"{"obj": "borrowed"}"#, 0x18, "during after")]
#[case(C, r#"{"obj": "extra"}"#, 0x18, "during after")]
#[case(C, r#"{"obj": "stray"}"#, 0x18, "obj during")]
#[case(C, r#"{"obj": "other"}"#, 0x18, "obj during")]
#[case(C, r#"{"obj": "fresh"}"#, 0x18, "obj during")]
// Refusals and return values.
#[case(READONLY, r#"{"refusal": "no-exception"}"#, 0x19, "raised")]
#[case(READONLY, r#"{"refusal": "value-error"}"#, 0x19, "raised")]
#[case(READONLY, r#"{"refusal": "type-error"}"#, 0x19, "raised")]
#[case(READONLY, r#"{"refusal": "runtime-error"}"#, 0x19, "raised")]
#[case(READONLY, r#"{"refusal": "obj-owned"}"#, 0x19, "obj during after")]
#[case(READONLY, r#"{"refusal": "obj-borrowed"}"#, 0x19, "obj")]
#[case(READONLY, r#"{"refusal": "obj-stray"}"#, 0x19, "obj")]
#[case(READONLY, r#"{"refusal": "leak"}"#, 0x19, "during after")]
#[case(READONLY, r#"{"refusal": "counted"}"#, 0x19, "")]
#[case(C, r#"{"return": "raised"}"#, 0x18, "raised")]
#[case(C, r#"{"return": "positive"}"#, 0x18, "code")]
#[case(READONLY, r#"{"return": "minus-two"}"#, 0x19, "code")]
#[case(C, r#"{"return": "failed-after-all"}"#, 0x18, "code raised after")]
// Fields that are not written.
#[case(C, r#"{"unwritten": "buf"}"#, 0x18, "buf")]
#[case(C, r#"{"unwritten": "len"}"#, 0x18, "len")]
#[case(C, r#"{"unwritten": "itemsize"}"#, 0x18, "itemsize")]
#[case(C, r#"{"unwritten": "readonly"}"#, 0x18, "readonly")]
#[case(C, r#"{"unwritten": "ndim"}"#, 0x0, "ndim")]
#[case(C, r#"{"unwritten": "format"}"#, 0x18, "format")]
#[case(C, r#"{"unwritten": "shape"}"#, 0x0, "shape")]
#[case(C, r#"{"unwritten": "strides"}"#, 0x0, "strides")]
#[case(C, r#"{"unwritten": "suboffsets"}"#, 0x0, "suboffsets")]
#[case(C, r#"{"unwritten": "internal"}"#, 0x18, "internal")]
// Side effects and copies.
#[case(C, r#"{"side": "data-changed"}"#, 0x18, "content")]
#[case(PIL, r#"{"side": "data-changed"}"#, 0x118, "content")]
#[case(C, r#"{"side": "overrun-behind"}"#, 0x18, "overrun")]
#[case(C, r#"{"side": "overrun-before"}"#, 0x18, "overrun")]
#[case(C, r#"{"side": "leak"}"#, 0x18, "")]
#[case(COPY, r#"{"copy": "other-order"}"#, 0x38, "content")]
#[case(COPY, r#"{"copy": "zeroed"}"#, 0x0, "content")]
#[case(COPY, r#"{"copy": "raw"}"#, 0x0, "content")]
// Releases.
#[case(C, r#"{"release": "decref"}"#, 0x18, "after")]
#[case(C, r#"{"release": "raise"}"#, 0x18, "released")]
fn one_thing_differs(#[case] base: &str, #[case] fault: &str, #[case] flags: i32, #[case] differing: &str) {
    with_python(|py| {
        let (sound, faulty) = both(py, &twin(base), &kind(base, fault), flags);
        assert_eq!(
            differences(&sound, &faulty),
            differing,
            "{fault}\n{sound:?}\n{faulty:?}"
        );
    });
}

#[test]
fn arrays_on_the_stack_are_below_the_caller() {
    with_python(|py| {
        let object = make(py, &kind(C, r#"{"storage": "stack"}"#));
        let seen = ask(&object, 0x18);
        assert_eq!(
            (seen.code, seen.shape.is_some(), seen.strides.is_some()),
            (0, true, true)
        );
        assert_eq!(seen.len, 12);
    });
}

#[test]
fn a_granted_nothing_leaves_the_struct_alone() {
    with_python(|py| {
        let object = make(py, &kind(C, r#"{"return": "nothing"}"#));
        let seen = ask(&object, 0x18);
        assert_eq!(
            (seen.code, seen.obj.as_str(), seen.buf.as_str()),
            (0, "untouched", "untouched")
        );
    });
}

#[test]
fn what_takes_turns_or_moves_shows_the_second_time() {
    with_python(|py| {
        let moving = make(py, &kind(C, r#"{"buf": "moving"}"#));
        assert_ne!(ask(&moving, 0x18).address, ask(&moving, 0x18).address);
        let changing = make(py, &kind(C, r#"{"format": "changing"}"#));
        let formats: Vec<_> = (0..3).map(|_| ask(&changing, 0x1c).format).collect();
        assert_ne!(formats[0], formats[1]);
        assert_eq!(formats[0], formats[2]);
        let storage = make(py, &kind(C, r#"{"storage": "overwritten"}"#));
        let (held, seen) = Held::hold(&storage, 0x18);
        ask(&storage, 0x18);
        assert_ne!(held.arrays(), [seen.shape, seen.strides]);
        held.release(false);
        let text = make(py, &kind(C, r#"{"format": "overwritten"}"#));
        let (held, seen) = Held::hold(&text, 0x1c);
        ask(&text, 0x1c);
        assert_ne!(held.format(), seen.format);
        held.release(false);
    });
}

#[rstest]
#[case(r#"{"axis": "first", "kind": {"shape": "one-more"}}"#, [3, 3])]
#[case(r#"{"axis": "last", "kind": {"shape": "one-more"}}"#, [2, 4])]
fn a_fault_concerns_the_chosen_axis(#[case] defect: &str, #[case] shape: [isize; 2]) {
    with_python(|py| assert_eq!(ask(&make(py, &with(C, defect)), 0x18).shape, Some(shape.to_vec())));
}

/// Which of the requests ND, STRIDES, STRIDES with WRITABLE (refused), FULL, STRIDES show a wrong `len`.
#[rstest]
#[case(r"{}", [true, true, true, true])]
#[case(r#"{"requests": ["ND", "0x11d"]}"#, [true, false, false, false])]
#[case(r#"{"with": "STRIDES"}"#, [false, true, true, true])]
#[case(r#"{"without": "0x104"}"#, [true, true, false, true])]
#[case(r#"{"only": 2}"#, [false, true, false, false])]
#[case(r#"{"from": 4}"#, [false, false, true, true])]
#[case(r#"{"every": 2}"#, [false, true, true, false])]
#[case(r#"{"after_refusal": true}"#, [false, false, true, false])]
#[case(r#"{"held": 1}"#, [false, false, false, false])]
fn the_occasion_decides(#[case] when: &str, #[case] wrong: [bool; 4]) {
    with_python(|py| {
        let defect = format!(r#"{{"kind": {{"len": "zero"}}, "when": {when}}}"#);
        let object = make(py, &with(READONLY, &defect));
        let answers: Vec<Seen> = [0x8, 0x18, 0x19, 0x11c, 0x18]
            .map(|flags| ask(&object, flags))
            .into();
        assert_eq!(answers[2].code, -1);
        let shown: Vec<bool> = answers
            .iter()
            .filter(|seen| seen.code == 0)
            .map(|seen| seen.len == 0)
            .collect();
        assert_eq!(shown, wrong);
    });
}

#[test]
fn a_fault_can_wait_for_a_second_view() {
    with_python(|py| {
        let object = make(py, &with(C, r#"{"kind": {"len": "zero"}, "when": {"held": 1}}"#));
        let (held, first) = Held::hold(&object, 0);
        assert_eq!((first.len, ask(&object, 0).len), (12, 0));
        held.release(false);
        assert_eq!(ask(&object, 0).len, 12);
    });
}

#[test]
fn too_many_views_are_granted() {
    with_python(|py| {
        let base = r#""shape": [4], "sharing": "one-view""#;
        for (spec, code) in [(twin(base), -1), (kind(base, r#""overshare""#), 0)] {
            let object = make(py, &spec);
            let (held, _) = Held::hold(&object, 0);
            assert_eq!(ask(&object, 0).code, code);
            held.release(false);
        }
    });
}

#[test]
fn faulty_releases_touch_what_others_hold() {
    with_python(|py| {
        let spoiling = make(py, &kind(C, r#"{"release": "spoils-arrays"}"#));
        let (held, seen) = Held::hold(&spoiling, 0x18);
        ask(&spoiling, 0x18);
        assert_ne!(held.arrays(), [seen.shape.clone(), seen.strides.clone()]);
        assert_eq!(ask(&spoiling, 0x18).shape, seen.shape);
        held.release(false);
        let changing = make(py, &kind(C, r#"{"release": "data-changed"}"#));
        let (held, seen) = Held::hold(&changing, 0x18);
        ask(&changing, 0x18);
        assert_ne!(held.content(), seen.content);
        held.release(false);
        let clearing = make(py, &kind(C, r#"{"release": "clears-exception"}"#));
        let (held, _) = Held::hold(&clearing, 0x18);
        pyo3::exceptions::PyValueError::new_err("pending").restore(py);
        held.release(true);
        assert!(PyErr::take(py).is_none());
        let sound = make(py, &twin(C));
        let (held, _) = Held::hold(&sound, 0x18);
        pyo3::exceptions::PyValueError::new_err("pending").restore(py);
        held.release(true);
        assert!(PyErr::take(py).is_some());
    });
}

/// Whether `resize` works after one of two views was released, and after both.
#[rstest]
#[case("", ["BufferError", "BufferError", ""])]
#[case(r#"{"lock": "missing"}"#, ["", "", ""])]
#[case(r#"{"lock": "ended-by-first"}"#, ["BufferError", "", ""])]
#[case(r#"{"lock": "endless"}"#, ["BufferError", "BufferError", "BufferError"])]
#[case(r#"{"lock": "value-error"}"#, ["ValueError", "ValueError", ""])]
#[case(r#"{"lock": "too-late"}"#, ["BufferError", "BufferError", ""])]
#[case(r#"{"release": "by-address"}"#, ["BufferError", "BufferError", "BufferError"])]
#[case(r#"{"release": "leak"}"#, ["BufferError", "BufferError", ""])]
fn locks_fail_as_described(#[case] fault: &str, #[case] raised: [&str; 3]) {
    with_python(|py| {
        let object = make(
            py,
            &if fault.is_empty() {
                twin(LINE)
            } else {
                kind(LINE, fault)
            },
        );
        let resize = |extent: u64| {
            let result = object.call_method1("resize", (extent,));
            result.err().map_or(String::new(), |error| {
                error.get_type(py).name().expect("a name").to_string()
            })
        };
        let (first, seen) = Held::hold(&object, 0x18);
        let (second, _) = Held::hold(&object, 0x18);
        let mut shown = vec![resize(4)];
        let spoiled = fault.contains("missing") || fault.contains("too-late");
        assert_eq!(first.content() != seen.content, spoiled, "{fault}");
        first.release(true);
        shown.push(resize(5));
        second.release(false);
        shown.push(resize(6));
        assert_eq!(shown, raised, "{fault}");
    });
}

#[test]
fn a_counted_refusal_holds_the_lock() {
    with_python(|py| {
        let base = r#""shape": [2, 2]"#;
        let object = make(py, &kind(base, r#"{"refusal": "counted"}"#));
        assert_eq!(ask(&object, 0x58).code, -1);
        assert!(object.call_method1("resize", (3, 3)).is_err());
        let sound = make(py, &twin(base));
        assert_eq!(ask(&sound, 0x58).code, -1);
        assert!(sound.call_method1("resize", (3, 3)).is_ok());
    });
}

#[test]
fn sound_twins_lose_nothing() {
    with_python(|py| {
        for base in [LINE, C, F, READONLY, STRIDED, REVERSED, PIL, COPY, NATIVE] {
            let object = make(py, &twin(base));
            let before = references(&object);
            for flags in 0..0x200 {
                if flags != 0x100 {
                    assert_eq!(ask(&object, flags).references_after, 0, "{base} {flags:#x}");
                }
            }
            assert_eq!(references(&object), before);
        }
    });
}
