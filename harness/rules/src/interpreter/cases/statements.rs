//! Statements of Python whose result is known.
//!
//! Knows what memoryviews are put through that no single call shows, and what is wanted
//! of it.

use bufcheck_model::interpreter::{Ask, Basis, Fact, InterpreterFile, Value};

use super::build::{Writing, file, group};

/// Adds statements that leave this in `result`.
pub(super) fn result(writing: &mut Writing, name: &str, code: &str, wanted: &str) {
    let ask = Ask::Python { code: code.into() };
    let wants = [(Fact::Raises, Value::Null.into()), (Fact::Value, wanted.into())];
    writing.state(name, ask, wants);
}

/// Adds several: name, statements, and what they leave.
pub(super) fn results(writing: &mut Writing, cases: &[(&str, &str, &str)]) {
    for (name, code, wanted) in cases {
        result(writing, name, code, wanted);
    }
}

/// What a memoryview does over time.
pub(super) fn memoryviews() -> InterpreterFile {
    let [scalar, before] = scalar_lengths();
    let over_time = vec![released(), compared(), locks(), lengths(), scalar, before];
    let others = [overlaps(), readonly(), attributes(), ctypes()];
    file(
        "Memoryviews over time: releases, lengths, writes that overlap.",
        over_time.into_iter().chain(others).collect(),
    )
}

fn released() -> Writing {
    let mut writing = group(
        "released/operations",
        "memoryview.release",
        Basis::Documented,
        "every operation on a released memoryview raises `ValueError`",
    );
    let expressions = [
        ("item", "m[0]"),
        ("slice", "m[:1]"),
        ("length", "len(m)"),
        ("list", "list(m)"),
        ("bytes", "bytes(m)"),
        ("hash", "hash(m)"),
        ("contains", "97 in m"),
        ("tobytes", "m.tobytes()"),
        ("tolist", "m.tolist()"),
        ("hex", "m.hex()"),
        ("cast", "m.cast('b')"),
        ("toreadonly", "m.toreadonly()"),
        ("enter", "m.__enter__()"),
        ("view-of-it", "memoryview(m)"),
        ("obj", "m.obj"),
        ("nbytes", "m.nbytes"),
        ("readonly", "m.readonly"),
        ("format", "m.format"),
        ("itemsize", "m.itemsize"),
        ("ndim", "m.ndim"),
        ("shape", "m.shape"),
        ("strides", "m.strides"),
        ("suboffsets", "m.suboffsets"),
        ("c-contiguous", "m.c_contiguous"),
        ("f-contiguous", "m.f_contiguous"),
        ("contiguous", "m.contiguous"),
        ("assignment", "m.__setitem__(0, 1)"),
        ("crc", "__import__('zlib').crc32(m)"),
    ];
    for (name, expression) in expressions {
        let code =
            format!("m = memoryview(bytearray(b'abc'))\nm.release()\nresult = raised(lambda: {expression})");
        result(&mut writing, name, &code, "'ValueError'");
    }
    results(
        &mut writing,
        &[
            (
                "again",
                "m = memoryview(b'abc')\nm.release()\nresult = [raised(m.release), raised(m.release)]",
                "[None, None]",
            ),
            (
                "by-with",
                "m = memoryview(b'abc')\nwith m: pass\nresult = [raised(lambda: m[0]), raised(m.release)]",
                "['ValueError', None]",
            ),
        ],
    );
    writing
}

fn compared() -> Writing {
    let mut writing = group(
        "released/comparison",
        "memoryview.release",
        Basis::Documented,
        "any operation raises `ValueError`, and to compare is one",
    );
    for (name, expression) in [("with-itself", "m == m"), ("with-bytes", "m == b'abc'")] {
        let code = format!("m = memoryview(b'abc')\nm.release()\nresult = raised(lambda: {expression})");
        result(&mut writing, name, &code, "'ValueError'");
    }
    writing
}

fn locks() -> Writing {
    let mut writing = group(
        "released/locks",
        "memoryview.release",
        Basis::Documented,
        "the exporter's view is given back with the last memoryview that needs it",
    );
    results(
        &mut writing,
        &[
            (
                "by-release",
                "b = bytearray(b'abc')\nm = memoryview(b)\nx = raised(lambda: b.append(1))\nm.release()\nb.append(1)\nresult = [x, len(b)]",
                "['BufferError', 4]",
            ),
            (
                "slice-keeps",
                "b = bytearray(b'abc')\nm = memoryview(b); n = m[1:]\nm.release()\nx = raised(lambda: b.append(1))\nn.release()\nb.append(1)\nresult = [x, len(b)]",
                "['BufferError', 4]",
            ),
            (
                "cast-keeps",
                "b = bytearray(b'abcd')\nm = memoryview(b); n = m.cast('H')\nm.release()\nx = [raised(lambda: b.append(1)), n.nbytes]\nn.release()\nb.append(1)\nresult = [x, len(b)]",
                "[['BufferError', 4], 5]",
            ),
            (
                "view-of-a-view",
                "b = bytearray(b'abc')\nm = memoryview(b); n = memoryview(m)\nm.release()\nx = [raised(lambda: b.append(1)), bytes(n)]\nn.release()\nb.append(1)\nresult = [x, len(b)]",
                "[['BufferError', b'abc'], 4]",
            ),
            (
                "cast-of-a-released-one",
                "m = memoryview(bytearray(b'abcd'))\nc = m.cast('H')\nm.release()\nresult = c.tobytes()",
                "b'abcd'",
            ),
        ],
    );
    writing
}

