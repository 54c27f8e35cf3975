//! Fixtures of the family `format`: the string that describes an item.
//!
//! Knows ways to break each rule, and what must stay silent. Must never need Python.

use crate::support::{Model, Subject, conforming, only, sensible};
use crate::{Violation, broken, each_fires};
use bufcheck_model::observation::{Field, Text};
use bufcheck_protocol::layout::LayoutClass;
use bufcheck_protocol::request::Request;
use rstest::rstest;
use serde_json::{Value as Json, json};

#[test]
fn each_violation_is_seen() {
    each_fires(violations());
}

fn due(request: Request) -> bool {
    request.wants_format() && request.wants_shape()
}

/// Six items of this format and size, nothing declared but the shape.
fn of_format(format: &str, itemsize: i64) -> Subject {
    let model = Model {
        format: format.into(),
        itemsize,
        strides: vec![itemsize],
        ..Model::new(LayoutClass::C1d, false)
    };
    let len = 6 * itemsize;
    let mut subject = model.subject().declaring(|declared| {
        declared.values = None;
        declared.format = None;
    });
    subject.made.memoryview = None;
    subject.sweep.contents[0].bytes = vec![0; usize::try_from(len).unwrap()];
    subject.granted(|_| true, |view| view.len = len)
}

/// Items of this format over these bytes, and the values that are declared.
fn of_values(format: &str, itemsize: i64, bytes: Vec<u8>, values: Json) -> Subject {
    let len = i64::try_from(bytes.len()).unwrap();
    let model = Model {
        format: format.into(),
        itemsize,
        shape: vec![len / itemsize],
        strides: vec![itemsize],
        ..Model::new(LayoutClass::C1d, false)
    };
    let mut subject = model.subject().declaring(|declared| {
        declared.values = Some(values);
        declared.format = None;
    });
    subject.made.memoryview = None;
    subject.sweep.contents[0].bytes = bytes;
    subject.granted(|_| true, |view| view.len = len)
}

/// One odd format, on this request only.
fn only_on(flags: i32, format: &Text) -> Subject {
    conforming(LayoutClass::Cnd, false).granted(only(flags), |view| view.format = format.clone())
}

pub(crate) fn violations() -> Vec<Violation> {
    let mut all = presence();
    all.extend(texts());
    all.extend(sizes());
    all.extend(values());
    all
}

fn presence() -> Vec<Violation> {
    let ascii = |text: &str| Text::Ascii(text.into());
    vec![
        broken(
            "format.null-unless-requested",
            conforming(LayoutClass::Cnd, false).granted(
                |request| !request.wants_format(),
                |view| view.format = Text::Ascii("<i".into()),
            ),
            |request| sensible(request) && !request.wants_format(),
        ),
        broken(
            "format.null-unless-requested",
            only_on(0x38, &ascii("<i")),
            only(0x38),
        ),
        broken(
            "format.non-null-when-requested",
            conforming(LayoutClass::Cnd, false).granted(due, |view| view.format = Text::Null),
            |request| sensible(request) && due(request),
        ),
        broken(
            "format.pointer-readable",
            only_on(0x1c, &Text::Unreadable(0x7f00_0001)),
            only(0x1c),
        ),
        broken(
            "format.nul-terminated",
            only_on(0x1c, &Text::Unterminated("i\\xffiiiiii".into())),
            only(0x1c),
        ),
        broken(
            "format.consistent-across-requests",
            only_on(0x1d, &ascii("<I")),
            only(0x1d),
        ),
        broken(
            "format.stable-while-exported",
            conforming(LayoutClass::Cnd, false)
                .granted(only(0x1c), |view| view.changed.insert(Field::Format)),
            only(0x1c),
        ),
    ]
}

fn texts() -> Vec<Violation> {
    vec![
        broken("format.parses", of_format("int32", 4), due),
        broken("format.parses", of_format("T{i:a:", 4), due),
        broken(
            "format.parses",
            only_on(0x1c, &Text::Bytes("\\xff<i".into())),
            only(0x1c),
        ),
        broken("format.struct-parseable", of_format("T{<i:a:}", 4), due),
        broken("format.native-only-codes", of_format("<P", 8), due),
        broken("format.native-only-codes", of_format("T{<i:a:=n:b:}", 12), due),
        broken("format.prefix-scope", of_format("T{<i:a:}", 4), due),
        broken("format.prefix-scope", of_format("(2)>h", 4), due),
        broken("format.field-names-no-colon", of_format("T{i:a:i:a:}", 8), due),
        broken("format.field-names-no-colon", of_format("T{i:a:b:}", 4), due),
        broken("format.complex-zf-zd", of_format("D", 16), due),
    ]
}

