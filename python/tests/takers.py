"""Functions that take buffers, for tests to name."""

import zlib
from collections.abc import Callable

kept: list[memoryview] = []


def checksum(data: bytes) -> int:
    """Take a buffer as one should."""
    return zlib.crc32(data)


def keeping(data: bytes) -> int:
    """Never let go of a buffer."""
    kept.append(memoryview(data))
    return len(kept[-1])


def hundreds(data: bytes) -> int:
    """Sum up the bytes, wrongly where there are many."""
    with memoryview(data) as view:
        return min(sum(view.tobytes()), 100)


def idle(data: bytes) -> None:
    """Look at no buffer at all."""


def dying(data: bytes) -> None:
    """End the process when asked for anything but bytes."""
    import os  # noqa: PLC0415 - used up

    with memoryview(data) as view:
        if view.format != "B":
            os.abort()


class Crate:
    """Holds functions that are no functions of a module."""

    @staticmethod
    def checksum(data: bytes) -> int:
        """Take a buffer as one should."""
        return checksum(data)

    def method(self, data: bytes) -> int:
        """Be called with an instance first."""
        return checksum(data)


def local(function: Callable[[bytes], object] = checksum) -> Callable[[bytes], object]:
    """Make a function that no worker finds."""

    def inner(data: bytes) -> object:
        return function(data)

    return inner
