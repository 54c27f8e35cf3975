"""Exporters in Python as people write them: memory that is found anew, or that others write.

Knows what is unusual about each class. Must never do anything wrong: whoever accuses one of these is wrong.

``build.py`` copies it beside the C module; ``cases/clean/habits.json`` names its classes. Standard library
only. Without arguments each makes a fresh object. Classes with ``__buffer__`` export on CPython 3.12 and
newer.
"""

import array
import collections
import contextlib
import ctypes
import functools
import itertools
import mmap
import struct
import tempfile
import threading
import time
import weakref
from typing import ClassVar, Self

WRITABLE = 0x1
FORMAT = 0x4
ND = 0x8

# --- memory that is found anew --------------------------------------------------------------------------


class Pooled:
    """Copies its content for each view into a block of a pool; what is given back is used again."""

    pool: ClassVar = collections.deque(maxlen=8)

    def __init__(self) -> None:
        """Hold the content that is copied."""
        self._content = b"snapshot"

    def __buffer__(self, flags: int) -> memoryview:
        """View a copy."""
        try:
            block = self.pool.pop()
        except IndexError:
            block = bytearray(len(self._content))
        block[:] = self._content
        return memoryview(block).toreadonly()

    def __release_buffer__(self, view: memoryview) -> None:
        """Give the block back to the pool, wiped."""
        block = view.obj
        view.release()
        block[:] = bytes(len(block))
        self.pool.append(block)


class CachedViews:
    """Keeps the last eight views by request, and hands them out again."""

    def __init__(self) -> None:
        """Hold memory that nobody viewed."""
        self._memory = bytearray(range(6))
        self._views = collections.OrderedDict()

    def __buffer__(self, flags: int) -> memoryview:
        """Return the view that such a request got before."""
        view = self._views.pop(flags, None)
        if view is None:
            view = memoryview(self._memory)
        self._views[flags] = view
        while len(self._views) > 8:
            with contextlib.suppress(KeyError):
                self._views.popitem(last=False)
        return view


class RoundRobin:
    """Two blocks by turns: a view of the one can be read while the other is filled. Both hold the same."""

    def __init__(self) -> None:
        """Fill both blocks."""
        self._blocks = itertools.cycle([b"in turns", bytes(bytearray(b"in turns"))])

    def __buffer__(self, flags: int) -> memoryview:
        """View the block whose turn it is."""
        return memoryview(next(self._blocks))

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back."""
        view.release()


class Ring:
    """The last eight samples, overwritten in their place."""

    def __init__(self) -> None:
        """Hold eight samples."""
        self._samples = array.array("f", range(8))
        self._next = 0

    def push(self, sample: float) -> None:
        """Overwrite the oldest sample."""
        self._samples[self._next] = sample
        self._next = (self._next + 1) % len(self._samples)

    def __buffer__(self, flags: int) -> memoryview:
        """View the samples as they lie."""
        return memoryview(self._samples)


class OrderedRing(Ring):
    """The last eight samples from the oldest on: as they lie if they lie so, else as a copy."""

    def __buffer__(self, flags: int) -> memoryview:
        """View the samples in the order of time."""
        if self._next == 0:
            return memoryview(self._samples).toreadonly()
        return memoryview(self._samples[self._next :] + self._samples[: self._next]).toreadonly()

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back."""
        view.release()


class Document:
    """Each edit makes a new text; views stay with the one they were made of."""

    def __init__(self) -> None:
        """Hold the first text."""
        self._text = b"first text"

    def append(self, more: bytes) -> None:
        """Replace the text by a longer one."""
        self._text += more

    def clear(self) -> None:
        """Replace the text by a short one."""
        self._text = b"-"

    def __buffer__(self, flags: int) -> memoryview:
        """View the present text."""
        return memoryview(self._text)

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back."""
        view.release()


class Header:
    """A packed header whose fields are written in their place."""

    layout = struct.Struct("<2sHI")

    def __init__(self) -> None:
        """Write the fields for the first time."""
        self._memory = bytearray(self.layout.size)
        self.update(0x0102, 8)

    def update(self, version: int, length: int) -> None:
        """Write the fields."""
        self.layout.pack_into(self._memory, 0, b"HD", version, length)

    def __getstate__(self) -> bytes:
        """Pickle the bytes alone."""
        return bytes(self._memory)

    def __setstate__(self, state: bytes) -> None:
        """Restore the bytes, in their place if there is one."""
        if not hasattr(self, "_memory"):
            self._memory = bytearray(len(state))
        self._memory[:] = state

    def __buffer__(self, flags: int) -> memoryview:
        """View the header."""
        return memoryview(self._memory)


class Guarded:
    """An array that may grow, and lets the array itself say no while it is viewed."""

    def __init__(self) -> None:
        """Hold three numbers."""
        self._numbers = array.array("q", [7, 8, 9])

    def append(self, number: int) -> None:
        """Add a number."""
        self._numbers.append(number)

    def clear(self) -> None:
        """Remove all numbers but the first."""
        del self._numbers[1:]

    def __buffer__(self, flags: int) -> memoryview:
        """View the numbers."""
        return memoryview(self._numbers)

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back, so that the array may grow at once."""
        view.release()


