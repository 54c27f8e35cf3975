//! Classes with `__buffer__`, in statements of Python whose result is known.
//!
//! Knows what the two methods are put through, and what is wanted of it. Must never know requests through the C API: see
//! `requested`.

use bufcheck_model::interpreter::{Basis, InterpreterFile};

use super::build::{Writing, file, group};
use super::statements::{result, results};

/// A class that writes down what it is asked and given back.
const A: &str = "class A:\n    def __init__(self): self.d = bytearray(b'abcdef'); self.flags = []; self.out = []; self.back = []\n    def __buffer__(self, flags):\n        self.flags.append(flags); m = memoryview(self.d); self.out.append(m); return m\n    def __release_buffer__(self, view):\n        self.back.append(view); view.release()\n";

/// Classes with `__buffer__` (PEP 688).
pub(super) fn classes() -> InterpreterFile {
    let groups = vec![
        slots(),
        methods(),
        returned(),
        given_back(),
        rejected(),
        safety(),
        restricted(),
        abc(),
        flags(),
        range(),
        below_range(),
    ];
    file(
        "Classes with `__buffer__` and the methods of C types (PEP 688).",
        groups
            .into_iter()
            .map(|writing| writing.python(">=3.12"))
            .collect(),
    )
}

fn slots() -> Writing {
    let mut writing = group(
        "classes/inheritance",
        "py.c-types-get-methods",
        Basis::Documented,
        "both methods are inherited, overridden, switched off and set later, each by itself",
    );
    results(
        &mut writing,
        &[
            (
                "first-base-of-c",
                "class P:\n    def __buffer__(self, f): return memoryview(b'hello')\nclass B(bytearray, P): pass\nresult = bytes(memoryview(B(b'xyz')))",
                "b'xyz'",
            ),
            (
                "first-base-of-python",
                "class P:\n    def __buffer__(self, f): return memoryview(b'hello')\nclass B(P, bytearray): pass\nresult = bytes(memoryview(B(b'xyz')))",
                "b'hello'",
            ),
            (
                "none",
                "class B(bytearray):\n    __buffer__ = None\nresult = raised(lambda: memoryview(B(b'abc')))",
                "'TypeError'",
            ),
            (
                "set-later",
                "class P: pass\np = P()\nx = raised(lambda: memoryview(p))\nP.__buffer__ = lambda self, f: memoryview(b'abc')\ny = bytes(memoryview(p))\ndel P.__buffer__\nresult = [x, y, raised(lambda: memoryview(p))]",
                "['TypeError', b'abc', 'TypeError']",
            ),
            (
                "of-c-types",
                "import array, io, mmap\nresult = [[hasattr(x, '__buffer__'), hasattr(x, '__release_buffer__')] for x in (b'', bytearray(), memoryview(b''), array.array('b'), mmap.mmap(-1, 4), io.BytesIO().getbuffer(), 1, 'a')]",
                "[[True, False], [True, True], [True, True], [True, True], [True, True], [True, True], [False, False], [False, False]]",
            ),
            (
                "static",
                "class P:\n    @staticmethod\n    def __buffer__(f): return memoryview(b'abc')\nresult = bytes(memoryview(P()))",
                "b'abc'",
            ),
            (
                "on-the-instance",
                "class P: pass\np = P()\np.__buffer__ = lambda f: memoryview(b'abc')\nresult = raised(lambda: memoryview(p))",
                "'TypeError'",
            ),
        ],
    );
    writing
}

fn methods() -> Writing {
    let mut writing = group(
        "classes/methods-of-c-types",
        "py.c-types-get-methods",
        Basis::Documented,
        "`__buffer__` of a type of C gives a memoryview of what the flags ask",
    );
    results(
        &mut writing,
        &[
            (
                "memoryview",
                "m = b'abc'.__buffer__(0)\nresult = [type(m).__name__, bytes(m), m.readonly, bytearray(b'abc').__buffer__(1).readonly]",
                "['memoryview', b'abc', True, False]",
            ),
            (
                "refused",
                "result = raised(lambda: b'abc'.__buffer__(1))",
                "'BufferError'",
            ),
            (
                "inspect-flags",
                "import inspect\nresult = bytes(b'abc'.__buffer__(inspect.BufferFlags.FULL_RO))",
                "b'abc'",
            ),
        ],
    );
    writing
}

