"""Shows what is recorded of consumers, without bufcheck: calls with buffers that ctypes makes.

Knows the rules that a function can break, and calls that show each. Must never know bufcheck. `reproduce.py`
runs one proof a process.
"""

import ctypes
import importlib
import sys
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from asking import PyBuffer

CALLS = 20  # to tell what stays behind at each call from what is kept once
CONTENT = b"0123456789"
WIPED = 0x58
GET_BUFFER, RELEASE_BUFFER = 1, 2  # the numbers of the slots
BASE_TYPE = 1 << 10
MARK = 0x1234  # what `internal` must still be at the release


class Slot(ctypes.Structure):
    """`PyType_Slot`."""

    _fields_ = (("slot", ctypes.c_int), ("function", ctypes.c_void_p))


class Spec(ctypes.Structure):
    """`PyType_Spec`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(Slot)),
    )


def type_with(**slots: Callable) -> type:
    """Make a type with these functions in its slots."""
    numbers = {"get_buffer": GET_BUFFER, "release_buffer": RELEASE_BUFFER}
    entries = [Slot(numbers[name], ctypes.cast(it, ctypes.c_void_p).value) for name, it in slots.items()]
    table = (Slot * (len(entries) + 1))(*entries, Slot(0, None))
    make = ctypes.pythonapi.PyType_FromSpec
    make.argtypes, make.restype = [ctypes.POINTER(Spec)], ctypes.py_object
    return make(ctypes.byref(Spec(b"third_party.Exporter", 0, 0, BASE_TYPE, table)))


def raising(error: type[BaseException]) -> object:
    """Make an exporter whose `bf_getbuffer` is `PyObject_IsTrue`: it fails as its `__bool__` does."""

    def refuse(_: object) -> bool:
        raise error

    base = type_with(get_buffer=ctypes.pythonapi.PyObject_IsTrue)
    return type("Raising", (base,), {"__bool__": refuse})()


class Wiping:
    """An exporter of one axis that overwrites its memory when the last view is released."""

    def __init__(self, content: bytes, form: bytes = b"B", itemsize: int = 1, readonly: int = 0) -> None:
        """Make it."""
        self.memory = ctypes.create_string_buffer(content, len(content))
        self.arrays = (ctypes.c_ssize_t * 2)(len(content) // itemsize, itemsize)
        self.form, self.itemsize, self.readonly, self.held = form, itemsize, readonly, 0
        self.marks: list[int | None] = []
        view = ctypes.POINTER(PyBuffer)
        self.functions = (
            ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, view, ctypes.c_int)(self.fill),
            ctypes.PYFUNCTYPE(None, ctypes.py_object, view)(self.wipe),
        )
        self.exporter = type_with(get_buffer=self.functions[0], release_buffer=self.functions[1])()

    def fill(self, exporter: object, pointer: "ctypes._Pointer[PyBuffer]", flags: int) -> int:
        """Answer as the flags say."""
        fill_info = ctypes.pythonapi.PyBuffer_FillInfo
        fill_info.argtypes = [
            ctypes.c_void_p,
            ctypes.py_object,
            ctypes.c_void_p,
            ctypes.c_ssize_t,
            ctypes.c_int,
            ctypes.c_int,
        ]
        fill_info(pointer, exporter, ctypes.addressof(self.memory), len(self.memory), 0, flags)
        view, here = pointer.contents, ctypes.addressof(self.arrays)
        view.readonly, view.itemsize, view.internal = self.readonly, self.itemsize, MARK
        if flags & 4:
            view.format = self.form
        if flags & 8:
            view.shape = ctypes.cast(here, ctypes.POINTER(ctypes.c_ssize_t))
        if flags & 0x10:
            view.strides = ctypes.cast(here + 8, ctypes.POINTER(ctypes.c_ssize_t))
        self.held += 1
        return 0

    def wipe(self, _: object, pointer: "ctypes._Pointer[PyBuffer]") -> None:
        """Take a view back."""
        self.held -= 1
        self.marks.append(pointer.contents.internal)
        if self.held == 0:
            ctypes.memset(self.memory, WIPED, len(self.memory))


def null() -> object:
    """Make an empty buffer whose `buf` is NULL, as an empty vector of C++ has it."""
    return (ctypes.c_char * 0).from_address(0)


class Consumer:
    """A function under test: the expression of its registration."""

    def __init__(self, case: dict[str, Any]) -> None:
        """Import what it needs."""
        self.takes_items = case.get("acts_on") == "items"
        module, self.expression = case["call"].split(":", 1)
        self.names = dict(vars(importlib.import_module(module)))
        exec(case.get("setup", ""), self.names)  # noqa: S102 - the text stands in our own file
        if "buf" not in self.expression:
            self.expression += "(buf)"

    def __call__(self, buffer: object) -> object:
        """Call it; what it raises is its result."""
        try:
            return eval(self.expression, self.names | {"buf": buffer})  # noqa: S307 - as above
        except BaseException as error:  # noqa: BLE001 - which one it is, is the question
            return error


Proof = Callable[[Consumer], str | None]


def swallows(consumer: Consumer) -> str | None:
    """Give another exception than the exporter raised, or none."""
    for error in (MemoryError, KeyboardInterrupt):
        result = consumer(raising(error))
        if not isinstance(result, error):
            return f"{error.__name__} of the exporter became {result!r}"
    return None


def unusual() -> Iterator[tuple[str, object, bytes]]:
    """List legal buffers, each with a name and its bytes in C order."""
    words = array("H", CONTENT)
    doubled = bytes(byte for pair in zip(CONTENT, bytes(len(CONTENT)), strict=True) for byte in pair)
    yield "items of two bytes", memoryview(words), CONTENT
    yield "every second byte", memoryview(doubled)[::2], CONTENT
    yield "bytes from the last to the first", memoryview(CONTENT[::-1])[::-1], CONTENT
    yield "two rows", memoryview(CONTENT).cast("B", (2, 5)), CONTENT
    yield "one number of no dimension", ctypes.c_ubyte(CONTENT[0]), CONTENT[:1]
    yield "no bytes, seven bytes apart", memoryview(b"")[::7], b""


def misreads(consumer: Consumer) -> str | None:
    """Give another result than for the same bytes one behind the other, or end the process."""
    for name, buffer, content in unusual():
        if consumer.takes_items and memoryview(buffer).itemsize > 1:
            continue
        result, plain = consumer(buffer), consumer(content)
        if not isinstance(result, Exception) and result != plain:
            return f"{name}: {result!r} instead of {plain!r}"
    return None


def guesses_widths(consumer: Consumer) -> str | None:
    """Give another result for longs than for long longs, where both have eight bytes."""
    longs, wider = (consumer(memoryview(array(code, (1, -2, 3)))) for code in "lq")
    differ = not isinstance(longs, Exception) and longs != wider
    return f"longs became {longs!r}, long longs {wider!r}" if differ else None


def refuses_spelling(*patterns: bytes) -> Proof:
    """Show that a format is refused in one spelling and taken in another."""

    def proof(consumer: Consumer) -> str | None:
        for code, itemsize in ((b"i", 4), (b"B", 1), (b"f", 4)):
            plain = consumer(Wiping(bytes(24), code, itemsize).exporter)
            for pattern in patterns:
                other = consumer(Wiping(bytes(24), pattern % code, itemsize).exporter)
                if isinstance(other, Exception) and not isinstance(plain, Exception):
                    return f"{code!r} is taken, {pattern % code!r} is not: {other!r}"
        return None

    return proof


def keeps(consumer: Consumer) -> str | None:
    """Leave a reference or a view behind at each call."""
    exporters = [null(), bytearray(CONTENT), Wiping(CONTENT).exporter]
    rows, gaps, words = (memoryview(bytearray(CONTENT)) for _ in range(3))
    views = [rows.cast("B", (2, 5)), gaps[::2], words.cast("H")]
    owners = exporters + [view.obj for view in views]
    for buffer, owner in zip(exporters + views, owners, strict=True):
        consumer(buffer)
        before = sys.getrefcount(owner), sys.getrefcount(buffer)
        for _ in range(CALLS):
            consumer(buffer)
        kept = max(sys.getrefcount(owner) - before[0], sys.getrefcount(buffer) - before[1])
        if kept >= CALLS:
            return f"{CALLS} calls with {buffer!r} left {kept} references behind"
    return None


def used_after_release(consumer: Consumer) -> str | None:
    """Show what memory holds after the view was given back."""
    for content, form, itemsize in ((CONTENT, b"B", 1), (bytes(12), b"f", 4)):
        kept, wiped = Wiping(content, form, itemsize), Wiping(content, form, itemsize)
        kept.held = 1  # never wiped
        wanted, found = consumer(kept.exporter), consumer(wiped.exporter)
        if not isinstance(wanted, Exception) and wanted != found:
            return f"{found!r} instead of {wanted!r}: read after the release"
    return None


def internal_lost(consumer: Consumer) -> str | None:
    """Give a view back whose `internal` is not what the exporter wrote there."""
    asked = Wiping(CONTENT)
    consumer(asked.exporter)
    wrong = [mark for mark in asked.marks if mark != MARK]
    return f"internal was {wrong[0]} at the release, not {MARK:#x}" if wrong else None


def overwrites(consumer: Consumer) -> str | None:
    """Change immutable bytes, or memory whose `readonly` is another number than 1."""
    victim, asked = bytes(bytearray(CONTENT)), Wiping(CONTENT, readonly=2)
    asked.held = 1  # never wiped
    consumer(victim)
    consumer(asked.exporter)
    for name, found in (("bytes", victim), ("memory with readonly 2", asked.memory.raw)):
        if found.hex() != CONTENT.hex():
            return f"{name} {CONTENT.hex(' ')} became {found.hex(' ')}"
    return None


PROOFS: dict[str, Proof] = {
    "consumer.bounds-by-shape": misreads,
    "consumer.byteorder-equivalence": refuses_spelling(b"<%b", b"=%b", b"@%b"),
    "consumer.format-checked-before-typed-access": guesses_widths,
    "consumer.error-not-swallowed-silently": swallows,
    "consumer.no-write-without-writable": overwrites,
    "consumer.right-result": misreads,
    "contig.check-before-flat-access": misreads,
    "empty.no-dereference": misreads,
    "format.unknown-codes-not-fatal": misreads,
    "format.whitespace-ignored": refuses_spelling(b" %b "),
    "scalar.consumer-handles-ndim0": misreads,
    "ndim.consumer-handles-64": misreads,
    "release.internal-unchanged-at-release": internal_lost,
    "release.no-use-after": used_after_release,
    "release.on-every-path": keeps,
    "release.through-pybuffer-release": keeps,
    "strides.consumer-handles-nonpositive": misreads,
}
