//! Calls that ask an object for a buffer.
//!
//! Knows which objects are asked. Must never know an answer that the protocol's types give.

use bufcheck_model::interpreter::{
    Ask, Basis, Fact, InterpreterFile, Make, Mode, Object, Operation, Place, Value, View,
};
use bufcheck_protocol::request::Request;

use super::build::{Writing, file, group};
use super::fill::words;
use super::layouts::{Lie, lying, through_pointers};
use super::objects::{exporter, in_mode, python};
use super::requested;

/// Objects whose types have the slot, and those whose types have not: name, set-up and expression.
const WITH: [(&str, &str, &str); 14] = [
    ("bytes", "", "b'abc'"),
    ("empty-bytes", "", "b''"),
    ("bytearray", "", "bytearray(b'abc')"),
    ("memoryview", "", "memoryview(b'abc')"),
    ("released-memoryview", "m = memoryview(b'abc')\nm.release()", "m"),
    ("array", "import array", "array.array('i', [1, 2])"),
    ("mmap", "import mmap", "mmap.mmap(-1, 4)"),
    ("closed-mmap", "import mmap\nm = mmap.mmap(-1, 4)\nm.close()", "m"),
    ("bytesio-buffer", "import io", "io.BytesIO(b'abc').getbuffer()"),
    ("subclass-of-bytes", "class B(bytes): pass", "B(b'abc')"),
    ("subclass-of-bytearray", "class B(bytearray): pass", "B(b'abc')"),
    ("strided-memoryview", "", "memoryview(b'abcdef')[::2]"),
    ("ctypes-array", "import ctypes", "(ctypes.c_int * 2)()"),
    ("ctypes-int", "import ctypes", "ctypes.c_int(5)"),
];

const WITHOUT: [(&str, &str, &str); 14] = [
    ("none", "", "None"),
    ("int", "", "1"),
    ("str", "", "'abc'"),
    ("list", "", "[1, 2]"),
    ("tuple", "", "(1, 2)"),
    ("dict", "", "{}"),
    ("object", "", "object()"),
    ("type", "", "bytes"),
    ("function", "", "len"),
    ("range", "", "range(3)"),
    ("bytesio", "import io", "io.BytesIO(b'abc')"),
    ("float", "", "1.5"),
    (
        "instance-attribute",
        "class C: pass\nc = C()\nc.__buffer__ = lambda flags: memoryview(b'abc')",
        "c",
    ),
    ("set", "", "{1}"),
];

/// `PyObject_CheckBuffer`.
pub(super) fn check() -> InterpreterFile {
    let rule = "capi.checkbuffer-no-promise";
    let mut yes = group(
        "checkbuffer/exporters",
        rule,
        Basis::Documented,
        "objects whose type fills the slot",
    );
    let mut no = group(
        "checkbuffer/others",
        rule,
        Basis::Documented,
        "objects whose type does not",
    );
    let answer = |found: i32| [(Fact::Returns, found.into()), (Fact::Raises, Value::Null.into())];
    for (name, setup, expression) in WITH {
        let ask = Ask::CheckBuffer {
            object: python(setup, expression),
        };
        yes.state(name, ask, answer(1));
    }
    let plain = lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view);
    for (name, mode) in [
        ("strict", Mode::Strict),
        ("refuses", Mode::Refuse),
        ("raises-another", Mode::RefuseValue),
        ("hands-on", Mode::Redirect),
    ] {
        let ask = Ask::CheckBuffer {
            object: in_mode(plain.clone(), mode),
        };
        // Nobody is asked anything.
        let wanted = [
            (Fact::Returns, 1.into()),
            (Fact::Raises, Value::Null.into()),
            (Fact::Log, "".into()),
        ];
        yes.state(name, ask, wanted);
    }
    for (name, setup, expression) in WITHOUT {
        let ask = Ask::CheckBuffer {
            object: python(setup, expression),
        };
        no.state(name, ask, answer(0));
    }
    let mut classes = group(
        "checkbuffer/classes",
        rule,
        Basis::Inferred,
        "classes of Python, by what they define or inherit",
    )
    .python(">=3.12");
    let defines = "class X:\n    def __buffer__(self, flags): return memoryview(b'abc')\n";
    for (name, setup, expression, found) in [
        ("defines", String::new(), "X()", 1),
        ("inherits", "class Y(X): pass\n".into(), "Y()", 1),
        ("deleted", "x = X()\ndel X.__buffer__\n".into(), "x", 0),
        ("only-release", "class Y:\n    def __release_buffer__(self, view): pass\n".into(), "Y()", 0),
        ("raises", "class Y:\n    def __buffer__(self, flags): raise ValueError\n".into(), "Y()", 1),
        ("the-class-itself", String::new(), "X", 0),
        ("metaclass", "class M(type):\n    def __buffer__(self, flags): return memoryview(b'')\nclass Y(metaclass=M): pass\n".into(), "Y", 1),
    ] {
        let ask = Ask::CheckBuffer {
            object: python(&format!("{defines}{setup}"), expression),
        };
        classes.state(name, ask, answer(found));
    }
    file(
        "Whether an object exports: `PyObject_CheckBuffer`.",
        vec![yes, no, classes],
    )
}

