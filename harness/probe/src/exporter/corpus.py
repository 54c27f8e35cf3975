"""Makes the exporters of the built-in corpus that take more than one expression.

Knows how to set up memory: temporary files, shared segments, suboffsets, classes with ``__buffer__``.
Must never know what is right or wrong about a buffer, nor which requests are asked: what these objects
should show stands in ``cases/exporters/``.

Workers import it as ``bufcheck_corpus``. Standard library only; what a platform or an interpreter may lack
(NumPy, ``_testbuffer``) is imported where it is used. Runs on CPython 3.11 and newer. Every function makes
a fresh object that owns whatever it needs, so nothing has to be cleaned up by the caller.
"""

# ruff: noqa: PLC0415 - what may be missing is imported where it is used

import array
import contextlib
import functools
import io
import mmap
import operator
import os
import pickle
import sys
import tempfile
import weakref
from collections.abc import Iterator

# --- mapped files and shared segments -----------------------------------------------------------------


def mapped_file(data: bytes, access: str = "WRITE") -> mmap.mmap:
    """Map an unnamed file that holds ``data``; ``access`` is READ, WRITE or COPY."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return mmap.mmap(file.fileno(), len(data), access=getattr(mmap, f"ACCESS_{access}"))


def mapped_memory(data: bytes) -> mmap.mmap:
    """Map anonymous memory that holds ``data`` and is exactly as long."""
    # From 3.14 on memory that could be shared does not grow.
    private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_ANONYMOUS") else {}
    memory = mmap.mmap(-1, len(data), **private)
    memory[:] = data
    return memory


def closed_mmap() -> mmap.mmap:
    """Map memory and close it: it has none left to export."""
    memory = mmap.mmap(-1, 8)
    memory.close()
    return memory


def shared_memory(data: bytes) -> memoryview:
    """View a shared segment that holds ``data`` and has no name any more."""
    from multiprocessing import shared_memory

    class Segment(shared_memory.SharedMemory):
        def __del__(self) -> None:
            # `close` fails while any view is left. The mapping goes with its last view by itself, and has
            # its own descriptor, so only this one is left to close.
            if self._fd >= 0:
                os.close(self._fd)

    if sys.version_info >= (3, 13):
        segment = Segment(create=True, size=len(data), track=False)
        segment.unlink()
    else:
        with _untracked_segments():
            segment = Segment(create=True, size=len(data))
            segment.unlink()
    segment.buf[: len(data)] = data
    # Some systems round the size up to whole pages.
    return segment.buf[: len(data)]


@contextlib.contextmanager
def _untracked_segments() -> Iterator[None]:
    """Keep ``SharedMemory`` from starting a process that would only watch over a name already gone."""
    from multiprocessing import resource_tracker, shared_memory

    def ignore(_name: str, _kind: str) -> None:
        pass

    # `unlink` looks both names up afresh in some versions, `__init__` in others.
    places = [(resource_tracker, "register"), (resource_tracker, "unregister")]
    places += [(shared_memory, name) for _, name in places if hasattr(shared_memory, name)]
    before = [(module, name, getattr(module, name)) for module, name in places]
    for module, name in places:
        setattr(module, name, ignore)
    try:
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def memmap(dtype: str, shape: tuple, mode: str = "r+", order: str = "C") -> object:
    """Map an unnamed file as a ``numpy.memmap`` that holds 0, 1, 2, ... in memory order."""
    import numpy as np

    with tempfile.TemporaryFile() as file:
        np.arange(np.prod(shape), dtype=dtype).tofile(file)
        file.flush()
        return np.memmap(file, dtype=dtype, mode=mode, shape=shape, order=order)


# --- views whose owner matters ------------------------------------------------------------------------


def bytesio_buffer(data: bytes) -> memoryview:
    """Take the live buffer of a ``BytesIO``."""
    return io.BytesIO(data).getbuffer()


def shifted_bytearray(data: bytes, skip: int) -> bytearray:
    """Delete the first ``skip`` bytes of a bytearray: its memory starts inside a block."""
    memory = bytearray(data)
    del memory[:skip]
    return memory


def grown_array(typecode: str, length: int) -> array.array:
    """Grow the array 0, 1, 2, ... item by item, so that it has room to spare."""
    grown = array.array(typecode)
    for item in range(length):
        grown.append(item)
    return grown


def released_memoryview() -> memoryview:
    """Release a memoryview: it gave its memory back."""
    view = memoryview(bytearray(8))
    view.release()
    return view


def out_of_band_pickle_buffer(data: bytes) -> pickle.PickleBuffer:
    """Catch the ``PickleBuffer`` that protocol 5 hands to ``buffer_callback``."""
    collected = []
    pickle.dumps(
        pickle.PickleBuffer(bytearray(data)),
        protocol=5,
        buffer_callback=collected.append,
    )
    return collected[0]


# --- suboffsets ---------------------------------------------------------------------------------------


def pointer_rows(rows: int, columns: int, item_format: str = "B") -> object:
    """Lay out a table 0, 1, 2, ... that is reached through one pointer a row."""
    return ndarray(
        list(range(rows * columns)), [rows, columns], flags=("PIL", "WRITABLE"), format=item_format
    )


def ndarray(items: object, shape: list, *, flags: tuple = (), **layout: object) -> object:
    """Make a ``_testbuffer.ndarray``; ``flags`` are names without ``ND_``, ``layout`` its other arguments."""
    import _testbuffer

    return _testbuffer.ndarray(items, shape=shape, flags=_testbuffer_flags(flags), **layout)


def re_export(exporter: object, request: str = "FULL_RO", flags: tuple = ()) -> object:
    """Make a ``_testbuffer.ndarray`` that re-exports what ``exporter`` answers to ``request``."""
    import _testbuffer

    bits = _testbuffer_flags(flags)
    return _testbuffer.ndarray(exporter, getbuf=getattr(_testbuffer, f"PyBUF_{request}"), flags=bits)


def _testbuffer_flags(names: tuple) -> int:
    import _testbuffer

    return functools.reduce(operator.or_, (getattr(_testbuffer, f"ND_{name}") for name in names), 0)


# --- classes with __buffer__ (CPython 3.12 and newer) -------------------------------------------------


class Plain:
    """Hands out a view of its bytes, whatever is asked."""

    def __init__(self, memory: object) -> None:
        """Keep the memory."""
        self.memory = memory

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory."""
        return memoryview(self.memory)


