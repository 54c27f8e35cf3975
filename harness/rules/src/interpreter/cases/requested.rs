//! Requests to classes with `__buffer__`, through the C API.
//!
//! Knows the classes, each of which notes in `seen` what it is asked and given back, and what is wanted there.

use bufcheck_model::interpreter::{Ask, Basis, Expected, Fact, Value};
use bufcheck_protocol::request::Request;

use super::build::{Writing, group};
use super::objects::python;

/// Notes flags and releases; `{view}` is what it returns.
fn class(view: &str) -> String {
    format!(
        "class A:\n    seen = []\n    def __buffer__(self, flags):\n        self.seen.append(flags)\n        return {view}\n    \
         def __release_buffer__(self, view):\n        self.seen.append(bytes(view))\n        view.release()\n"
    )
}

fn ask(setup: &str, flags: i32, pending: bool) -> Ask {
    Ask::GetBuffer {
        object: python(setup, "A()"),
        flags,
        releases: 1,
        pending,
    }
}

/// `PyObject_GetBuffer` and `PyBuffer_Release` of classes.
pub(super) fn groups() -> Vec<Writing> {
    let groups = [flags(), enforced(), once(), unraisable(), obj()];
    groups
        .into_iter()
        .map(|writing| writing.python(">=3.12"))
        .collect()
}

fn flags() -> Writing {
    let mut writing = group(
        "getbuffer/flags-of-classes",
        "py.flags-passed-through",
        Basis::Documented,
        "`__buffer__` gets the flags as they are",
    );
    let words = [
        0,
        0x1,
        0x8,
        0x9,
        0x18,
        0x1d,
        0x38,
        0x58,
        0x98,
        0x11c,
        0x11d,
        0x400,
        0x4000_0000,
        -1,
        i32::MIN,
    ];
    for flags in words {
        let wanted: [(Fact, Expected); 3] = [
            (Fact::Returns, 0.into()),
            (Fact::Raises, Value::Null.into()),
            (Fact::Noted, format!("[{flags}, b'abc']").into()),
        ];
        writing.state(
            &Request::new(flags).hex(),
            ask(&class("memoryview(bytearray(b'abc'))"), flags, false),
            wanted,
        );
    }
    writing
}

fn enforced() -> Writing {
    let mut writing = group(
        "getbuffer/unfit-views-of-classes",
        "py.request-enforced-on-returned-view",
        Basis::Inferred,
        "a memoryview that does not meet the request is not handed on",
    );
    let gaps = class("memoryview(b'abcdef')[::2]");
    for (flags, granted) in [
        (0, false),
        (0x8, false),
        (0x18, true),
        (0x38, false),
        (0x58, false),
        (0x98, false),
        (0x11c, true),
        (0x1, false),
    ] {
        let name = format!("gaps-{}", Request::new(flags).hex());
        let setup = &gaps;
        if granted {
            let wanted = [
                (Fact::Returns, 0.into()),
                (Fact::Shape, vec![3_i64].into()),
                (Fact::Noted, format!("[{flags}, b'ace']").into()),
            ];
            writing.state(&name, ask(setup, flags, false), wanted);
        } else {
            let wanted = [
                (Fact::Returns, (-1).into()),
                (Fact::Raises, "BufferError".into()),
                (Fact::Noted, format!("[{flags}]").into()),
            ];
            writing.state(&name, ask(setup, flags, false), wanted);
        }
    }
    let wanted = [
        (Fact::Returns, (-1).into()),
        (Fact::Raises, "BufferError".into()),
        (Fact::Noted, "[1]".into()),
    ];
    writing.state(
        "readonly-0x001",
        ask(&class("memoryview(b'abc')"), 1, false),
        wanted,
    );
    let fields = [
        (Fact::Returns, 0.into()),
        (Fact::Len, 6.into()),
        (Fact::Readonly, 0.into()),
        (Fact::Format, Value::Null.into()),
        (Fact::Shape, Value::Null.into()),
        (Fact::Strides, Value::Null.into()),
    ];
    writing.state(
        "fields-of-simple",
        ask(&class("memoryview(bytearray(b'abcdef'))"), 0, false),
        fields,
    );
    let fields = [
        (Fact::Returns, 0.into()),
        (Fact::Len, 6.into()),
        (Fact::Ndim, 1.into()),
        (Fact::Format, "B".into()),
        (Fact::Shape, vec![6_i64].into()),
        (Fact::Strides, vec![1_i64].into()),
        (Fact::Suboffsets, Value::Null.into()),
    ];
    writing.state(
        "fields-of-full",
        ask(&class("memoryview(bytearray(b'abcdef'))"), 0x11d, false),
        fields,
    );
    writing
}

fn once() -> Writing {
    let mut writing = group(
        "getbuffer/releases-of-classes",
        "py.release-called-once",
        Basis::Documented,
        "`__release_buffer__` is called once for each view, and not for what was not granted",
    );
    let class = class("memoryview(b'abc')");
    for (name, releases) in [("once", 1), ("the-same-struct-twice", 2)] {
        let ask = Ask::GetBuffer {
            object: python(&class, "A()"),
            flags: 0,
            releases,
            pending: false,
        };
        let wanted = [
            (Fact::Returns, 0.into()),
            (Fact::ObjAfter, "null".into()),
            (Fact::Noted, "[0, b'abc']".into()),
        ];
        writing.state(name, ask, wanted);
    }
    let raising = "class A:\n    seen = []\n    def __buffer__(self, flags): raise LookupError\n    def __release_buffer__(self, view): self.seen.append(1)\n";
    let wanted = [
        (Fact::Returns, (-1).into()),
        (Fact::Raises, "LookupError".into()),
        (Fact::Noted, "[]".into()),
    ];
    writing.state("after-an-exception", ask(raising, 0, false), wanted);
    writing
}

fn unraisable() -> Writing {
    let mut writing = group(
        "getbuffer/release-of-a-class-that-raises",
        "py.release-exceptions-unraisable",
        Basis::Inferred,
        "what `__release_buffer__` raises goes to `sys.unraisablehook`, and what was pending stays",
    );
    let class = "import sys\nclass A:\n    seen = []\n    def __buffer__(self, flags): return memoryview(b'abc')\n    def __release_buffer__(self, view): raise ZeroDivisionError\nsys.unraisablehook = lambda told: A.seen.append(told.exc_type.__name__)\n";
    for pending in [false, true] {
        let name = if pending { "with-another-pending" } else { "alone" };
        let mut wanted = vec![
            (Fact::Returns, 0.into()),
            (Fact::Raises, Value::Null.into()),
            (Fact::ObjAfter, "null".into()),
            (Fact::Noted, "['ZeroDivisionError']".into()),
        ];
        if pending {
            wanted.push((Fact::Pending, "LookupError".into()));
        }
        writing.state_all(name, ask(class, 0, pending), wanted);
    }
    writing
}

fn obj() -> Writing {
    let mut writing = group(
        "getbuffer/obj-of-classes",
        "capi.getbuffer-transparent",
        Basis::Documented,
        "what `obj` is after a class refused, raised or returned something else",
    );
    for (name, body) in [
        ("refuses", "raise BufferError"),
        ("raises", "raise ZeroDivisionError"),
        ("returns-int", "return 1"),
    ] {
        let class = format!("class A:\n    def __buffer__(self, flags): {body}\n");
        writing.state(
            name,
            ask(&class, 0, false),
            [(Fact::Returns, (-1).into()), (Fact::Obj, "null".into())],
        );
    }
    writing
}