/// Views that exporters of our own hand out.
fn views() -> Vec<(&'static str, View)> {
    let view = |shape: &[i64], itemsize: i64, lie: Lie| {
        lying(shape, itemsize, lie).map_or_else(View::default, |named| named.view)
    };
    let mut views = vec![
        ("bytes", view(&[3], 1, Lie::C)),
        ("rows", view(&[2, 3], 2, Lie::C)),
        ("columns", view(&[2, 3], 2, Lie::Fortran)),
        ("gaps", view(&[3], 2, Lie::Gaps)),
        ("down", view(&[3], 1, Lie::Down)),
        ("scalar", view(&[], 4, Lie::C)),
        ("no-items", view(&[0], 1, Lie::C)),
        (
            "readonly",
            View {
                readonly: 1,
                ..view(&[3], 1, Lie::C)
            },
        ),
        (
            "readonly-7",
            View {
                readonly: 7,
                ..view(&[3], 1, Lie::C)
            },
        ),
    ];
    views.extend(
        through_pointers(1)
            .into_iter()
            .take(1)
            .map(|named| ("pointers", named.view)),
    );
    views
}

fn get_ask(object: Object, flags: i32, releases: u32) -> Ask {
    Ask::GetBuffer {
        object,
        flags,
        releases,
        pending: false,
    }
}

/// `PyObject_GetBuffer`.
pub(super) fn get() -> InterpreterFile {
    let rule = "capi.getbuffer-transparent";
    let mut handed = group(
        "getbuffer/handed-on",
        rule,
        Basis::Documented,
        "requests reach the exporter as they are, and its answer comes back as it is",
    );
    for (name, view) in views() {
        for flags in words() {
            let word = Request::new(flags).hex();
            handed.ask(
                &format!("{name}-{word}"),
                get_ask(exporter(view.clone()), flags, 1),
            );
        }
    }
    let plain = lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view);
    for flags in [0x2, 0x400, -1, i32::MIN, 0x4000_0000, 0x202] {
        let word = Request::new(flags).hex();
        handed.ask(
            &format!("odd-word-{word}"),
            get_ask(in_mode(plain.clone(), Mode::Full), flags, 1),
        );
    }
    for (name, mode) in [
        ("refuses", Mode::Refuse),
        ("raises-another", Mode::RefuseValue),
        ("everything", Mode::Full),
        ("writable-when-asked", Mode::WritableWhenAsked),
    ] {
        for flags in [0, 0x1, 0x11c, 0x11d] {
            let word = Request::new(flags).hex();
            handed.ask(
                &format!("{name}-{word}"),
                get_ask(in_mode(plain.clone(), mode), flags, 1),
            );
        }
    }
    let mut redirect = group(
        "getbuffer/handed-on-to-another",
        "release.obj-argument",
        Basis::Documented,
        "an exporter that hands the request on: `obj` is who answered, and gets the release",
    );
    for flags in [0, 0x1, 0x8, 0x11c, 0x11d] {
        let word = Request::new(flags).hex();
        redirect.ask(&word, get_ask(in_mode(plain.clone(), Mode::Redirect), flags, 1));
    }
    let [others, obj] = others();
    let [rejected, passed] = read_and_write();
    let mut groups = vec![handed, redirect, others, obj, rejected, passed];
    groups.extend(requested::groups());
    groups.extend(frozen());
    file("Requests through the interpreter: `PyObject_GetBuffer`.", groups)
}

/// Objects that are no exporters.
fn others() -> [Writing; 2] {
    let mut others = group(
        "getbuffer/no-exporters",
        "request.non-buffer-object",
        Basis::DeFacto,
        "objects whose type has no slot",
    );
    for (name, setup, expression) in WITHOUT {
        for flags in [0, 0x11c] {
            let ask = get_ask(python(setup, expression), flags, 0);
            let wanted = [(Fact::Returns, (-1).into()), (Fact::Raises, "TypeError".into())];
            others.state(&format!("{name}-{}", Request::new(flags).hex()), ask, wanted);
        }
    }
    let mut obj = group(
        "getbuffer/obj-of-a-type-error",
        "capi.getbuffer-transparent",
        Basis::Documented,
        "what `obj` is after an object without the slot, or a released memoryview, was asked",
    );
    for (name, setup, expression) in [
        ("object", "", "object()"),
        ("none", "", "None"),
        ("str", "", "'abc'"),
        ("released-memoryview", "m = memoryview(b'abc')\nm.release()", "m"),
    ] {
        let wanted = [(Fact::Returns, (-1).into()), (Fact::Obj, "null".into())];
        obj.state(name, get_ask(python(setup, expression), 0, 0), wanted);
    }
    [others, obj]
}

