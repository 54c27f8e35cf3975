"""Calls the Zig consumer `sum` with every exporter it can read, and compares with the right answer.

`sum` asks for ND and takes what it gets for 64-bit integers: it is right about such integers, and about bytes
that hold them. What it does with other items is not called here: the answer is wrong, or the process ends.
"""

import array
import ctypes
import struct

import buffers
import numpy as np

NUMBERS = [1, -2, 3, 1 << 40]
AS_BYTES = struct.pack("=4q", *NUMBERS)

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
}


def main() -> None:
    """Call `sum` with each, and once with memory that it must not be given."""
    for name, exporter in CASES.items():
        expected = int(np.frombuffer(exporter, dtype=np.int64).sum()) if memoryview(exporter) else 0
        found = buffers.sum(exporter)
        assert found == expected, f"sum({name}): found {found}, wanted {expected}"
    # ND does not reach strided memory: the refusal is NumPy's, and must come through.
    refused = False
    try:
        buffers.sum(np.array(NUMBERS, dtype=np.int64)[::2])
    except ValueError:
        refused = True
    assert refused, "sum(NumPy, strided): an answer"
    print(f"sum: {len(CASES)} exporters, every answer right")


if __name__ == "__main__":
    main()
