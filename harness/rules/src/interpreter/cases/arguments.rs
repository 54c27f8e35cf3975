//! Calls that parse arguments and build values.
//!
//! Knows which objects are given to which code, and what is wanted of those that are no exporters of our own.

use bufcheck_model::interpreter::{
    Ask, Basis, Expected, Fact, InterpreterFile, Mode, Object, Value, View, hex,
};

use super::build::{Writing, file, group};
use super::layouts::{Lie, lying};
use super::methods::exported;
use super::objects::{exporter, in_mode, python};

/// Objects of Python: name, set-up, expression, and their bytes.
const OBJECTS: [(&str, &str, &str, &[u8], Kind); 12] = [
    ("bytes", "", "b'abc'", b"abc", Kind::Constant),
    ("empty-bytes", "", "b''", b"", Kind::Constant),
    ("bytes-with-nul", "", "b'a\\0c'", b"a\0c", Kind::Constant),
    (
        "subclass-of-bytes",
        "class B(bytes): pass",
        "B(b'abc')",
        b"abc",
        Kind::Constant,
    ),
    ("bytearray", "", "bytearray(b'abc')", b"abc", Kind::Writable),
    ("empty-bytearray", "", "bytearray()", b"", Kind::Writable),
    ("memoryview", "", "memoryview(b'abc')", b"abc", Kind::Locked),
    (
        "readonly-memoryview",
        "",
        "memoryview(bytearray(b'abc')).toreadonly()",
        b"abc",
        Kind::Locked,
    ),
    (
        "writable-memoryview",
        "",
        "memoryview(bytearray(b'abc'))",
        b"abc",
        Kind::Writable,
    ),
    (
        "part-of-memoryview",
        "",
        "memoryview(b'xabcx')[1:4]",
        b"abc",
        Kind::Locked,
    ),
    (
        "array",
        "import array",
        "array.array('B', b'abc')",
        b"abc",
        Kind::Writable,
    ),
    (
        "bytesio-buffer",
        "import io",
        "io.BytesIO(b'abc').getbuffer()",
        b"abc",
        Kind::Writable,
    ),
];

/// What can be done with an object's memory.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// It never changes, and can be lent.
    Constant,
    /// It can be read through a view.
    Locked,
    /// It can be written through a view.
    Writable,
}

const NONE: &[(&str, &str)] = &[
    ("int", "1"),
    ("list", "[1, 2]"),
    ("object", "object()"),
    ("strided-memoryview", "memoryview(b'abcdef')[::2]"),
    ("backwards-memoryview", "memoryview(b'abc')[::-1]"),
];

fn parse(code: &str, object: Object) -> Ask {
    Ask::Parse {
        code: code.into(),
        object,
    }
}

fn refused() -> [(Fact, Expected); 2] {
    [(Fact::Returns, 0.into()), (Fact::Raises, "*".into())]
}

fn taken(bytes: &[u8]) -> [(Fact, Expected); 4] {
    let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    [
        (Fact::Returns, 1.into()),
        (Fact::Raises, Value::Null.into()),
        (Fact::Content, hex(bytes).into()),
        (Fact::Len, len.into()),
    ]
}

/// `PyArg_Parse` with the codes for buffers.
pub(super) fn arguments() -> InterpreterFile {
    file(
        "Arguments: `PyArg_Parse` with the codes for buffers.",
        vec![
            star("parse/y-star", "y*", "what is read through a view"),
            star("parse/s-star", "s*", "the same, and text as UTF-8"),
            star("parse/z-star", "z*", "the same, and None for NULL"),
            writable(),
            borrowed(),
            empty(),
            classes(),
            of_a_class(),
            unterminated(),
        ],
    )
}

fn star(id: &str, code: &str, about: &str) -> Writing {
    let mut writing = group(id, "capi.arg-y-star", Basis::Documented, about);
    for (name, setup, expression, bytes, _) in OBJECTS {
        let [returns, raises, content, len] = taken(bytes);
        let wanted = [returns, raises, content, len, (Fact::ObjAfter, "null".into())];
        writing.state(name, parse(code, python(setup, expression)), wanted);
    }
    for (name, expression) in NONE {
        writing.state(name, parse(code, python("", expression)), refused());
    }
    let text = parse(code, python("", "'aé'"));
    if code == "y*" {
        writing.state("str", text, refused());
    } else {
        writing.state("str", text, taken("aé".as_bytes()));
        writing.state("lone-surrogate", parse(code, python("", "'\\ud800'")), refused());
    }
    let none = parse(code, python("", "None"));
    if code == "z*" {
        let wanted = [
            (Fact::Returns, 1.into()),
            (Fact::Raises, Value::Null.into()),
            (Fact::Content, Value::Null.into()),
        ];
        writing.state("none", none, wanted);
    } else {
        writing.state("none", none, refused());
    }
    own(&mut writing, code);
    writing
}

