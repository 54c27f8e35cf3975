"""Calls the Zig consumer `sum` with every exporter it can read, and compares with the right answer.

`sum` asks for ND and takes what it gets for 64-bit integers: it is right about such integers, and about bytes
that hold them. What it does with other items is not called here: the answer is wrong, or the process ends.
"""

import array
import ctypes
import json
import struct

import buffers
import numpy as np

from bufcheck import _bufcheck

NUMBERS = [1, -2, 3, 1 << 40]
AS_BYTES = struct.pack("=4q", *NUMBERS)


def reference(**description: object) -> object:
    """Make a reference exporter of bufcheck, in Rust, that holds the numbers."""
    shown = {"format": "q", "itemsize": 8, "shape": [4], "bytes": AS_BYTES.hex(), **description}
    return _bufcheck.reference(json.dumps(shown))


CASES = {
    "bytes": AS_BYTES,
    "bytearray": bytearray(AS_BYTES),
    "no bytes": b"",
    "memoryview": memoryview(AS_BYTES),
    "memoryview, cast": memoryview(AS_BYTES).cast("q"),
    "array": array.array("q", NUMBERS),
    "ctypes": (ctypes.c_int64 * 4)(*NUMBERS),
    "NumPy": np.array(NUMBERS, dtype=np.int64),
    "NumPy, two axes": np.array(NUMBERS, dtype=np.int64).reshape(2, 2),
    "NumPy, read-only": np.frombuffer(AS_BYTES, dtype=np.int64),
    "its own exporter": buffers.ConstantBuffer(7, 4),
    "Rust": reference(),
    "Rust, bytes": reference(format="B", itemsize=1, shape=[32]),
    "Rust, two axes, read-only": reference(shape=[2, 2], readonly=True),
    "Rust, no items": reference(shape=[0], bytes=""),
    "Rust, strided, with a copy for those who cannot stride": reference(
        strides=[-16], readonly=True, flat_copy=True
    ),
}

STRIDED = {
    # ND does not reach strided memory: the refusals are the exporters', and must come through.
    "NumPy": (np.array(NUMBERS, dtype=np.int64)[::2], ValueError),
    "Rust": (reference(strides=[16]), BufferError),
}


def main() -> None:
    """Call `sum` with each, and with memory that it must not be given."""
    for name, exporter in CASES.items():
        expected = int(np.frombuffer(memoryview(exporter).tobytes(), dtype=np.int64).sum())
        found = buffers.sum(exporter)
        assert found == expected, f"sum({name}): found {found}, wanted {expected}"
    for name, (exporter, error) in STRIDED.items():
        refused = False
        try:
            buffers.sum(exporter)
        except error:
            refused = True
        assert refused, f"sum({name}, strided): an answer"
    print(f"sum: {len(CASES)} exporters, every answer right")


if __name__ == "__main__":
    main()
