"""A growable vector of doubles that C code can use.

Do not grow memory of ctypes: `ctypes.resize` moves it under every view that is held. Grow something that
counts its views, such as `array` or `bytearray`, and lend that to C for the length of a call.
"""

import array
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager


def vector(count: int) -> array.array[float]:
    """Return doubles: [rule: export.locks-resize] `append` is refused while a view is held."""
    return array.array("d", range(count))


@contextmanager
def lent_to_c(numbers: array.array[float]) -> Iterator[ctypes.Array[ctypes.c_double]]:
    """Lend the items as `double *`; meanwhile the vector cannot grow."""
    # [rule: consumer.holds-view-while-using-memory] `from_buffer` holds a view as long as its result lives:
    # keep it until C is done. `from_address` and `buffer_info()` hold nothing.
    items = (ctypes.c_double * len(numbers)).from_buffer(numbers)
    try:
        yield items
    finally:
        del items
