"""Factories that tests name."""

import array
import ctypes
import itertools

turn = itertools.count()


def ints() -> object:
    """Make an exporter that conforms."""
    return array.array("i", [1, 2, 3])


def careless() -> object:
    """Make an exporter that ignores the flags."""
    return (ctypes.c_int * 3)()


def raising() -> object:
    """Fail."""
    message = "out of clay"
    raise RuntimeError(message)


def varying() -> object:
    """Make something else each time."""
    return bytes(3) if next(turn) % 2 else bytearray(3)


class Crate:
    """Holds a factory that is no function of a module."""

    @staticmethod
    def ints() -> object:
        """Make an exporter that conforms."""
        return ints()


def local() -> object:
    """Make an object whose class is another one each time."""

    class Local(bytearray):
        """Alike."""

    return Local(3)