class Window:
    """A part of somebody else's memory. Leaving it gives up its own view; those asked of it remain."""

    def __init__(self) -> None:
        """View the middle of a block."""
        self._view = memoryview(bytearray(range(16)))[4:12].cast("H")

    def __enter__(self) -> Self:
        """Stay open for a while."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Give the memory back."""
        self._view.release()

    def __buffer__(self, flags: int) -> memoryview:
        """View what the window shows."""
        try:
            return memoryview(self._view)
        except ValueError as error:
            message = "the window is closed"
            raise BufferError(message) from error

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back."""
        view.release()


class MappedFile:
    """A file of its own that is mapped; a finalizer closes the file, and `close` the mapping."""

    def __init__(self) -> None:
        """Write the file and map it."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the finalizer closes it
        self._end = weakref.finalize(self, file.close)
        file.write(b"mapped file")
        file.flush()
        self._map = mmap.mmap(file.fileno(), 0)

    def close(self) -> None:
        """Close the mapping, which refuses that while it is exported."""
        self._map.close()

    def __buffer__(self, flags: int) -> memoryview:
        """View the mapping."""
        try:
            return memoryview(self._map)
        except ValueError as error:
            message = "the file is closed"
            raise BufferError(message) from error

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back, so that the file can be closed at once."""
        view.release()


class Raised:
    """Comes back from the dead, once: the next object that is made is the one that was left last."""

    left: ClassVar = collections.deque(maxlen=4)

    def __new__(cls) -> Self:
        """Take one that was left, if there is one."""
        try:
            return cls.left.pop()
        except IndexError:
            return super().__new__(cls)

    def __init__(self) -> None:
        """Fill the memory, which may be there already."""
        if not hasattr(self, "_memory"):
            self._memory = bytearray(8)
        self._memory[:] = b"left one"

    def __del__(self) -> None:
        """Wait for the next user."""
        self.left.append(self)

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory."""
        return memoryview(self._memory)


# --- memory that others write ---------------------------------------------------------------------------


class Device:
    """Counts on and on in memory and in a file, as long as it has users."""

    def __init__(self) -> None:
        """Make memory and file; nothing runs yet."""
        self.counters = (ctypes.c_uint64 * 4)()
        self.file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as the device
        self.file.write(bytes(self.counters))
        self._users = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread = None

    def serve(self, user: object) -> None:
        """Run at least as long as the user lives."""
        with self._lock:
            self._users.add(user)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._users:
                    self._thread = None
                    return
            self.counters[0] += 1
            self.counters[3] -= 3
            self.file.seek(0)
            self.file.write(bytes(self.counters))
            time.sleep(0.0005)


@functools.cache
def _device() -> Device:
    return Device()


class LiveMemory:
    """The counters of a device, which go on while they are viewed."""

    def __init__(self) -> None:
        """Start the device, if it does not run."""
        _device().serve(self)

    def __buffer__(self, flags: int) -> memoryview:
        """View the counters for reading."""
        return memoryview(_device().counters).cast("B").cast("Q").toreadonly()


class LiveFile:
    """The file of a device, mapped while the device writes it."""

    def __init__(self) -> None:
        """Start the device, if it does not run."""
        _device().serve(self)
        self._map = mmap.mmap(_device().file.fileno(), 0, access=mmap.ACCESS_READ)

    def __buffer__(self, flags: int) -> memoryview:
        """View the file for reading."""
        return memoryview(self._map)