fn lengths() -> Writing {
    let mut writing = group(
        "length/first-axis",
        "memoryview.len",
        Basis::Documented,
        "the extent of the first axis",
    );
    results(
        &mut writing,
        &[
            ("one-axis", "result = len(memoryview(b'abcdef'))", "6"),
            (
                "two-axes",
                "result = len(memoryview(b'abcdef').cast('B', (2, 3)))",
                "2",
            ),
            ("items", "result = len(memoryview(b'abcdef').cast('H'))", "3"),
            ("slice", "result = len(memoryview(b'abcdef')[::4])", "2"),
            ("empty", "result = len(memoryview(b''))", "0"),
            ("iteration", "result = list(memoryview(b'abc'))", "[97, 98, 99]"),
        ],
    );
    writing
}

/// A scalar has no length since 3.12.
fn scalar_lengths() -> [Writing; 2] {
    let code = "m = memoryview(b'a').cast('B', ())\nresult = raised(lambda: len(m)) or len(m)";
    let mut now = group(
        "length/scalar",
        "memoryview.len",
        Basis::Documented,
        "a scalar has none",
    )
    .python(">=3.12");
    result(&mut now, "scalar", code, "'TypeError'");
    let mut before = group(
        "length/scalar-before-3.12",
        "memoryview.len",
        Basis::Documented,
        "a scalar has the length 1",
    )
    .python("<3.12");
    result(&mut before, "scalar", code, "1");
    [now, before]
}

fn overlaps() -> Writing {
    let mut writing = group(
        "written/overlapping",
        "memoryview.assign",
        Basis::Inferred,
        "a slice from the memory that is written: as if the right side were read first",
    );
    for (name, statement, wanted) in [
        ("forward", "m[1:] = m[:-1]", "b'aabcde'"),
        ("back", "m[:-1] = m[1:]", "b'bcdeff'"),
        ("reversed", "m[::-1] = m", "b'fedcba'"),
        ("stepped", "m[::2] = m[:3]", "b'abbdcf'"),
        ("itself", "m[:] = m", "b'abcdef'"),
    ] {
        let code = format!("b = bytearray(b'abcdef')\nm = memoryview(b)\n{statement}\nresult = bytes(b)");
        result(&mut writing, name, &code, wanted);
    }
    let delete =
        "m = memoryview(bytearray(b'abc'))\nresult = [raised(lambda: m.__delitem__(0)), m.tobytes()]";
    result(&mut writing, "deleted", delete, "['TypeError', b'abc']");
    writing
}

fn readonly() -> Writing {
    let mut writing = group(
        "written/through-toreadonly",
        "memoryview.toreadonly",
        Basis::Documented,
        "nobody writes through it; what others write shows in it",
    );
    results(
        &mut writing,
        &[
            (
                "seen",
                "b = bytearray(b'abc')\nm = memoryview(b); r = m.toreadonly()\nb[0] = 122\nresult = [r.tolist(), r.readonly, m.readonly]",
                "[[122, 98, 99], True, False]",
            ),
            (
                "refused",
                "b = bytearray(b'abc')\nr = memoryview(b).toreadonly()\nresult = [raised(lambda: r.__setitem__(0, 1)), bytes(b)]",
                "['TypeError', b'abc']",
            ),
            (
                "its-slices",
                "r = memoryview(bytearray(b'abc')).toreadonly()\nresult = [r[1:].readonly, r.cast('b').readonly, memoryview(r).readonly]",
                "[True, True, True]",
            ),
        ],
    );
    writing
}

/// The first of these is what went wrong in another implementation: bytes counted as items.
fn attributes() -> Writing {
    let mut writing = group(
        "attributes/of-stock-objects",
        "capi.memoryview-fields",
        Basis::Documented,
        "`nbytes` and the others of views of what the interpreter exports itself, cut and cast",
    );
    results(
        &mut writing,
        &[
            (
                "bytes-of-wide-items",
                "from array import array\nv = memoryview(array('Q', range(5)))\nresult = [v.nbytes, v[1:4].nbytes, v[::2].nbytes, v.cast('B').cast('H', (4, 5)).nbytes]",
                "[40, 24, 24, 40]",
            ),
            (
                "array",
                "from array import array\nv = memoryview(array('d', [1.0]))\nresult = [v.format, v.itemsize, v.shape, v.strides, v.readonly, v.tolist()]",
                "['d', 8, (1,), (8,), False, [1.0]]",
            ),
            (
                "bytes",
                "v = memoryview(b'abc')\nresult = [v.format, v.itemsize, v.ndim, v.shape, v.strides, v.suboffsets, v.readonly, v.obj]",
                "['B', 1, 1, (3,), (1,), (), True, b'abc']",
            ),
            (
                "keyword",
                "result = memoryview(object=b'abc').tobytes()",
                "b'abc'",
            ),
            (
                "sequence",
                "import collections.abc\nresult = isinstance(memoryview(b''), collections.abc.Sequence)",
                "True",
            ),
            (
                "no-subclass",
                "result = raised(lambda: type('S', (memoryview,), {}))",
                "'TypeError'",
            ),
            (
                "hex-separated",
                "result = [memoryview(b'abc').hex(':'), memoryview(b'abcde').hex('_', 2), memoryview(b'abcde').hex('_', -2)]",
                "['61:62:63', '61_6263_6465', '6162_6364_65']",
            ),
        ],
    );
    writing
}

/// Arrays of `ctypes` say NULL for their strides.
fn ctypes() -> Writing {
    let mut writing = group(
        "equals/ctypes",
        "memoryview.eq",
        Basis::Documented,
        "views of arrays of `ctypes` compared with the arrays: they are equal",
    );
    for (name, kind) in [("bytes", "c_ubyte"), ("ints", "c_int"), ("doubles", "c_double")] {
        let code = format!("import ctypes\na = (ctypes.{kind} * 3)(1, 2, 3)\nresult = memoryview(a) == a");
        result(&mut writing, name, &code, "True");
    }
    writing
}
