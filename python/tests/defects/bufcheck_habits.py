"""Exporters in Python as people write them: caches, pools, registries, logs, locks, unusual hosts.

Knows what is unusual about each class. Must never do anything wrong: whoever accuses one of these is wrong.

``build.py`` copies it beside the C module; ``cases/clean/people.json`` names its classes. Standard library
only. Without arguments each makes a fresh object. Classes with ``__buffer__`` export on CPython 3.12 and
newer.

One thing to know: where a view does not meet the request (FORMAT without a shape, WRITABLE of read-only
memory), the interpreter drops it and never calls ``__release_buffer__``. So the classes that lock keep track
of the views themselves, not of calls.
"""

import array
import asyncio
import collections
import concurrent.futures
import contextlib
import contextvars
import ctypes
import functools
import io
import itertools
import logging
import mmap
import struct
import tempfile
import threading
import time
import types
import warnings
import weakref
from collections.abc import Iterator
from typing import ClassVar, Self

WRITABLE = 0x1
FORMAT = 0x4
ND = 0x8

# --- views that are counted -----------------------------------------------------------------------------


class Tracking:
    """Keeps a list of the views that are out; for the classes below, which look at it behind the lock."""

    def __init__(self) -> None:
        """Begin without views."""
        self._lock = threading.RLock()
        self._out = weakref.WeakValueDictionary()

    def _lend(self, view: memoryview) -> memoryview:
        self._out[id(view)] = view
        return view

    @contextlib.contextmanager
    def _at_rest(self) -> Iterator[None]:
        with self._lock:
            if len(self._out):
                message = f"{len(self._out)} views are held"
                raise BufferError(message)
            yield

    def __release_buffer__(self, view: memoryview) -> None:
        """Strike the view off the list."""
        self._out.pop(id(view), None)


class Journal(Tracking):
    """A context manager that cannot be left while its memory is viewed; closing twice is no error."""

    def __init__(self) -> None:
        """Open the journal."""
        super().__init__()
        self._memory = bytearray(b"journal\n")

    def __enter__(self) -> Self:
        """Stay open for a while."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Give the memory up."""
        with self._at_rest():
            self._memory = None

    def append(self, line: bytes) -> None:
        """Write one more line, if nobody looks."""
        with self._at_rest():
            if self._memory is None:
                message = "the journal is closed"
                raise ValueError(message)
            self._memory = self._memory + line

    def __buffer__(self, flags: int) -> memoryview:
        """View what was written."""
        with self._lock:
            if self._memory is None:
                message = "the journal is closed"
                raise BufferError(message)
            return self._lend(memoryview(self._memory))


class GapBuffer(Tracking):
    """The text of an editor, with a gap at the cursor. It closes the gap when it is asked for a view."""

    def __init__(self) -> None:
        """Hold a text with the gap in the middle."""
        super().__init__()
        self._store = bytearray(b"edi____tor")
        self._gap = slice(3, 7)

    def insert(self, text: bytes) -> None:
        """Insert a text at the cursor, and leave a gap behind it."""
        with self._at_rest():
            before, after = self._store[: self._gap.start], self._store[self._gap.stop :]
            self._store = before + text + b"____" + after
            start = len(before) + len(text)
            self._gap = slice(start, start + 4)

    def __buffer__(self, flags: int) -> memoryview:
        """View the text without the gap."""
        with self._lock:
            size = len(self._store) - (self._gap.stop - self._gap.start)
            # There is nothing to move while views are out: no edit was allowed meanwhile.
            if self._gap.start != size:
                self._store[self._gap.start : size] = self._store[self._gap.stop :]
                self._gap = slice(size, len(self._store))
            return self._lend(memoryview(self._store)[:size])


