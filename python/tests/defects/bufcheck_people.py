"""Exporters as people write them in Python: lawful, each unusual in its own way.

Knows habits: helpers made late, errors kept, closures, pools, caches, locks. Must never do anything wrong:
whoever accuses one of these is wrong. Classes with ``__buffer__`` export from Python 3.12 on.
"""

from __future__ import annotations

import array
import collections
import contextlib
import contextvars
import ctypes
import dataclasses
import enum
import functools
import io
import itertools
import logging
import mmap
import pickle
import struct
import threading
import time
import types
import warnings
import weakref
from multiprocessing import shared_memory

WRITABLE = 0x1
STRIDES = 0x18
CONTIGUITY = 0xE0
TEXT = b"abcdefgh"


class Helper:
    """What an exporter hands its work to; it knows its owner."""

    def __init__(self, owner: object, data: bytearray) -> None:
        self.owner = owner
        self.data = data

    def view(self) -> memoryview:
        """Show the data."""
        return memoryview(self.data)


class CachedProperty:
    """The helper is made at the first request and knows its owner: a cycle from then on."""

    @functools.cached_property
    def helper(self) -> Helper:
        """Make the helper once."""
        return Helper(self, bytearray(TEXT))

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("read-only")
        return self.helper.view().toreadonly()


class CachedPropertyWritable(CachedProperty):
    """The same for memory that may be written."""

    def __buffer__(self, flags: int) -> memoryview:
        return self.helper.view()


class IfNone:
    """`if self._helper is None`, as everybody writes it."""

    _helper = None

    def __buffer__(self, flags: int) -> memoryview:
        if self._helper is None:
            self._helper = Helper(self, bytearray(TEXT))
        return self._helper.view()


class BoundMethod:
    """Registers its own method at the first request."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.hook = None

    def clean(self) -> None:
        """Do what a hook does."""

    def __buffer__(self, flags: int) -> memoryview:
        if self.hook is None:
            self.hook = self.clean
        return memoryview(self.data)


class Partial:
    """Keeps a partial of its own method."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.again = None

    def show(self, start: int) -> memoryview:
        """Show what comes from there on."""
        return memoryview(self.data)[start:]

    def __buffer__(self, flags: int) -> memoryview:
        if self.again is None:
            self.again = functools.partial(self.show, 2)
        return self.again()


class Generator:
    """Keeps a generator that closes over it."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.turns = None

    def __buffer__(self, flags: int) -> memoryview:
        if self.turns is None:
            self.turns = (memoryview(self.data) for _ in itertools.repeat(None))
        return next(self.turns)


class LastError:
    """Keeps its last error for who asks; the traceback of it knows the object."""

    def __init__(self) -> None:
        self.last = None

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            self.last = BufferError("read-only")
            raise self.last
        return memoryview(TEXT)


class NamedError:
    """`error = ...; raise error`: a cycle of frame and traceback until the collector runs."""

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            error = BufferError("read-only")
            raise error
        return memoryview(TEXT)


class ErrorFromCause:
    """One error is turned into another, and the first is kept in a name."""

    def __buffer__(self, flags: int) -> memoryview:
        try:
            if flags & WRITABLE:
                raise ValueError("read-only")
        except ValueError as error:
            cause = error
            raise BufferError("cannot be written") from cause
        return memoryview(TEXT)


class ErrorInContext:
    """The error is raised while another is handled."""

    def __buffer__(self, flags: int) -> memoryview:
        try:
            return memoryview({0: TEXT}[flags & WRITABLE])
        except KeyError:
            raise BufferError("read-only")  # noqa: B904 - the context is what it is about


class SubclassedError(BufferError):
    """An error of one's own that is a BufferError."""


class OwnError:
    """Refuses with a subclass of BufferError."""

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise SubclassedError("this picture", flags)
        return memoryview(TEXT)