fn sizes() -> Vec<Violation> {
    vec![
        broken("format.describes-one-item", of_format("6i", 4), due),
        broken("format.describes-one-item", of_format("<iiiiii", 4), due),
        broken("format.native-vs-standard-size", of_format("<l", 8), due),
        broken(
            "format.native-vs-standard-size",
            of_format("T{>l:a:>h:b:}", 10),
            due,
        ),
        broken("format.native-vs-standard-size", of_format("l", 4), due),
        broken("format.native-vs-standard-size", of_format("^hL", 6), due),
        broken(
            "format.struct-padding-explicit-in-standard",
            of_format("T{<B:a:<I:b:}", 8),
            due,
        ),
        broken(
            "format.struct-padding-explicit-in-standard",
            of_format("=IB", 8),
            due,
        ),
        broken(
            "format.struct-padding-explicit-in-standard",
            of_format("^bd", 16),
            due,
        ),
    ]
}

fn values() -> Vec<Violation> {
    let big = || [1_i32, 2].map(i32::to_be_bytes).concat();
    let long = [1_i64, 2].map(i64::to_be_bytes).concat();
    vec![
        broken(
            "format.byteorder-truthful",
            of_values("<i", 4, big(), json!([1, 2])),
            due,
        ),
        broken(
            "format.byteorder-truthful",
            of_values("i", 4, big(), json!([1, 2])),
            due,
        ),
        // A native `long` has no mark for the other order.
        broken(
            "format.byteorder-truthful",
            of_values("l", 8, long, json!([1, 2])),
            due,
        ),
        broken(
            "format.byteorder-truthful",
            of_values(
                "T{>h:a:>h:b:}",
                4,
                [1_i16, 2, 3, 4].map(i16::to_le_bytes).concat(),
                json!([[1, 2], [3, 4]]),
            ),
            due,
        ),
        broken(
            "format.subarray-c-order",
            of_values(
                "(2,3)B",
                6,
                vec![1, 4, 2, 5, 3, 6],
                json!([[[1, 2, 3], [4, 5, 6]]]),
            ),
            due,
        ),
        broken(
            "format.subarray-c-order",
            of_values(
                "T{B:a:(2,2)B:b:}",
                5,
                vec![9, 1, 3, 2, 4],
                json!([[9, [[1, 2], [3, 4]]]]),
            ),
            due,
        ),
    ]
}

#[rstest]
#[case::other_values("<i", vec![7, 0, 0, 0], json!([9]))]
#[case::equal_either_way("<i", vec![0, 0, 0, 0], json!([0]))]
#[case::nothing_read("<i", vec![], json!([]))]
fn what_no_other_order_mends_is_not_its_fault(
    #[case] format: &str,
    #[case] bytes: Vec<u8>,
    #[case] values: Json,
) {
    let subject = of_values(format, 4, bytes, values);
    assert_eq!(subject.fires_on("format.byteorder-truthful"), []);
    assert_eq!(subject.fires_on("format.subarray-c-order"), []);
}

#[rstest]
#[case::code_of_other_size("<u", 4)]
#[case::one_text_of_all_bytes("24s", 4)]
#[case::union("B", 4)]
#[case::bit_fields("T{<I:a:<I:b:}", 4)]
fn a_wrong_size_without_a_known_reason_is_left_to_itemsize(#[case] format: &str, #[case] itemsize: i64) {
    let subject = of_format(format, itemsize);
    for rule in [
        "format.describes-one-item",
        "format.native-vs-standard-size",
        "format.struct-padding-explicit-in-standard",
    ] {
        assert_eq!(subject.fires_on(rule), [], "{rule}");
    }
}

#[rstest]
#[case::exact("IB", 5, Some("struct-no-padding"))]
#[case::padded("T{I:a:B:b:}", 8, Some("numpy-padding"))]
#[case::written_out("IB3x", 8, None)]
#[case::standard("<IB", 5, None)]
#[case::neither("IB", 6, None)]
fn camps_of_trailing_padding(#[case] format: &str, #[case] itemsize: i64, #[case] camp: Option<&str>) {
    let subject = of_format(format, itemsize);
    assert_eq!(subject.camp("format.trailing-padding-explicit").as_deref(), camp);
}

#[test]
fn marks_in_names_are_no_marks() {
    let subject = of_format("T{i:a<b:}", 4);
    assert_eq!(subject.fires_on("format.prefix-scope"), []);
}

#[rstest]
#[case("F", 8, "`Zf`")]
#[case("D", 16, "`Zd`")]
#[case("G", 32, "`Zg`")]
fn a_letter_for_complex_is_told_with_the_right_one(
    #[case] format: &str,
    #[case] itemsize: i64,
    #[case] right: &str,
) {
    let found = of_format(format, itemsize).hits_of("format.complex-zf-zd");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].broken.wanted, right);
}