class Stream(Tracking, io.RawIOBase):
    """A file in memory that can be viewed; it refuses to be closed or cut while it is."""

    def __init__(self) -> None:
        """Open a file of eight bytes."""
        super().__init__()
        self._content = bytearray(b"a stream")
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, target: bytearray) -> int:
        """Read on."""
        piece = self._content[self._at : self._at + len(target)]
        target[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def truncate(self, size: int | None = None) -> int:
        """Cut the file."""
        with self._at_rest():
            self._content = self._content[: self._at if size is None else size]
            return len(self._content)

    def close(self) -> None:
        """Close the file."""
        with self._at_rest():
            super().close()

    def __buffer__(self, flags: int) -> memoryview:
        """View the file."""
        with self._lock:
            if self.closed:
                message = "the file is closed"
                raise BufferError(message)
            return self._lend(memoryview(self._content))


class Watched:
    """Has a callback run for each view that ends; the callback is a method of its own."""

    def __init__(self) -> None:
        """Begin with memory and without views."""
        self._memory = bytearray(range(12))
        self._watches = {}
        self.ended = 0

    def _has_ended(self, watch: weakref.ref) -> None:
        del self._watches[id(watch)]
        self.ended += 1

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, and watch the view."""
        view = memoryview(self._memory).cast("B", (3, 4))
        watch = weakref.ref(view, self._has_ended)
        self._watches[id(watch)] = watch
        return view


class ManyReaders(Tracking):
    """Any number of readers, or one writer. A request counts as a writer's if it asks for WRITABLE."""

    def __init__(self) -> None:
        """Hold memory that nobody uses."""
        super().__init__()
        self._memory = bytearray(b"readers or a writer")
        self._writer = None

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, if those who view it already allow it."""
        if flags & (FORMAT | ND) == FORMAT:
            message = "a format describes items, so it takes a shape"
            raise BufferError(message)
        with self._lock:
            writing = self._writer is not None and self._writer() is not None
            if writing or (flags & WRITABLE and len(self._out)):
                message = "somebody writes" if writing else "somebody reads"
                raise BufferError(message)
            view = self._lend(memoryview(self._memory))
            if flags & WRITABLE:
                self._writer = weakref.ref(view)
            return view

    def __release_buffer__(self, view: memoryview) -> None:
        """End one reader, or the writer."""
        with self._lock:
            super().__release_buffer__(view)
            if self._writer is not None and self._writer() is view:
                self._writer = None


class Single:
    """One view at a time, by a flag; nothing is known of views that the interpreter drops by itself."""

    def __init__(self) -> None:
        """Hold memory that nobody views."""
        self._memory = bytearray(b"one view")
        self._is_out = False

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, if nobody does."""
        if self._is_out:
            message = "already exported"
            raise BufferError(message)
        self._is_out = True
        return memoryview(self._memory)

    def __release_buffer__(self, view: memoryview) -> None:
        """Let the next one come."""
        self._is_out = False


# --- what happens at the first request ------------------------------------------------------------------


class Compressed:
    """Unpacks its content when it is first asked; what it takes to do so is imported then."""

    def __init__(self) -> None:
        """Keep the packed content alone."""
        self._packed = bytes.fromhex("789c4b4c4a4e494d4bcfc8cc0200158603f8")
        self._plain = None

    def __buffer__(self, flags: int) -> memoryview:
        """View the plain content."""
        if self._plain is None:
            import zlib  # noqa: PLC0415 - few users ever look inside

            self._plain = zlib.decompress(self._packed)
        return memoryview(self._plain)


class Tile:
    """Puts itself on a list of all in use when it is first asked; the list does not keep it alive."""

    in_use: ClassVar = weakref.WeakValueDictionary()
    numbers = itertools.count()
    requests: ClassVar = weakref.WeakKeyDictionary()

    def __init__(self) -> None:
        """Hold a tile of 4 by 4."""
        self._number = None
        self._pixels = bytearray(range(16))

    def __buffer__(self, flags: int) -> memoryview:
        """View the tile, which is in use from now on."""
        if self._number is None:
            self._number = next(self.numbers)
            self.in_use[self._number] = self
        self.requests[self] = flags
        return memoryview(self._pixels).cast("B", (4, 4))


class Loaded:
    """Loads its content by a method of its own that it forgets when it is done."""

    def __init__(self) -> None:
        """Know how to load, and nothing else."""
        self._load = self._from_far
        self._content = None

    def _from_far(self) -> bytearray:
        return bytearray(b"loaded once")

    def __buffer__(self, flags: int) -> memoryview:
        """View the content, which may have to be loaded."""
        load = self._load
        if load is not None:
            self._content, self._load = load(), None
        return memoryview(self._content)


class Dispatching:
    """Makes a handler for each request it has not seen, and keeps it."""

    def __init__(self) -> None:
        """Hold memory, and no handlers."""
        self._memory = bytearray(b"dispatching")
        self._handlers = {}

    def _serve(self, flags: int) -> memoryview:
        view = memoryview(self._memory)
        return view if flags & WRITABLE else view[:]

    def __buffer__(self, flags: int) -> memoryview:
        """Let the handler of such requests answer."""
        if flags not in self._handlers:
            self._handlers[flags] = functools.partial(self._serve, flags)
        return self._handlers[flags]()


class Sheet:
    """A table that knows its cells; a cell knows its table."""

    def __init__(self) -> None:
        """Make a table of two rows without cells."""
        self.memory = bytearray(struct.pack("4d", 0.5, 1.5, 2.5, 3.5))
        self.rows = []

    def row(self, number: int) -> "Row":
        """Make a row that may never be used."""
        return Row(self, number)


class Row:
    """Hangs itself into the table when it is first asked, so that the two hold each other."""

    def __init__(self, sheet: Sheet, number: int) -> None:
        """Know the table; the table does not know the row yet."""
        self.sheet = sheet
        self.number = number

    def __buffer__(self, flags: int) -> memoryview:
        """View the row within the memory of the table."""
        if self not in self.sheet.rows:
            self.sheet.rows.append(self)
        start = 16 * self.number
        return memoryview(self.sheet.memory)[start : start + 16].cast("d")


class OfThread:
    """Keeps a view for each thread that ever asked, and hands out that one."""

    def __init__(self) -> None:
        """Hold memory that no thread has asked for."""
        self._memory = array.array("h", [1, -2, 3])
        self._local = threading.local()

    def __buffer__(self, flags: int) -> memoryview:
        """Return the view of this thread."""
        if not hasattr(self._local, "view"):
            self._local.view = memoryview(self._memory)
        return self._local.view


class Connected:
    """Connects anew for each thread but the main one, which takes some time."""

    def __init__(self) -> None:
        """Hold what the other side would send."""
        self._memory = b"from afar"
        self._local = threading.local()

    def __buffer__(self, flags: int) -> memoryview:
        """View what came over the connection of this thread."""
        if not hasattr(self._local, "connected"):
            if threading.current_thread() is not threading.main_thread():
                time.sleep(0.02)
            self._local.connected = True
        return memoryview(self._memory)


@functools.cache
def _decoder() -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(1, "decoder")


class Decoded:
    """Has its content decoded by a thread that all objects share, and waits for it."""

    def __init__(self) -> None:
        """Keep the encoded content alone."""
        self._encoded = "64 65 63 6f 64 65 64"
        self._content = None

    def __buffer__(self, flags: int) -> memoryview:
        """View the decoded content."""
        if self._content is None:
            self._content = _decoder().submit(bytes.fromhex, self._encoded).result()
        return memoryview(self._content)


class Download:
    """Comes from a coroutine, and keeps the lock that its readers share."""

    def __init__(self, content: bytes) -> None:
        """Keep what was received."""
        self._content = bytearray(content)
        self._turn = asyncio.Lock()

    @classmethod
    async def receive(cls) -> "Download":
        """Receive it."""
        await asyncio.sleep(0)
        return cls(b"received")

    async def replace(self, content: bytes) -> None:
        """Overwrite what was received, in its place."""
        async with self._turn:
            self._content[: len(content)] = content

    def __buffer__(self, flags: int) -> memoryview:
        """View what was received."""
        return memoryview(self._content)


def download() -> Download:
    """Run the coroutine to its end."""
    return asyncio.run(Download.receive())


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