class RecursiveClosure:
    """A closure that knows itself keeps the object until the collector runs."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        def half(number: int) -> bytearray:
            return self.data if number < 2 else half(number // 2)

        return memoryview(half(8))


class ClosureThatRefuses:
    """The same on the way to a refusal."""

    def __buffer__(self, flags: int) -> memoryview:
        def walk(depth: int) -> bytes:
            if flags & WRITABLE:
                raise BufferError("read-only")
            return TEXT if depth == 0 else walk(depth - 1)

        return memoryview(walk(3))


class Managed:
    """A context manager around every request."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.depth = 0

    @contextlib.contextmanager
    def opened(self) -> types.GeneratorType:
        """Open, and close again."""
        self.depth += 1
        try:
            yield memoryview(self.data)
        finally:
            self.depth -= 1

    def __buffer__(self, flags: int) -> memoryview:
        with self.opened() as view:
            return view


class Session:
    """Works within `with` and after it alike: leaving it only flushes."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.flushed = 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.flushed += 1

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class ClosedWhenFree:
    """`close` waits for nobody: it refuses while views are out."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.views = 0

    def __buffer__(self, flags: int) -> memoryview:
        if self.data is None:
            raise BufferError("closed")
        view = memoryview(self.data)
        if flags & 0xC == 4 or (flags & 0x1F0 and flags & STRIDES != STRIDES):
            raise BufferError("the request makes no sense")
        self.views += 1
        return view

    def __release_buffer__(self, view: memoryview) -> None:
        self.views -= 1
        view.release()

    def close(self) -> None:
        """Give the memory up."""
        if self.views:
            raise BufferError("views are held")
        self.data = None


class ClosedAlways:
    """`close` gives up the name; views keep the memory."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        if self.data is None:
            raise BufferError("closed")
        return memoryview(self.data)

    def close(self) -> None:
        """Give the name up."""
        self.data = None


class Registered:
    """Every object is known to a registry that does not keep it."""

    known: weakref.WeakValueDictionary[int, Registered] = weakref.WeakValueDictionary()

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        self.known[id(self)] = self
        return memoryview(self.data)


class Finalized:
    """Cleans up by a finaliser that is made with the first view."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.finalizer = None

    def __buffer__(self, flags: int) -> memoryview:
        if self.finalizer is None:
            self.finalizer = weakref.finalize(self, len, TEXT)
            self.finalizer.atexit = False
        return memoryview(self.data)


class WeakViews:
    """Counts its views by weak references to them."""

    def __init__(self) -> None:
        self.data = TEXT
        self.views: weakref.WeakSet[memoryview] = weakref.WeakSet()

    def __buffer__(self, flags: int) -> memoryview:
        view = memoryview(self.data)
        self.views.add(view)
        return view


class ViewOfViews:
    """A view of a slice of a cast of a view."""

    def __init__(self) -> None:
        self.data = memoryview(bytearray(range(32)))

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data[8:24].cast("h"))[1:7]


