"""Exporters in Python as people write them: errors, books that are kept, unusual hosts.

Knows what is unusual about each class. Must never do anything wrong: whoever accuses one of these is wrong.

``build.py`` copies it beside the C module; ``cases/clean/habits.json`` names its classes. Standard library
only. Without arguments each makes a fresh object. Classes with ``__buffer__`` export on CPython 3.12 and
newer.
"""

import array
import collections
import contextlib
import contextvars
import functools
import logging
import struct
import threading
import time
import types
import warnings
from collections.abc import Iterator

WRITABLE = 0x1
FORMAT = 0x4
ND = 0x8

# --- errors ---------------------------------------------------------------------------------------------


class BlockError(BufferError):
    """A refusal that names the block."""

    def __init__(self, block: object, message: str) -> None:
        """Keep the block for whoever catches this."""
        super().__init__(message)
        self.block = block


class Blaming:
    """Refuses with an error of its own class that refers to the exporter."""

    def __init__(self) -> None:
        """Hold memory that is not to be written."""
        self._memory = bytearray(b"do not write")

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory for reading."""
        if flags & WRITABLE:
            raise BlockError(self, f"{type(self).__name__} is read-only, but the request is {flags:#x}")
        return memoryview(self._memory).toreadonly()


class SameError:
    """Made its error once, and raises that one each time."""

    def __init__(self) -> None:
        """Make memory and error."""
        self._memory = b"read-only"
        self._error = BufferError("read-only")

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory for reading."""
        if flags & WRITABLE:
            raise self._error.with_traceback(None)
        return memoryview(self._memory)


class Rethrown:
    """Tries the writable memory it may have, and refuses with what went wrong as the cause."""

    def __init__(self) -> None:
        """Hold read-only memory."""
        self._memory = b"no writable twin"
        self._twin = {}
        self.errors = collections.deque(maxlen=4)

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory; keep the last errors for who asks."""
        try:
            memory = self._twin["writable"] if flags & WRITABLE else self._memory
        except KeyError as error:
            refusal = BufferError("there is no writable twin")
            self.errors.append(refusal)
            raise refusal from error
        return memoryview(memory)


# --- books that are kept --------------------------------------------------------------------------------

_log = logging.getLogger("bufcheck_habits")
_log.addHandler(logging.NullHandler())
_log.setLevel(logging.DEBUG)
_log.propagate = False


class Logged:
    """Writes to a log what is asked, what is refused, and what is given back."""

    def __init__(self) -> None:
        """Hold memory for reading."""
        self._memory = b"logged"

    def _view(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            message = "read-only"
            raise BufferError(message)
        return memoryview(self._memory)

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, and say so."""
        _log.debug("%r is asked for %#x", self, flags)
        try:
            return self._view(flags)
        except BufferError:
            _log.exception("%r refuses %#x", self, flags)
            raise

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back, and say so."""
        _log.debug("%r takes back %d bytes", self, view.nbytes)
        view.release()


class Deprecated:
    """Warns each time that there is a better way."""

    def __init__(self) -> None:
        """Hold memory."""
        self._memory = bytearray(b"deprecated")

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, with a warning."""
        warnings.warn("use .tobytes()", DeprecationWarning, stacklevel=2)
        return memoryview(self._memory)


class Counted:
    """Counts what it is asked, by request, and how many views there were at most."""

    def __init__(self) -> None:
        """Hold memory and empty books."""
        self._memory = bytearray(b"counted")
        self._lock = threading.Lock()
        self.by_request = collections.Counter()
        self.now = self.most = 0

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, and count that."""
        with self._lock:
            self.by_request[flags] += 1
            self.now += 1
            self.most = max(self.most, self.now)
        return memoryview(self._memory)

    def __release_buffer__(self, view: memoryview) -> None:
        """Count one view less."""
        with self._lock:
            self.now -= 1


class Remembering:
    """Remembers its last 256 requests and when they came."""

    def __init__(self) -> None:
        """Hold memory, and remember nothing."""
        self._memory = bytearray(b"remembering")
        self.history = collections.deque(maxlen=256)

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, and remember that."""
        self.history.append((time.monotonic_ns(), flags))
        return memoryview(self._memory)


# --- unusual hosts --------------------------------------------------------------------------------------


class Palette(type):
    """A class of classes: the class itself is what exports."""

    def __buffer__(cls, flags: int) -> memoryview:
        """View the colours of the class."""
        return memoryview(cls.colours).cast("B", (2, 3))


def palette() -> type:
    """Make a class that exports."""
    return Palette("Warm", (), {"colours": bytearray(b"\xff\x80\x00\xff\x20\x00")})