/// Exporters of our own, of every arrangement and in every mode.
fn own(writing: &mut Writing, code: &str) {
    for named in exported(2) {
        let shape = named.view.shape.as_deref();
        if shape.is_some_and(|shape| shape.len() > 2) {
            continue;
        }
        writing.ask(&named.name, parse(code, exporter(named.view)));
    }
    let plain = lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view);
    let locked = View {
        readonly: 1,
        ..plain.clone()
    };
    for (name, mode) in [
        ("refuses", Mode::Refuse),
        ("raises-another", Mode::RefuseValue),
        ("writable-when-asked", Mode::WritableWhenAsked),
    ] {
        writing.ask(name, parse(code, in_mode(plain.clone(), mode)));
    }
    for (name, view) in [("writable", plain), ("readonly", locked)] {
        writing.ask(name, parse(code, exporter(view.clone())));
        let lends = Object::Exporter {
            view,
            mode: Mode::Strict,
            no_release: true,
        };
        writing.ask(&format!("{name}-without-release"), parse(code, lends));
    }
}

fn writable() -> Writing {
    let mut writing = group(
        "parse/w-star",
        "capi.arg-w-star",
        Basis::Documented,
        "what is written through a view",
    );
    for (name, setup, expression, bytes, kind) in OBJECTS {
        let ask = parse("w*", python(setup, expression));
        if kind == Kind::Writable {
            let [returns, raises, content, len] = taken(bytes);
            let wanted = [returns, raises, content, len, (Fact::ObjAfter, "null".into())];
            writing.state(name, ask, wanted);
        } else {
            writing.state(name, ask, refused());
        }
    }
    for (name, expression) in NONE.iter().chain(&[("str", "'abc'"), ("none", "None")]) {
        writing.state(name, parse("w*", python("", expression)), refused());
    }
    own(&mut writing, "w*");
    writing
}

fn borrowed() -> Writing {
    let mut writing = group(
        "parse/borrowed",
        "capi.arg-borrowed",
        Basis::Documented,
        "memory without a view: only of types that have no release slot",
    );
    for code in ["y#", "s#", "z#", "y"] {
        for (name, setup, expression, bytes, kind) in OBJECTS {
            let name = format!("{name}-{}", code.replace('#', "-hash"));
            let ask = parse(code, python(setup, expression));
            let embedded = code == "y" && bytes.contains(&0);
            if kind == Kind::Constant && !embedded {
                writing.state(&name, ask, taken(bytes));
            } else {
                writing.state(&name, ask, refused());
            }
        }
        for (name, expression) in NONE {
            let name = format!("{name}-{}", code.replace('#', "-hash"));
            writing.state(&name, parse(code, python("", expression)), refused());
        }
    }
    for code in ["y#", "s#", "z#", "s", "z"] {
        let plain = lying(&[3], 1, Lie::C).map_or_else(View::default, |named| named.view);
        let gaps = lying(&[3], 1, Lie::Gaps).map_or_else(View::default, |named| named.view);
        for (name, view) in [("plain", plain), ("gaps", gaps)] {
            for (slot, no_release) in [("with-release", false), ("without-release", true)] {
                let view = view.clone();
                let mode = Mode::Strict;
                let object = Object::Exporter {
                    view,
                    mode,
                    no_release,
                };
                writing.ask(
                    &format!("{name}-{slot}-{}", code.replace('#', "-hash")),
                    parse(code, object),
                );
            }
        }
    }
    for (code, taken_none) in [
        ("z", true),
        ("z#", true),
        ("s", false),
        ("s#", false),
        ("y", false),
        ("y#", false),
    ] {
        let ask = parse(code, python("", "None"));
        let name = format!("none-{}", code.replace('#', "-hash"));
        if taken_none {
            let wanted = [
                (Fact::Returns, 1.into()),
                (Fact::Raises, Value::Null.into()),
                (Fact::Content, Value::Null.into()),
            ];
            writing.state(&name, ask, wanted);
        } else {
            writing.state(&name, ask, refused());
        }
    }
    writing
}

/// What is left of memory by a step of 2 has no items: there is nothing that is not contiguous.
fn empty() -> Writing {
    let mut writing = group(
        "parse/empty-slice",
        "capi.arg-y-star",
        Basis::Documented,
        "a slice without items, cut by a step: contiguous",
    );
    for code in ["y*", "s*", "z*"] {
        let name = code.replace('*', "-star");
        writing.state(
            &name,
            parse(code, python("", "memoryview(b'abcdef')[0:0:2]")),
            taken(b""),
        );
    }
    writing
}

