//! Exporters whose answers are known: what is recorded of them, field by field.

mod support;

use bufcheck_model::observation::{
    Answer, Array, FieldSet, ObjRef, Raised, References, Text, View, Volatile,
};
use bufcheck_protocol::request::Request;
use pyo3::prelude::*;
use rstest::rstest;
use support::{ask, granted, object, refused};

const IN_VIEW: fn(&[i64]) -> Array = |numbers| Array::InView(numbers.to_vec());
const ELSEWHERE: fn(&[i64]) -> Array = |numbers| Array::Elsewhere(numbers.to_vec());

/// What is expected of a view, beside its address, its content and its references.
struct Wanted {
    len: i64,
    itemsize: i64,
    readonly: i32,
    ndim: i32,
    format: Option<&'static str>,
    shape: Array,
    strides: Array,
    suboffsets: Array,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            len: 0,
            itemsize: 1,
            readonly: 0,
            ndim: 1,
            format: None,
            shape: Array::Null,
            strides: Array::Null,
            suboffsets: Array::Null,
        }
    }
}

#[rstest]
#[case::bytes_simple("", "b'abcd'", 0x0, Wanted { len: 4, readonly: 1, ..Wanted::default() }, b"abcd")]
#[case::bytes_shape("", "b'abcd'", 0x8, Wanted { len: 4, readonly: 1, shape: IN_VIEW(&[4]), ..Wanted::default() }, b"abcd")]
#[case::bytes_full(
    "", "b'abcd'", 0x11c,
    Wanted { len: 4, readonly: 1, format: Some("B"), shape: IN_VIEW(&[4]), strides: IN_VIEW(&[1]), ..Wanted::default() },
    b"abcd"
)]
#[case::bytearray_writable("", "bytearray(b'xyz')", 0x1, Wanted { len: 3, ..Wanted::default() }, b"xyz")]
#[case::bytearray_empty("", "bytearray()", 0x0, Wanted::default(), b"")]
#[case::array(
    "import array", "array.array('h', [1, -1])", 0x1c,
    Wanted { len: 4, itemsize: 2, format: Some("h"), shape: ELSEWHERE(&[2]), strides: IN_VIEW(&[2]), ..Wanted::default() },
    &[1, 0, 255, 255]
)]
#[case::reversed_view(
    "", "memoryview(b'abcd')[::-1]", 0x18,
    Wanted { len: 4, readonly: 1, shape: ELSEWHERE(&[4]), strides: ELSEWHERE(&[-1]), ..Wanted::default() },
    b"dcba"
)]
#[case::cast_view(
    "", "memoryview(bytearray(range(6))).cast('B', [2, 3])", 0x8,
    Wanted { len: 6, ndim: 2, shape: ELSEWHERE(&[2, 3]), ..Wanted::default() },
    &[0, 1, 2, 3, 4, 5]
)]
#[case::ctypes_ignores_the_flags(
    "import ctypes", "(ctypes.c_int16 * 3)(1, 2, 3)", 0x0,
    Wanted { len: 6, itemsize: 2, format: Some("<h"), shape: ELSEWHERE(&[3]), ..Wanted::default() },
    &[1, 0, 2, 0, 3, 0]
)]
#[case::suboffsets(
    "import _testbuffer as t", "t.ndarray(list(range(6)), shape=[2, 3], flags=t.ND_PIL)", 0x11c,
    Wanted {
        len: 6, readonly: 1, ndim: 2, format: Some("B"),
        shape: ELSEWHERE(&[2, 3]), strides: ELSEWHERE(&[8, 1]), suboffsets: ELSEWHERE(&[0, -1]), ..Wanted::default()
    },
    &[0, 1, 2, 3, 4, 5]
)]
#[case::numpy_fortran(
    "import numpy", "numpy.asfortranarray(numpy.arange(6, dtype='u1').reshape(2, 3))", 0x1c,
    Wanted { len: 6, ndim: 2, format: Some("B"), shape: ELSEWHERE(&[2, 3]), strides: ELSEWHERE(&[1, 2]), ..Wanted::default() },
    &[0, 1, 2, 3, 4, 5]
)]
#[case::numpy_scalar_array(
    "import numpy", "numpy.array(7, 'u1')", 0x11c,
    Wanted { len: 1, ndim: 0, format: Some("B"), ..Wanted::default() },
    &[7]
)]
fn a_grant_is_copied_field_by_field(
    #[case] setup: &str,
    #[case] expression: &str,
    #[case] request: i32,
    #[case] wanted: Wanted,
    #[case] bytes: &[u8],
) {
    Python::initialize();
    Python::attach(|py| {
        let Some(object) = object(py, setup, expression) else {
            return;
        };
        let (view, content) = granted(&object, request);
        let content = content.expect("a content");
        assert_eq!(
            (&*content.bytes, content.complete, content.unreadable),
            (bytes, true, None)
        );
        let probed = wanted.readonly == 0 && wanted.len > 0 && wanted.suboffsets.is_null();
        assert_eq!(content.writable, probed.then_some(true));
        let wanted = View {
            returned: 0,
            raised: None,
            buf: view.buf,
            obj: ObjRef::Exporter,
            len: wanted.len,
            itemsize: wanted.itemsize,
            readonly: wanted.readonly,
            ndim: wanted.ndim,
            format: wanted
                .format
                .map_or(Text::Null, |format| Text::Ascii(format.into())),
            shape: wanted.shape,
            strides: wanted.strides,
            suboffsets: wanted.suboffsets,
            // `internal` may stay as it was.
            untouched: view.untouched,
            changed: FieldSet::EMPTY,
            overrun: false,
            unreleased: false,
            raised_by_release: None,
            references: view.references.map(|_| References { during: 1, after: 0 }),
            obj_references: None,
            content: Some(0),
        };
        assert_eq!(view, wanted);
    });
}