fn returned() -> Writing {
    let mut writing = group(
        "classes/what-is-returned",
        "py.returns-memoryview",
        Basis::Documented,
        "anything but a memoryview is no answer, and an exception passes",
    );
    results(
        &mut writing,
        &[
            (
                "others",
                "class P:\n    def __init__(self, v): self.v = v\n    def __buffer__(self, f): return self.v\nresult = [raised(lambda: memoryview(P(v))) for v in (b'abc', None, 1, bytearray(b'x'))]",
                "['TypeError', 'TypeError', 'TypeError', 'TypeError']",
            ),
            (
                "exception",
                "class P:\n    def __buffer__(self, f): raise LookupError\nresult = raised(lambda: memoryview(P()))",
                "'LookupError'",
            ),
            (
                "released",
                "class P:\n    def __buffer__(self, f):\n        m = memoryview(b'abc'); m.release(); return m\nresult = raised(lambda: memoryview(P()))",
                "'ValueError'",
            ),
            (
                "no-release-method",
                "class P:\n    def __buffer__(self, f): return memoryview(b'abc')\nm = memoryview(P())\nx = m.tobytes(); m.release()\nresult = x",
                "b'abc'",
            ),
        ],
    );
    writing
}

fn given_back() -> Writing {
    let mut writing = group(
        "classes/given-back",
        "py.release-gets-same-memoryview",
        Basis::Documented,
        "each memoryview comes back once, the same object, in the order of the releases",
    );
    let cases = [
        (
            "same",
            "a = A()\nm = memoryview(a)\nm.release()\nresult = [len(a.out), len(a.back), a.out[0] is a.back[0], a.flags]",
            "[1, 1, True, [284]]",
        ),
        (
            "three",
            "a = A()\nms = [memoryview(a) for i in range(3)]\nfor i in (1, 0, 2): ms[i].release()\nresult = [len(a.back), [next(i for i, x in enumerate(a.out) if x is y) for y in a.back]]",
            "[3, [1, 0, 2]]",
        ),
        (
            "plain-flags",
            "a = A()\nmemoryview(a).release()\nresult = type(a.flags[0]).__name__",
            "'int'",
        ),
        (
            "by-bytes",
            "a = A()\nx = bytes(a)\nresult = [x, len(a.out), len(a.back)]",
            "[b'abcdef', 1, 1]",
        ),
        (
            "subclass-of-bytes",
            "L = []\nclass S(bytes):\n    def __release_buffer__(self, view): L.append(view.tobytes())\nm = memoryview(S(b'abc'))\nm.release()\nresult = L",
            "[b'abc']",
        ),
        (
            "subclass-of-bytearray",
            "class S(bytearray):\n    r = 0\n    def __buffer__(self, f): self.f = f; return super().__buffer__(f)\n    def __release_buffer__(self, view): self.r += 1; super().__release_buffer__(view)\na = S(b'abc')\nm = memoryview(a)\nx = [bytes(m), a.f, raised(lambda: a.append(1))]\nm.release()\nresult = [x, a.r, raised(lambda: a.append(1)), bytes(a)]",
            "[[b'abc', 284, 'BufferError'], 1, None, b'abc\\x01']",
        ),
    ];
    for (name, code, wanted) in cases {
        result(&mut writing, name, &format!("{A}{code}"), wanted);
    }
    writing
}

fn rejected() -> Writing {
    let mut writing = group(
        "classes/rejected-releases",
        "py.double-release-rejected",
        Basis::Documented,
        "`__release_buffer__` of a type of C takes its own memoryview, once",
    );
    results(
        &mut writing,
        &[
            (
                "twice",
                "b = bytearray(b'abc')\nv = b.__buffer__(0)\nb.__release_buffer__(v)\nresult = [raised(lambda: b.__release_buffer__(v)), raised(lambda: b.append(1))]",
                "['ValueError', None]",
            ),
            (
                "locks",
                "b = bytearray(b'abc')\nv = b.__buffer__(0)\nx = raised(lambda: b.append(1))\nb.__release_buffer__(v)\nresult = [x, raised(lambda: b.append(1)), raised(lambda: v[0])]",
                "['BufferError', None, 'ValueError']",
            ),
            (
                "of-another",
                "b = bytearray(b'abc'); c = bytearray(b'abc')\nv = b.__buffer__(0)\nresult = [raised(lambda: c.__release_buffer__(v)), raised(lambda: b.append(1)), raised(lambda: b.__release_buffer__(v))]",
                "['ValueError', 'BufferError', None]",
            ),
            (
                "no-memoryview",
                "b = bytearray(b'abc')\nresult = [raised(lambda: b.__release_buffer__(x)) for x in (b'abc', None, 1, b)]",
                "['TypeError', 'TypeError', 'TypeError', 'TypeError']",
            ),
        ],
    );
    writing
}

fn safety() -> Writing {
    let mut writing = group(
        "classes/kept-views",
        "py.no-memory-unsafety",
        Basis::Documented,
        "a class that keeps or releases its memoryview too early breaks no memory",
    );
    let cases = [
        (
            "released-inside",
            "class P:\n    def __buffer__(self, f):\n        self.m = memoryview(bytearray(b'abc')); return self.m\np = P()\nm = memoryview(p)\nresult = [raised(p.m.release), m.tobytes()]",
            "['BufferError', b'abc']",
        ),
        (
            "kept-by-a-subclass",
            "class S(bytearray):\n    def __release_buffer__(self, view): self.kept = view\na = S(b'abc')\nm = memoryview(a)\nm.release()\na.clear(); a.extend(b'x' * 10000)\nresult = raised(lambda: a.kept[0])",
            "'ValueError'",
        ),
    ];
    results(&mut writing, &cases);
    writing
}

