"""Calls the consumer `total` of an example with buffers of every layout, and compares with the right sum.

    python check_total.py [MODULE]

It runs where the module (by default `total`) can be imported. NumPy, where it is there, adds its own layouts.
"""

import array
import contextlib
import ctypes
import gc
import importlib
import itertools
import struct
import sys
import threading

total = importlib.import_module(sys.argv[1] if len(sys.argv) > 1 else "total")

ITEMS = list(range(24))
REFUSALS = (TypeError, ValueError, BufferError)


class Pair(ctypes.Structure):
    """A record: no number."""

    _fields_ = (("left", ctypes.c_int), ("right", ctypes.c_int))


def layouts() -> dict[str, tuple[object, float]]:
    """Return buffers with their sums, from the standard library alone."""
    flat = memoryview(bytes(ITEMS))
    found: dict[str, tuple[object, float]] = {
        "bytes": (bytes(ITEMS), 276),
        "no bytes": (b"", 0),
        "bytearray": (bytearray(ITEMS), 276),
        "signed bytes": (array.array("b", [-1, -2, 3]), 0),
        "memoryview": (flat, 276),
        "memoryview, every second": (flat[::2], 132),
        "memoryview, backwards": (flat[::-1], 276),
        "memoryview, backwards in steps": (flat[20:2:-5], 20 + 15 + 10 + 5),
        "memoryview, empty slice": (flat[5:5], 0),
        "memoryview, two axes": (flat.cast("B", (4, 6)), 276),
        "memoryview, two axes, rows from below": (flat.cast("B", (4, 6))[::-1], 276),
        "memoryview, three axes": (flat.cast("B", (2, 3, 4)), 276),
        "memoryview, scalar": (memoryview(struct.pack("d", 2.5)).cast("d", ()), 2.5),
        "ctypes": ((ctypes.c_int32 * 3)(1, -2, 3), 2),
        "ctypes, two axes": (((ctypes.c_double * 2) * 2)((1, 2), (3, 4.5)), 10.5),
        "ctypes, scalar": (ctypes.c_int16(-7), -7),
    }
    for code in "bBhHiIlLqQfd":
        numbers = array.array(code, ITEMS)
        found[f"array of {code}"] = (numbers, 276)
        found[f"array of {code}, every third from the end"] = (memoryview(numbers)[::-3], sum(ITEMS[::-3]))
    return found


def numpy_layouts() -> dict[str, tuple[object, float]]:
    """Return the layouts that need NumPy, or none."""
    try:
        import numpy as np  # noqa: PLC0415
    except ImportError:
        return {}
    grid = np.arange(24.0).reshape(2, 3, 4)
    packed = np.zeros(5, dtype=np.dtype([("tag", "u1"), ("value", "f8")]))
    packed["value"] = [1, 2, 3, 4, 5.5]
    unaligned = np.frombuffer(b"\0" + np.arange(4.0).tobytes(), offset=1)
    found: dict[str, tuple[object, float]] = {
        "NumPy, Fortran order": (np.asfortranarray(grid), 276),
        "NumPy, axis of one": (np.arange(4.0).reshape(4, 1)[:, ::-1], 6),
        "NumPy, broadcast": (np.broadcast_to(np.array([1.0, 2.0]), (3, 2)), 9),
        "NumPy, no items": (np.zeros((0, 3)), 0),
        "NumPy, no items on the last axis": (np.zeros((3, 0))[::-1], 0),
        "NumPy, scalar array": (np.array(2.5), 2.5),
        "NumPy, unaligned": (unaligned, 6),
        "NumPy, field of packed records": (packed["value"], 15.5),
        "NumPy, read-only": (np.frombuffer(grid.tobytes()), 276),
        "NumPy, 32 axes": (np.ones((1,) * 32), 1),
    }
    for steps in itertools.product((1, 2, -1, -2), repeat=3):
        part = grid[tuple(slice(None, None, step) for step in steps)]
        found[f"NumPy, steps {steps}"] = (part, float(part.sum()))
        found[f"NumPy, steps {steps}, transposed"] = (part.T.astype("f4", order="K"), float(part.sum()))
    return found


def strangers() -> dict[str, object]:
    """Return what is no number in native order: to be refused, never misread."""
    swapped = (ctypes.c_int32.__ctype_be__ if sys.byteorder == "little" else ctypes.c_int32.__ctype_le__) * 2
    return {
        "no buffer": [1, 2],
        "characters": memoryview(b"abc").cast("c"),
        "records": (Pair * 2)(),
        "swapped bytes": swapped(1, 2),
    }


def check_lock() -> None:
    """Give every view back, whatever came of the call."""
    characters = array.array("w" if sys.version_info >= (3, 13) else "u", "ab")
    for owner in (bytearray(ITEMS), array.array("d", ITEMS), characters):
        with contextlib.suppress(*REFUSALS):
            total.total(owner)
        owner.append(owner[0])
    closed = memoryview(b"abc")
    closed.release()
    answer = None
    with contextlib.suppress(*REFUSALS):
        answer = total.total(closed)
    assert answer is None, "a released memoryview: an answer"


def check_leaks() -> None:
    """Neither an answer nor a refusal keeps a reference."""
    for exporter in (bytearray(ITEMS), (Pair * 2)()):
        gc.collect()
        before = sys.getrefcount(exporter)
        for _ in range(100):
            with contextlib.suppress(*REFUSALS):
                total.total(exporter)
        gc.collect()
        assert sys.getrefcount(exporter) <= before, f"{exporter!r}: references are kept"


def check_threads() -> None:
    """Several threads may read one buffer."""
    numbers, sums = array.array("d", ITEMS), []

    def work() -> None:
        sums.extend(total.total(numbers) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [276.0] * 800, "threads: an answer differs"


def main() -> None:
    """Check all, and say how much that was."""
    found = layouts() | numpy_layouts()
    for name, (exporter, wanted) in found.items():
        answer = total.total(exporter)
        assert answer == wanted, f"total({name}): found {answer}, wanted {wanted}"
    for name, exporter in strangers().items():
        answer = None
        with contextlib.suppress(*REFUSALS):
            answer = total.total(exporter)
        assert answer is None, f"total({name}): found {answer}, wanted a refusal"
    check_lock()
    check_leaks()
    check_threads()
    print(f"total: {len(found)} layouts, every answer right")


if __name__ == "__main__":
    main()