class ReadOnlyFacade:
    """Shows memory that its owner writes, but does not let others."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def put(self, byte: int) -> None:
        """Change the first byte in place."""
        self.data[0] = byte

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data).toreadonly()


class Backwards:
    """Shows its bytes from the last to the first."""

    def __init__(self) -> None:
        self.data = bytearray(range(1, 9))

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)[::-1]


class Pool:
    """Memory comes from a pool of blocks and goes back there with the last view."""

    free: collections.deque[bytearray] = collections.deque(bytearray(TEXT) for _ in range(4))

    def __init__(self) -> None:
        self.block = None
        self.views = 0

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE or flags & 0xC == 4:
            raise BufferError("read-only, and plain requests only")
        if self.block is None:
            self.block = self.free.pop() if self.free else bytearray(TEXT)
        self.views += 1
        return memoryview(self.block).toreadonly()

    def __release_buffer__(self, view: memoryview) -> None:
        self.views -= 1
        view.release()
        if self.views == 0:
            self.free.append(self.block)
            self.block = None


class FreshCopy:
    """Every view has memory of its own, freed with it, so that the next may lie there again."""

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(bytes(bytearray(TEXT)))


class FreshLarger:
    """As FreshCopy, with a larger block where more is asked."""

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("read-only")
        room = 200 if flags & 4 else 0
        return memoryview(bytearray(TEXT + bytes(room)))[:8].toreadonly()


class CopyForTheFlat:
    """Backwards for those who take strides, a faithful copy for the others."""

    def __buffer__(self, flags: int) -> memoryview:
        if flags & STRIDES == STRIDES and not flags & CONTIGUITY:
            return memoryview(bytes(bytearray(reversed(TEXT))))[::-1]
        return memoryview(bytes(bytearray(TEXT)))


class CopyForTheFlatReadOnly:
    """The same, and read-only."""

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("read-only")
        if flags & STRIDES == STRIDES and not flags & CONTIGUITY:
            return memoryview(bytearray(reversed(TEXT))).toreadonly()[::-1]
        return memoryview(bytearray(TEXT)).toreadonly()


class KeptCopy:
    """The contiguous copy is made once and kept."""

    def __init__(self) -> None:
        self.data = bytes(range(16))
        self.flat = None

    def __buffer__(self, flags: int) -> memoryview:
        if flags & STRIDES == STRIDES and not flags & CONTIGUITY:
            return memoryview(self.data)[::2]
        if self.flat is None:
            self.flat = self.data[::2]
        return memoryview(self.flat)


class DoubleBuffer:
    """Two memories by turns, each constant: a front and a back buffer."""

    def __init__(self) -> None:
        self.memories = itertools.cycle([b"abcdefgh", b"ABCDEFGH"])

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("read-only")
        return memoryview(next(self.memories))


class Clock:
    """Every view is a snapshot of a clock."""

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("read-only")
        return memoryview(time.perf_counter_ns().to_bytes(8, "little"))


class Counter:
    """Every view is a snapshot of how often the object was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __buffer__(self, flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("read-only")
        self.asked += 1
        return memoryview(struct.pack("<q", self.asked))


class Mapped:
    """A map of anonymous memory."""

    def __init__(self) -> None:
        self.map = mmap.mmap(-1, mmap.PAGESIZE)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.map)[:64]


class MappedReadOnly:
    """A map that is read only, three pages of it."""

    def __init__(self) -> None:
        self.map = mmap.mmap(-1, 3 * mmap.PAGESIZE, prot=mmap.PROT_READ)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.map)


class Shared:
    """Shared memory, unlinked as soon as it is open: only this process has it."""

    def __init__(self) -> None:
        self.memory = shared_memory.SharedMemory(create=True, size=64)
        self.memory.unlink()

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.memory.buf)

    def __del__(self) -> None:
        with contextlib.suppress(BufferError):
            self.memory.close()


class Ring:
    """The readable part of a ring: from the head on."""

    def __init__(self) -> None:
        self.data = bytearray(16)
        self.head = 4
        self.data[4:12] = TEXT

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)[self.head : self.head + 8]


class OneAtATime:
    """One view at a time; what the interpreter itself refuses is refused first."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.out = False

    def __buffer__(self, flags: int) -> memoryview:
        if self.out or flags & 0xC == 4 or (flags & 0x1F0 and flags & STRIDES != STRIDES):
            raise BufferError("exported already, or the request makes no sense")
        self.out = True
        return memoryview(self.data)

    def __release_buffer__(self, view: memoryview) -> None:
        self.out = False


class OneAtATimeNaive:
    """One view at a time, naively: what the interpreter refuses after it stays counted."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.out = False

    def __buffer__(self, flags: int) -> memoryview:
        if self.out:
            raise BufferError("exported already")
        self.out = True
        return memoryview(self.data)

    def __release_buffer__(self, view: memoryview) -> None:
        self.out = False