class Cast(Plain):
    """Shows its bytes as items of a format, on as many axes as ``shape`` has."""

    def __init__(self, memory: object, item_format: str, shape: list) -> None:
        """Keep the memory and how it is shown."""
        super().__init__(memory)
        self.item_format = item_format
        self.shape = shape

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, cast."""
        return memoryview(self.memory).cast(self.item_format, self.shape)


class Strided(Plain):
    """Shows every item that ``step`` leaves over."""

    def __init__(self, memory: object, step: slice) -> None:
        """Keep the memory and which items are shown."""
        super().__init__(memory)
        self.step = step

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, sliced."""
        return memoryview(self.memory)[self.step]


class Counting(Plain):
    """Counts its views and refuses to change size while there is one."""

    def __init__(self, memory: object) -> None:
        """Keep the memory; no view is held yet."""
        super().__init__(memory)
        self.held = []

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, counted."""
        view = memoryview(self.memory)
        self.held.append(weakref.ref(view))
        return view

    def __release_buffer__(self, view: memoryview) -> None:
        """Take one view back."""
        self.held = [held for held in self.held if held() is not view]
        view.release()

    def views(self) -> int:
        """Count the views that are held."""
        # A view that does not meet the request is dropped by the interpreter and never given back, so a plain
        # counter would stay locked.
        self.held = [held for held in self.held if held() is not None]
        return len(self.held)

    def resize(self, size: int) -> None:
        """Make the memory ``size`` bytes long; refused while a view is held."""
        if self.views():
            message = "cannot resize while a view is held"
            raise BufferError(message)
        self.memory = self.memory[:size].ljust(size, b"\0")


class OneAtATime(Counting):
    """Refuses a second view while there is a first."""

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory, if nobody does."""
        if self.views():
            message = "only one view at a time"
            raise BufferError(message)
        return super().__buffer__(flags)


class ReadOnlyByChoice(Plain):
    """Keeps its writable memory to itself: every view is read-only."""

    def __buffer__(self, flags: int) -> memoryview:
        """View the memory without the right to write; refuse if that is asked."""
        if flags & 1:
            message = "this memory is not to be written"
            raise BufferError(message)
        return memoryview(self.memory).toreadonly()


class KeptView(Plain):
    """Hands out the very same memoryview each time, as a cache would."""

    def __init__(self, memory: object) -> None:
        """Keep the memory and the one view of it."""
        super().__init__(memory)
        self.view = memoryview(memory)

    def __buffer__(self, flags: int) -> memoryview:
        """Return the view made at the start."""
        return self.view


class CoveredArray(array.array):
    """An array whose subclass answers in its place, through the array's own method."""

    def __buffer__(self, flags: int) -> memoryview:
        """Answer as the array does."""
        return super().__buffer__(flags)


class CoveredBytearray(bytearray):
    """A bytearray whose subclass answers and takes back, through the bytearray's own methods."""

    def __buffer__(self, flags: int) -> memoryview:
        """Answer as the bytearray does."""
        return super().__buffer__(flags)

    def __release_buffer__(self, view: memoryview) -> None:
        """Take the view back as the bytearray does."""
        super().__release_buffer__(view)


# --- subclasses that add nothing ----------------------------------------------------------------------


class Bytes(bytes):
    """Bytes by another name."""


class Bytearray(bytearray):
    """A bytearray by another name."""


class Array(array.array):
    """An array by another name."""


class Mmap(mmap.mmap):
    """A mapping by another name."""
