"""The commonest slips of classes with `__buffer__`, one class each. Do not copy this file."""

import ctypes
from typing import ClassVar

WRITABLE = 1


class KeepsOneView:
    """Returns the same memoryview again and again, and releases it: afterwards the object is dead."""

    def __init__(self) -> None:
        """Make one view for all."""
        self._view = memoryview(bytearray(b"abcdef"))

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the view that is kept."""
        return self._view

    def __release_buffer__(self, view: memoryview, /) -> None:
        """Release what the next consumer needs."""
        view.release()  # [breaks: refusal.repeatable]


class Moves:
    """Resizes memory that does not count its views: `ctypes.resize` asks nobody."""

    def __init__(self) -> None:
        """Make the items."""
        self._items = (ctypes.c_char * 64)()

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the items."""
        return memoryview(self._items)

    def grow(self) -> None:
        """Move the items, whoever holds them."""
        ctypes.resize(self._items, 1 << 20)  # [breaks: export.locks-resize]


class CopiesForReaders:
    """Lends the real memory to those who write and a copy to those who read."""

    def __init__(self) -> None:
        """Make the items."""
        self._items = bytearray(b"abcdef")

    def __buffer__(self, flags: int, /) -> memoryview:
        """Decide by the flags. [breaks: request.readonly-implied-by-writable-success]."""
        # [breaks: write.seen-by-other-view]
        return memoryview(self._items if flags & WRITABLE else bytes(self._items))


class WrongError:
    """Refuses with an exception that no consumer expects."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """Refuse writers."""
        if flags & WRITABLE:
            message = "read-only"
            raise ValueError(message)  # [breaks: py.raise-buffererror]
        return memoryview(b"abcdef")


class Forgets:
    """Keeps the owner of each view in a list, and never takes it out."""

    lent: ClassVar[list[object]] = []

    def __buffer__(self, flags: int, /) -> memoryview:
        """Lend the items, and keep the owner."""
        self.lent.append(self)  # [breaks: obj.refcount-balanced]
        return memoryview(b"abcdef")


class CountsTooEarly:
    """Counts a view before it is sure that there will be one: what is refused locks the object for ever."""

    def __init__(self) -> None:
        """Make the items."""
        self._items, self._exports = bytearray(b"abcdef"), 0

    def __buffer__(self, flags: int, /) -> memoryview:
        """Count, then refuse."""
        self._exports += 1  # [breaks: refusal.no-export-counted]
        if flags & WRITABLE:
            message = "read-only"
            raise BufferError(message)
        return memoryview(self._items).toreadonly()

    def __release_buffer__(self, view: memoryview, /) -> None:
        """Count one view less."""
        self._exports -= 1

    def append(self, item: int) -> None:
        """Add an item, unless a view is held."""
        if self._exports:
            message = "a view is held"
            raise BufferError(message)
        self._items.append(item)


class ReturnsBytes:
    """Returns what has a buffer, but is no memoryview."""

    def __buffer__(self, flags: int, /) -> bytes:
        """Lend the items. [breaks: py.buffer-signature]."""
        return b"abcdef"