class Growing:
    """Counts its views and refuses to grow under them; the block that it shows is always its own."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)

    def grow(self) -> None:
        """Append; bytearray itself refuses while it is exported."""
        self.data.append(0)


class GrowingByCopy:
    """Grows by taking another block: old views keep the old one."""

    def __init__(self) -> None:
        self.data = bytes(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)

    def grow(self) -> None:
        """Take another block."""
        self.data = self.data + b"!"


class Logging:
    """Writes a line into the log for each request; nobody listens."""

    log = logging.getLogger("bufcheck_people")
    log.addHandler(logging.NullHandler())
    log.propagate = False

    def __buffer__(self, flags: int) -> memoryview:
        self.log.warning("asked %#x", flags)
        return memoryview(TEXT)


class Warning_:  # noqa: N801 - Warning is taken
    """Warns that it is deprecated, as the warnings module does, once a place."""

    def __buffer__(self, flags: int) -> memoryview:
        warnings.warn("use the other class", DeprecationWarning, stacklevel=2)
        return memoryview(TEXT)


@dataclasses.dataclass
class Data:
    """A dataclass: comparing it compares its fields."""

    data: bytearray = dataclasses.field(default_factory=lambda: bytearray(TEXT))
    name: str = "data"

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class Slotted:
    """No dict and no weak references."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class Colour(enum.Enum):
    """Members that export their bytes; each is made once and lives for ever."""

    RED = b"\xff\0\0"
    BLUE = b"\0\0\xff"

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.value)


class Pair(collections.namedtuple("Pair", "left right")):
    """A tuple that exports one of its items."""

    __slots__ = ()

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.right)


class OwnBytes(bytes):
    """A subclass with a dict."""


class OwnByteArray(bytearray):
    """A subclass that remembers what was appended."""

    def append(self, item: int) -> None:
        """Append as the base does."""
        super().append(item)


class OwnArray(array.array):
    """A subclass of array."""


class Context:
    """Looks at a context variable on each request."""

    limit: contextvars.ContextVar[int] = contextvars.ContextVar("limit", default=8)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(TEXT)[: self.limit.get()]


class LateImport:
    """Imports what it needs at the first request."""

    def __buffer__(self, flags: int) -> memoryview:
        import base64  # noqa: PLC0415 - that it is late is what it is about

        return memoryview(base64.b64encode(TEXT))


class CachedViews:
    """Keeps one memoryview for each kind of request."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.views: dict[int, memoryview] = {}

    def __buffer__(self, flags: int) -> memoryview:
        return self.views.setdefault(flags & WRITABLE, memoryview(self.data))


class Statistics:
    """Counts every kind of request in a dict that grows at first."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.seen: collections.Counter[int] = collections.Counter()

    def __buffer__(self, flags: int) -> memoryview:
        self.seen[flags] += 1
        return memoryview(self.data)


class History:
    """Remembers the last sixteen requests."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.asked: collections.deque[tuple[int, str]] = collections.deque(maxlen=16)

    def __buffer__(self, flags: int) -> memoryview:
        self.asked.append((flags, threading.current_thread().name))
        return memoryview(self.data)


class Node:
    """A tree whose children know their parent."""

    def __init__(self) -> None:
        self.parent = self
        self.data = bytearray(TEXT)
        self.children = [Child(self, at) for at in range(2)]

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.children[1])


class Child:
    """A part of a node."""

    def __init__(self, parent: Node, at: int) -> None:
        self.parent = parent
        self.at = at

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.parent.data)[4 * self.at : 4 * self.at + 4]


class OverArray:
    """Shows an array of doubles."""

    def __init__(self) -> None:
        self.data = array.array("d", [1.0, 2.0, 3.0])

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)

    def append(self, item: float) -> None:
        """Append; array refuses while it is exported."""
        self.data.append(item)


class OverCtypes:
    """Shows a C array as two rows of ints, by a cast that gives all that is asked."""

    def __init__(self) -> None:
        self.data = (ctypes.c_int * 6)(*range(6))

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data).cast("B").cast("i", (2, 3))


class OverBytesIO:
    """Shows what was written into a file in memory."""

    def __init__(self) -> None:
        self.file = io.BytesIO(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.file.getbuffer())

    def write(self, text: bytes) -> None:
        """Write; the file refuses to grow while it is exported."""
        self.file.seek(0, io.SEEK_END)
        self.file.write(text)


class OverPickleBuffer:
    """Shows a PickleBuffer of a bytearray."""

    def __init__(self) -> None:
        self.data = pickle.PickleBuffer(bytearray(TEXT))

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class OverNumpy:
    """Shows every second column of a NumPy array."""

    def __init__(self) -> None:
        import numpy as np  # noqa: PLC0415 - not everybody has it

        self.data = np.arange(24, dtype="<i2").reshape(4, 6)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data[:, ::2])


class Locked:
    """Takes a lock around each request and release."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.lock = threading.RLock()
        self.views = 0

    def __buffer__(self, flags: int) -> memoryview:
        with self.lock:
            self.views += 1
            return memoryview(self.data)

    def __release_buffer__(self, view: memoryview) -> None:
        with self.lock:
            self.views -= 1
            view.release()


