//! What is written between processes and into records comes back as it was, and says no more than it must.
//!
//! Knows one full and one empty example of each message. Must never know who sends it.

use bufcheck_model::case::FormatCase;
use bufcheck_model::observation::{
    Array, Content, Field, FieldSet, InFlight, Made, MemoryviewReading, ObjRef, Phase, Raised, References,
    Refusal, Text, Unreadable, View,
};
use bufcheck_model::wire::Mark;
use bufcheck_protocol::request::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Writes and reads; what was written.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) -> Json {
    let text = serde_json::to_string(message).expect("a message is JSON");
    let read: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(read, *message);
    serde_json::from_str(&text).expect("JSON")
}

fn keys(json: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> = json
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn raised() -> Raised {
    Raised {
        type_name: "BufferError".into(),
        is_buffer_error: true,
        message: "no".into(),
    }
}

fn plain_view() -> View {
    View {
        returned: 0,
        raised: None,
        untouched: FieldSet::EMPTY,
        buf: 4096,
        obj: ObjRef::Exporter,
        len: 24,
        itemsize: 4,
        readonly: 0,
        ndim: 1,
        format: Text::Null,
        shape: Array::Null,
        strides: Array::Null,
        suboffsets: Array::Null,
        changed: FieldSet::EMPTY,
        overrun: false,
        unreleased: false,
        raised_by_release: None,
        references: None,
        obj_references: None,
        content: None,
    }
}

#[test]
fn a_view_says_what_there_is_to_say() {
    let plain = comes_back(&plain_view());
    assert_eq!(
        keys(&plain),
        ["buf", "itemsize", "len", "ndim", "obj", "readonly"]
    );
    let mut untouched = FieldSet::EMPTY;
    untouched.insert(Field::Internal);
    let full = View {
        returned: 1,
        raised: Some(raised()),
        untouched,
        format: Text::Ascii("<i".into()),
        shape: Array::Elsewhere(vec![6]),
        strides: Array::InView(vec![4]),
        suboffsets: Array::OnStack(vec![-1]),
        changed: untouched,
        overrun: true,
        unreleased: true,
        raised_by_release: Some(raised()),
        references: Some(References { during: 1, after: 0 }),
        obj_references: Some(References { during: 0, after: -1 }),
        content: Some(3),
        ..plain_view()
    };
    assert_eq!(keys(&comes_back(&full)).len(), 20);
}

#[test]
fn refusals_and_objects_are_brief_unless_there_is_something_to_say() {
    let refusal = |overrun| Refusal {
        raised: None,
        obj: ObjRef::Null,
        references: None,
        overrun,
    };
    assert_eq!(keys(&comes_back(&refusal(false))), ["obj"]);
    assert_eq!(keys(&comes_back(&refusal(true))), ["obj", "overrun"]);

    let made = Made {
        type_name: "numpy.ndarray".into(),
        ..Made::default()
    };
    assert_eq!(keys(&comes_back(&made)), ["exports", "releases", "type"]);
    let full = Made {
        python_level: true,
        immortal: true,
        weakref: true,
        gc: true,
        package_version: Some("2".into()),
        memoryview: Some(MemoryviewReading::Bytes {
            bytes: vec![0, 255, 7],
            complete: true,
        }),
        ..made
    };
    assert_eq!(keys(&comes_back(&full)).len(), 9);
}

#[test]
fn contents_are_base64() {
    let content = Content {
        bytes: vec![0, 1, 254, 255],
        complete: true,
        unreadable: Some(Unreadable {
            index: vec![1, 0],
            address: 8,
            offset: Some(-4),
        }),
        writable: Some(false),
        unwritable: None,
    };
    assert_eq!(comes_back(&content)["bytes"], "AAH+/w==");
    assert_eq!(keys(&comes_back(&Content::default())), ["bytes", "complete"]);
    let wrong = json!({"bytes": "no base64", "complete": true});
    assert!(serde_json::from_value::<Content>(wrong).is_err());
}

#[test]
fn a_vector_names_its_platform_unless_it_is_the_usual_one() {
    let vector = |platform: Option<&str>| -> FormatCase {
        let mut case = json!({
            "id": "x", "format": "l", "valid": true, "struct_module": true,
            "source": {"document": "struct", "note": "x"},
        });
        if let Some(platform) = platform {
            case["platform"] = platform.into();
        }
        serde_json::from_value(case).expect("a vector")
    };
    assert_eq!(comes_back(&vector(None)).get("platform"), None);
    assert_eq!(
        comes_back(&vector(Some("lp64-le-quad")))["platform"],
        "lp64-le-quad"
    );
}

#[test]
fn a_mark_is_read_as_it_was_written() {
    for phase in Phase::ALL {
        for request in [
            None,
            Some(Request::new(0)),
            Some(Request::new(i32::MIN + 0x0102_0304)),
        ] {
            for step in [None, Some(0), Some(79)] {
                let mark = Mark {
                    count: 0x0102_0304_0506_0708,
                    in_flight: InFlight { phase, request },
                    step,
                };
                let bytes = mark.to_bytes();
                assert_eq!(bytes[..8], [8, 7, 6, 5, 4, 3, 2, 1]);
                assert_eq!(Mark::from_bytes(&bytes), mark);
            }
        }
    }
    assert_eq!(Mark::from_bytes(&[0; Mark::SIZE]), Mark::EMPTY);
    // What any thread does is progress.
    let mut bytes = Mark {
        count: 5,
        ..Mark::EMPTY
    }
    .to_bytes();
    for thread in 0..Mark::TICKS {
        bytes[Mark::TICKS_AT + 8 * thread + 1] = 1;
    }
    assert_eq!(Mark::from_bytes(&bytes).count, 5 + 256 * Mark::TICKS as u64);
    let unknown = Mark::from_bytes(&[0xff; Mark::SIZE]);
    assert_eq!(unknown.in_flight.phase, Phase::Idle);
    assert_eq!(unknown.in_flight.request, None);
}