/// The struct lies in memory as it did in 3.11, and types are made of the slots of the limited API as they were then.
fn frozen() -> [Writing; 2] {
    let mut layout = group(
        "getbuffer/struct",
        "abi.struct-frozen",
        Basis::Documented,
        "what an exporter writes into the fields of 3.11, the interpreter reads there, and the other way round",
    );
    let mut slots = group(
        "getbuffer/slots",
        "abi.limited-api-slots",
        Basis::Documented,
        "types made of slots by the numbers of 3.11 export, and are told of releases",
    );
    for (name, view) in views() {
        let of = Make::Object(exporter(view.clone()));
        let ask = Ask::Memoryview {
            of,
            operation: Operation::Attributes,
        };
        layout.ask(&format!("{name}-read"), ask);
        let object = exporter(view);
        let facts = [Fact::Returns, Fact::Raises, Fact::Log, Fact::Obj];
        slots.ask_for(&facts, name, get_ask(object, 0x11c, 1));
    }
    for (len, flags) in [(0, 0x11c), (5, 0), (5, 0x8), (5, 0x11c), (5, 0x11d)] {
        let place = Place::Direct;
        let ask = Ask::FillInfo {
            len,
            readonly: 0,
            flags,
            place,
        };
        layout.ask(&format!("{len}-{}-written", Request::new(flags).hex()), ask);
    }
    [layout, slots]
}

/// The two words that are no requests.
fn read_and_write() -> [Writing; 2] {
    let plain = lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view);
    let mut rejected = group(
        "getbuffer/read-and-write",
        "request.read-write-flags-rejected",
        Basis::DeFacto,
        "the words `PyBUF_READ` and `PyBUF_WRITE` do not reach an exporter",
    )
    .python(">=3.13");
    let mut passed = group(
        "getbuffer/read-and-write-before-3.13",
        "request.read-write-flags-rejected",
        Basis::DeFacto,
        "the words `PyBUF_READ` and `PyBUF_WRITE` reach the exporter",
    )
    .python("<3.13");
    for flags in [0x100, 0x200] {
        let word = Request::new(flags).hex();
        let ask = || get_ask(in_mode(plain.clone(), Mode::Full), flags, 1);
        rejected.state(
            &word,
            ask(),
            [
                (Fact::Returns, (-1).into()),
                (Fact::Raises, "SystemError".into()),
                (Fact::Log, "".into()),
            ],
        );
        passed.state(
            &word,
            ask(),
            [
                (Fact::Returns, 0.into()),
                (Fact::Log, format!("get {word} granted; release").into()),
            ],
        );
    }
    [rejected, passed]
}

/// `PyBuffer_Release`.
pub(super) fn release() -> InterpreterFile {
    let mut cleared = group(
        "release/obj-cleared",
        "obj.cleared-by-release",
        Basis::Documented,
        "`obj` after the release",
    );
    let mut again = group(
        "release/again",
        "release.idempotent-when-obj-null",
        Basis::DeFacto,
        "the same struct given back more than once: the exporter is told once",
    );
    let mut silent = group(
        "release/without-slot",
        "obj.cleared-by-release",
        Basis::Documented,
        "an exporter without a release slot: only the reference is dropped",
    );
    let mut pending = group(
        "release/with-an-exception-pending",
        "py.release-exceptions-unraisable",
        Basis::Inferred,
        "an exception that was pending is pending afterwards",
    );
    for (name, view) in views() {
        let object = || exporter(view.clone());
        let none = || Object::Exporter {
            view: view.clone(),
            mode: Mode::Full,
            no_release: true,
        };
        let facts = [Fact::Returns, Fact::ObjAfter, Fact::ReferencesAfter];
        cleared.ask_for(&facts, name, get_ask(object(), 0x11c, 1));
        let facts = [Fact::Returns, Fact::ObjAfter, Fact::FieldsAfter, Fact::Log];
        again.ask_for(&facts, &format!("{name}-twice"), get_ask(object(), 0x11c, 2));
        again.ask_for(
            &facts,
            &format!("{name}-three-times"),
            get_ask(object(), 0x11c, 3),
        );
        silent.ask_for(&facts, name, get_ask(none(), 0x11c, 1));
        let ask = Ask::GetBuffer {
            object: object(),
            flags: 0x11c,
            releases: 1,
            pending: true,
        };
        let facts = [Fact::Returns, Fact::ObjAfter, Fact::Log, Fact::Pending];
        pending.ask_for(&facts, name, ask);
    }
    file(
        "Giving back: `PyBuffer_Release`.",
        vec![cleared, again, silent, pending],
    )
}