class SlowAbroad:
    """Takes its time in other threads than the main one."""

    def __buffer__(self, flags: int) -> memoryview:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.01)
        return memoryview(TEXT)


class ThreadLocal:
    """Remembers for each thread how often it asked."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)
        self.local = threading.local()

    def __buffer__(self, flags: int) -> memoryview:
        self.local.asked = getattr(self.local, "asked", 0) + 1
        return memoryview(self.data)


class Descriptor:
    """`__buffer__` comes from a descriptor that binds anew on each request."""

    class Bound:
        """Gives a fresh function on each access."""

        def __get__(self, instance: Descriptor | None, owner: type) -> object:
            return lambda flags: memoryview(instance.data)

    __buffer__ = Bound()

    def __init__(self) -> None:
        self.data = bytearray(TEXT)


class Generated:
    """Its methods are written by a decorator, as generators of bindings do."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)


def exported(attribute: str) -> object:
    """Write the method that shows an attribute."""

    def show(self: object, flags: int) -> memoryview:
        return memoryview(getattr(self, attribute))

    show.__name__ = show.__qualname__ = "__buffer__"
    return show


Generated.__buffer__ = exported("data")


class Base:
    """Leaves the memory to its subclass."""

    def memory(self) -> bytearray:
        """Give the memory."""
        raise NotImplementedError

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.memory())


class Derived(Base):
    """Makes the memory when it is first needed."""

    def __init__(self) -> None:
        self._memory = None

    def memory(self) -> bytearray:
        """Give the memory, and make it first where there is none."""
        if self._memory is None:
            self._memory = bytearray(TEXT)
        return self._memory


class Empty:
    """Nothing to show."""

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(b"")


class EmptyAfterClear:
    """Starts full; `clear` is refused while views are held."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def clear(self) -> None:
        """Empty it."""
        self.data.clear()

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class Scalar:
    """One number, with no axis at all."""

    def __init__(self) -> None:
        self.data = array.array("d", [2.5])

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data).cast("B").cast("d", ())


class Unhashable:
    """Compares by value, and so has no hash."""

    __hash__ = None

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __eq__(self, other: object) -> bool:
        return bytes(self) == other

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class Container:
    """Has a length and items besides, which are not its bytes."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __len__(self) -> int:
        return 2

    def __getitem__(self, at: int) -> str:
        return "ab"[at]

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)


class Polite:
    """Looks at the flags through the enumeration that the standard library has for them."""

    def __init__(self) -> None:
        self.data = bytearray(TEXT)

    def __buffer__(self, flags: int) -> memoryview:
        import inspect  # noqa: PLC0415 - only some versions have what is needed

        if inspect.BufferFlags.FORMAT & flags and not inspect.BufferFlags.ND & flags:
            raise BufferError("a format needs a shape")
        return memoryview(self.data)


class Live:
    """Memory that a thread of its own keeps changing: a camera."""

    def __init__(self) -> None:
        self.data = bytearray(8)
        self.stop = threading.Event()
        thread = threading.Thread(target=self.run, args=(self.data, self.stop), daemon=True)
        thread.start()

    @staticmethod
    def run(data: bytearray, stop: threading.Event) -> None:
        """Change the memory until the object goes."""
        number = 0
        while not stop.wait(0.0001):
            number += 1
            data[0] = number & 255
            data[7] = number >> 3 & 255

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.data)

    def __del__(self) -> None:
        self.stop.set()