class Table(types.ModuleType):
    """A module that exports, as lazy modules replace themselves by an object."""

    def __init__(self) -> None:
        """Make a module with data."""
        super().__init__("table", "A table.")
        self.DATA = array.array("I", [1, 10, 100])

    def __getattr__(self, name: str) -> object:
        """Make what is missing."""
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def __buffer__(self, flags: int) -> memoryview:
        """View the data."""
        return memoryview(self.DATA)


class Remote:
    """Stands for an object elsewhere: every name is a method that can be called with anything."""

    def __init__(self) -> None:
        """Hold what was fetched."""
        self._fetched = bytearray(b"remote")

    def __getattr__(self, name: str) -> object:
        """Give a stub for any method."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_arguments: object, **_named: object) -> None:
        """Do nothing."""

    def __buffer__(self, flags: int) -> memoryview:
        """View what was fetched."""
        return memoryview(self._fetched)


class Vector:
    """Compares item by item, so that it has neither a truth nor a hash; and nobody may print it."""

    def __init__(self) -> None:
        """Hold four numbers."""
        self._numbers = memoryview(bytearray(struct.pack("4e", 0, 0.5, 1, -2))).cast("e", (2, 2))

    def __eq__(self, other: object) -> "Vector":
        """Compare item by item."""
        return self

    __hash__ = None

    def __bool__(self) -> bool:
        """Refuse: which item is meant."""
        message = "a vector has no truth"
        raise ValueError(message)

    def __len__(self) -> int:
        """Count the rows."""
        return 2

    def __repr__(self) -> str:
        """Refuse."""
        message = "too long to be printed"
        raise RuntimeError(message)

    def __buffer__(self, flags: int) -> memoryview:
        """View the numbers."""
        return memoryview(self._numbers)


def in_turn(method: object) -> object:
    """Let one thread at a time into a method of an object with `_lock`."""

    @functools.wraps(method)
    def wrapper(self: object, *arguments: object, **named: object) -> object:
        with self._lock:
            return method(self, *arguments, **named)

    return wrapper


class Synchronized:
    """All its methods run one at a time, and one of them may call the others."""

    def __init__(self) -> None:
        """Hold memory and a lock."""
        self._lock = threading.RLock()
        self._memory = bytearray(b"in turn")

    @in_turn
    def fill(self, byte: int) -> None:
        """Overwrite all bytes."""
        self._memory[:] = bytes([byte]) * len(self._memory)

    @in_turn
    def __buffer__(self, flags: int, /) -> memoryview:
        """View the memory."""
        return memoryview(self._memory)

    @in_turn
    def __release_buffer__(self, view: memoryview, /) -> None:
        """Take the view back."""
        view.release()


class Mixin:
    """Adds a count of views to whatever class stands behind it."""

    views = 0

    def __buffer__(self, flags: int) -> memoryview:
        """Count, and let the next class answer."""
        view = super().__buffer__(flags)
        self.views += 1
        return view

    def __release_buffer__(self, view: memoryview) -> None:
        """Let the next class take the view back, and count."""
        super().__release_buffer__(view)
        self.views -= 1


class CountedArray(Mixin, array.array):
    """An array with the count of the mixin."""


_reader = contextvars.ContextVar("reader", default=0)


class Contextual:
    """Passes the request to its helpers by a context variable."""

    def __init__(self) -> None:
        """Hold memory for reading."""
        self._memory = bytearray(b"contextual")

    def _view(self) -> memoryview:
        if _reader.get() & WRITABLE:
            message = "read-only"
            raise BufferError(message)
        return memoryview(self._memory).toreadonly()

    @contextlib.contextmanager
    def _asked(self, flags: int) -> Iterator[None]:
        token = _reader.set(flags)
        try:
            yield
        finally:
            _reader.reset(token)

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory."""
        with self._asked(flags):
            return self._view()


class Freezing:
    """Can be written until it is frozen; views from before stay what they are."""

    def __init__(self) -> None:
        """Hold memory that is not frozen."""
        self._memory = bytearray(b"freezing")
        self._is_frozen = False

    def freeze(self) -> None:
        """Give no more writable views."""
        self._is_frozen = True

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, for writing if it is not frozen."""
        if not self._is_frozen:
            return memoryview(self._memory)
        if flags & WRITABLE:
            message = "the memory is frozen"
            raise BufferError(message)
        return memoryview(self._memory).toreadonly()


class ClosedLater:
    """Can be closed at any time: there are no new views then, and those that are out stay valid."""

    def __init__(self) -> None:
        """Open."""
        self._memory = b"closed later"

    def close(self) -> None:
        """Let go of the memory; the views keep it."""
        self._memory = None

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory."""
        memory = self._memory
        if memory is None:
            message = "it is closed"
            raise BufferError(message)
        return memoryview(memory)

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back."""
        view.release()