/// A class whose memory lives as long as the memoryview of it.
const CLASS: &str = "class A:\n    seen = []\n    def __buffer__(self, flags):\n        self.seen.append(int(flags))\n        return memoryview(bytearray(b'abc'))\n";

fn classes() -> Writing {
    let mut writing = group(
        "parse/classes",
        "capi.arg-y-star",
        Basis::Documented,
        "classes with `__buffer__`: asked SIMPLE, or WRITABLE for `w*`",
    )
    .python(">=3.12");
    let release = "    def __release_buffer__(self, view):\n        self.seen.append(bytes(view))\n        view.release()\n";
    for (code, flags) in [("y*", 0), ("s*", 0), ("z*", 0), ("w*", 1)] {
        for (name, setup, noted) in [
            ("without-release", CLASS.to_owned(), format!("[{flags}]")),
            (
                "with-release",
                format!("{CLASS}{release}"),
                format!("[{flags}, b'abc']"),
            ),
        ] {
            let [returns, raises, content, len] = taken(b"abc");
            let wanted = [returns, raises, content, len, (Fact::Noted, noted.into())];
            let name = format!("{}-{name}", code.replace('*', "-star"));
            writing.state(&name, parse(code, python(&setup, "A()")), wanted);
        }
    }
    for code in ["y#", "s#", "z#"] {
        let name = format!("{}-with-release", code.replace('#', "-hash"));
        writing.state(
            &name,
            parse(code, python(&format!("{CLASS}{release}"), "A()")),
            refused(),
        );
    }
    writing
}

fn either() -> Expected {
    Expected::Any {
        any: vec![Value::Int(0), Value::Int(1)],
    }
}

/// As large as no allocator keeps what is given back.
fn of_a_class() -> Writing {
    let mut writing = group(
        "parse/borrowed-from-a-class",
        "capi.arg-borrowed",
        Basis::Inferred,
        "a class whose memory lives as long as the memoryview that it returns: refused, or the memory is still there",
    )
    .python(">=3.12");
    let class = "class A:\n    def __buffer__(self, flags): return memoryview(bytearray(64 << 20))\n";
    for code in ["y#", "s#", "z#"] {
        let name = code.replace('#', "-hash");
        writing.state(
            &name,
            parse(code, python(class, "A()")),
            [(Fact::Returns, either())],
        );
    }
    writing
}

fn unterminated() -> Writing {
    let mut writing = group(
        "parse/without-nul",
        "capi.arg-borrowed",
        Basis::Inferred,
        "memory that ends without a NUL: it is not searched for one beyond its end",
    );
    for count in [1, 3, 6] {
        let view = lying(&[count], 1, Lie::C).map_or_else(View::default, |named| named.view);
        let object = Object::Exporter {
            view,
            mode: Mode::Strict,
            no_release: true,
        };
        writing.state(
            &count.to_string(),
            parse("y", object),
            [(Fact::Returns, either())],
        );
    }
    writing
}

/// `Py_BuildValue`.
pub(super) fn build() -> InterpreterFile {
    let mut bytes = group(
        "buildvalue/bytes-and-text",
        "capi.build-y",
        Basis::Documented,
        "`y#` makes bytes, `s#` and `z#` text, and NULL is None whatever the length",
    );
    for (name, code, data, wanted) in [
        ("bytes", "y#", Some(&b"abc"[..]), "b'abc'"),
        ("no-bytes", "y#", Some(b""), "b''"),
        ("bytes-with-nul", "y#", Some(b"a\0c"), "b'a\\x00c'"),
        ("bytes-of-any-value", "y#", Some(b"\xff\x80"), "b'\\xff\\x80'"),
        ("no-data-y", "y#", None, "None"),
        ("text", "s#", Some(b"abc"), "'abc'"),
        ("text-z", "z#", Some(b"abc"), "'abc'"),
        ("text-of-utf-8", "s#", Some("aé".as_bytes()), "'aé'"),
        ("text-with-nul", "s#", Some(b"a\0c"), "'a\\x00c'"),
        ("no-data-s", "s#", None, "None"),
        ("no-data-z", "z#", None, "None"),
    ] {
        let wants = [(Fact::Raises, Value::Null.into()), (Fact::Value, wanted.into())];
        bytes.state(name, built(code, data), wants);
    }
    for code in ["s#", "z#"] {
        let name = format!("no-utf-8-{}", &code[..1]);
        bytes.state(
            &name,
            built(code, Some(b"\xff")),
            [(Fact::Raises, "UnicodeDecodeError".into())],
        );
    }
    file("Values from memory: `Py_BuildValue`.", vec![bytes])
}

fn built(code: &str, data: Option<&[u8]>) -> Ask {
    Ask::BuildValue {
        code: code.into(),
        data: data.map(hex),
        len: data.map_or(4, <[u8]>::len),
    }
}
