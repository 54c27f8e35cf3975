"""Exporters in Python as people write them: views that are counted, first requests.

Knows what is unusual about each class. Must never do anything wrong: whoever accuses one of these is wrong.

``build.py`` copies it beside the C module; ``cases/clean/habits.json`` names its classes. Standard library
only. Without arguments each makes a fresh object. Classes with ``__buffer__`` export on CPython 3.12 and
newer.

One thing to know: where a view does not meet the request (FORMAT without a shape, WRITABLE of read-only
memory), the interpreter drops it and never calls ``__release_buffer__``. So the classes that lock keep track
of the views themselves, not of calls.
"""

import array
import asyncio
import concurrent.futures
import contextlib
import functools
import io
import itertools
import struct
import threading
import time
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