fn restricted() -> Writing {
    let mut writing = group(
        "classes/view-in-release",
        "py.restricted-view-in-release",
        Basis::DeFacto,
        "the view that `__release_buffer__` of a subclass is given can be read, and not be extended",
    );
    let code = "L = []\nclass S(bytearray):\n    def __release_buffer__(self, view):\n        L.append(view[0])\n        for f in (lambda: memoryview(view), lambda: view[:1], lambda: view.cast('b'), view.toreadonly): L.append(raised(f))\n        self.kept = view\n        super().__release_buffer__(view)\na = S(b'abc')\nm = memoryview(a)\nm.release()\nresult = [L, raised(lambda: a.kept[0])]";
    result(
        &mut writing,
        "subclass",
        code,
        "[[97, 'ValueError', 'ValueError', 'ValueError', 'ValueError'], 'ValueError']",
    );
    writing
}

fn abc() -> Writing {
    let mut writing = group(
        "classes/abc",
        "py.abc-buffer",
        Basis::Documented,
        "`collections.abc.Buffer` knows exporters by `__buffer__`",
    );
    results(
        &mut writing,
        &[
            (
                "instances",
                "import collections.abc, array\nclass P:\n    def __buffer__(self, f): return memoryview(b'')\nclass N: pass\nresult = [isinstance(x, collections.abc.Buffer) for x in (b'', bytearray(), memoryview(b''), array.array('b'), P(), 1, 'a', [], N())]",
                "[True, True, True, True, True, False, False, False, False]",
            ),
            (
                "none",
                "import collections.abc\nclass Q(bytearray): __buffer__ = None\nresult = isinstance(Q(), collections.abc.Buffer)",
                "False",
            ),
            (
                "subclasses",
                "import collections.abc\nclass B(collections.abc.Buffer):\n    def __buffer__(self, f): return memoryview(b'abc')\nclass I(collections.abc.Buffer): pass\nresult = [bytes(B()), raised(lambda: I()), issubclass(bytes, collections.abc.Buffer), issubclass(int, collections.abc.Buffer)]",
                "[b'abc', 'TypeError', True, False]",
            ),
        ],
    );
    writing
}

/// The names and values of c-api/buffer.html#buffer-request-types.
fn flags() -> Writing {
    let mut writing = group(
        "classes/bufferflags",
        "py.bufferflags-values",
        Basis::Documented,
        "`inspect.BufferFlags` has the values of the C API",
    );
    for (name, value) in [
        ("SIMPLE", 0),
        ("WRITABLE", 0x1),
        ("FORMAT", 0x4),
        ("ND", 0x8),
        ("STRIDES", 0x18),
        ("C_CONTIGUOUS", 0x38),
        ("F_CONTIGUOUS", 0x58),
        ("ANY_CONTIGUOUS", 0x98),
        ("INDIRECT", 0x118),
        ("CONTIG", 0x9),
        ("CONTIG_RO", 0x8),
        ("STRIDED", 0x19),
        ("STRIDED_RO", 0x18),
        ("RECORDS", 0x1d),
        ("RECORDS_RO", 0x1c),
        ("FULL", 0x11d),
        ("FULL_RO", 0x11c),
        ("READ", 0x100),
        ("WRITE", 0x200),
    ] {
        let code = format!("import inspect\nresult = int(inspect.BufferFlags.{name})");
        result(
            &mut writing,
            &name.to_lowercase().replace('_', "-"),
            &code,
            &value.to_string(),
        );
    }
    let code = "import inspect, enum\nresult = issubclass(inspect.BufferFlags, enum.IntFlag)";
    result(&mut writing, "int-flag", code, "True");
    writing
}

fn range() -> Writing {
    let mut writing = group(
        "classes/flags-beyond-int",
        "request.flags-are-int",
        Basis::Documented,
        "flags are a C int: larger ones are refused before anybody is asked",
    );
    no_int(&mut writing, "one-more", "2**31");
    no_int(&mut writing, "long", "2**63");
    no_int(&mut writing, "huge", "2**100");
    no_int(&mut writing, "far-below", "-2**63 - 1");
    writing
}

fn below_range() -> Writing {
    let mut writing = group(
        "classes/flags-below-int",
        "request.flags-are-int",
        Basis::Documented,
        "flags are a C int: smaller ones are refused before anybody is asked",
    );
    no_int(&mut writing, "one-less", "-2**31 - 1");
    no_int(&mut writing, "long", "-2**62");
    writing
}

/// A number that no C int holds, for flags.
fn no_int(writing: &mut Writing, name: &str, flags: &str) {
    let code = format!("result = raised(lambda: b''.__buffer__({flags}))");
    result(writing, name, &code, "'OverflowError'");
}