#[rstest]
#[case::readonly(
    "",
    "b'abcd'",
    0x1,
    "BufferError",
    true,
    "Object is not writable.",
    ObjRef::Untouched
)]
#[case::view_clears_obj(
    "",
    "memoryview(b'abcd')",
    0x1,
    "BufferError",
    true,
    "memoryview: underlying buffer is not writable",
    ObjRef::Null
)]
#[case::closed(
    "import mmap\nm = mmap.mmap(-1, 8)\nm.close()",
    "m",
    0x0,
    "ValueError",
    false,
    "mmap closed or invalid",
    ObjRef::Untouched
)]
fn a_refusal_is_described(
    #[case] setup: &str,
    #[case] expression: &str,
    #[case] request: i32,
    #[case] type_name: &str,
    #[case] is_buffer_error: bool,
    #[case] message: &str,
    #[case] obj: ObjRef,
) {
    Python::initialize();
    Python::attach(|py| {
        let object = object(py, setup, expression).expect("part of the standard library");
        let refusal = refused(&object, request);
        let raised = Raised {
            type_name: type_name.into(),
            is_buffer_error,
            message: message.into(),
        };
        assert_eq!(
            (refusal.raised, refusal.obj, refusal.overrun),
            (Some(raised), obj, false)
        );
        assert_eq!(refusal.references.unwrap_or(0), 0);
    });
}

#[test]
fn all_requests_of_bytes_come_down_to_few_answers() {
    Python::initialize();
    Python::attach(|py| {
        let object = object(py, "", "bytes(5)").expect("a built-in");
        let requests: Vec<i32> = Request::all().map(Request::flags).collect();
        let sweep = ask(&object, &requests);
        assert!(sweep.answers.len() <= 12, "{:#?}", sweep.answers);
        assert_eq!(sweep.contents.len(), 1);
        for round in &sweep.rounds {
            assert_eq!(round.answers.len(), 256);
            assert_eq!(round.content_after, Some(0));
            for (flags, answer) in requests.iter().zip(&round.answers) {
                let answer = &sweep.answers[answer.expect("every request is asked") as usize];
                // The whole word 0x100 is the interpreter's own affair from 3.13 on.
                let refused = flags & 1 == 1 || (*flags == 0x100 && py.version_info() >= (3, 13));
                assert_eq!(matches!(answer, Answer::Refused(_)), refused, "{flags:#x}");
            }
        }
    });
}

#[test]
fn a_content_ends_at_the_budget() {
    Python::initialize();
    Python::attach(|py| {
        let object = object(py, "", "bytes(5000)").expect("a built-in");
        let (_, content) = granted(&object, 0);
        let content = content.expect("a content");
        assert_eq!((content.bytes.len(), content.complete), (support::BUDGET, false));
    });
}

#[test]
fn memory_that_a_thread_writes_is_seen_to_change() {
    Python::attach(|py| {
        let setup = "import threading\n\
                     x, stop = bytearray(8), threading.Event()\n\
                     def write(x=x, stop=stop):\n    while not stop.wait(0.0001): x[0] = (x[0] + 1) & 255\n\
                     threading.Thread(target=write, daemon=True).start()";
        let live = object(py, setup, "x").expect("an object");
        // Somebody else decides when the thread runs: not in every single pause.
        let seen = (0..200).any(|_| ask(&live, &[0x11c]).volatile == Some(Volatile::Held));
        assert!(seen);
        let still = object(py, "", "bytearray(8)").expect("an object");
        assert_eq!(ask(&still, &[0x11c]).volatile, None);
    });
}
