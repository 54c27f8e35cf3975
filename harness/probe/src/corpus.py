"""Makes the exporters of the built-in corpus that take more than one expression.

Knows how to set up memory: temporary files, shared segments, suboffsets, classes with ``__buffer__``.
Must never know what is right or wrong about a buffer, nor which requests are asked: what these objects
should show stands in ``cases/exporters/``.

Workers import it as ``bufcheck_corpus``. Standard library only; what a platform or an interpreter may lack
(NumPy, ``_testbuffer``) is imported where it is used. Runs on CPython 3.11 and newer. Every function makes
a fresh object that owns whatever it needs, so nothing has to be cleaned up by the caller.
"""

import array
import contextlib
import ctypes
import io
import mmap
import pickle
import sys
import tempfile
import weakref

# --- mapped files and shared segments -----------------------------------------------------------------


def mapped_file(data: bytes, access: str = "WRITE") -> mmap.mmap:
    """A mapping of an unnamed file that holds ``data``; ``access`` is READ, WRITE or COPY."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return mmap.mmap(file.fileno(), len(data), access=getattr(mmap, f"ACCESS_{access}"))


def mapped_memory(data: bytes) -> mmap.mmap:
    """Anonymous mapped memory that starts with ``data`` and is exactly as long."""
    memory = mmap.mmap(-1, len(data))
    memory[:] = data
    return memory


def closed_mmap() -> mmap.mmap:
    """A mapping that was closed: it has no memory left to export."""
    memory = mmap.mmap(-1, 8)
    memory.close()
    return memory


def shared_memory(data: bytes, format: str = "B", shape: tuple | None = None) -> memoryview:
    """A view of a shared segment that holds ``data`` and has no name any more."""
    from multiprocessing import shared_memory

    if sys.version_info >= (3, 13):
        segment = shared_memory.SharedMemory(create=True, size=len(data), track=False)
        segment.unlink()
    else:
        with _untracked_segments():
            segment = shared_memory.SharedMemory(create=True, size=len(data))
            segment.unlink()
    segment.buf[: len(data)] = data
    # Some systems round the size up to whole pages, hence the slice.
    view = segment.buf[: len(data)].cast(format, shape or [len(data)])
    # The segment closes the memory when it dies, so it has to live as long as the view.
    weakref.finalize(view, segment.close).atexit = False
    return view


@contextlib.contextmanager
def _untracked_segments():
    """Keeps ``SharedMemory`` from starting a process that would only watch over a name already gone."""
    from multiprocessing import resource_tracker, shared_memory

    def ignore(name, kind):
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


def memmap(dtype: str, shape: tuple, mode: str = "r+", order: str = "C"):
    """``numpy.memmap`` of an unnamed file that holds 0, 1, 2, ... in memory order."""
    import numpy

    with tempfile.TemporaryFile() as file:
        numpy.arange(numpy.prod(shape), dtype=dtype).tofile(file)
        file.flush()
        return numpy.memmap(file, dtype=dtype, mode=mode, shape=shape, order=order)


# --- views whose owner matters ------------------------------------------------------------------------


def bytesio_buffer(data: bytes) -> memoryview:
    """The live buffer of a ``BytesIO``."""
    return io.BytesIO(data).getbuffer()


def shifted_bytearray(data: bytes, skip: int) -> bytearray:
    """A bytearray whose first ``skip`` bytes were deleted: its memory starts inside a block."""
    memory = bytearray(data)
    del memory[:skip]
    return memory


def grown_array(typecode: str, length: int) -> array.array:
    """The array 0, 1, 2, ..., grown item by item, so that it has room to spare."""
    grown = array.array(typecode)
    for item in range(length):
        grown.append(item)
    return grown


def released_memoryview() -> memoryview:
    """A memoryview that gave its memory back."""
    view = memoryview(bytearray(8))
    view.release()
    return view


def out_of_band_pickle_buffer(data: bytes) -> pickle.PickleBuffer:
    """The ``PickleBuffer`` that protocol 5 hands to ``buffer_callback``."""
    collected = []
    pickle.dumps(
        pickle.PickleBuffer(bytearray(data)),
        protocol=5,
        buffer_callback=collected.append,
    )
    return collected[0]


# --- suboffsets ---------------------------------------------------------------------------------------


def pointer_rows(rows: int, columns: int, format: str = "B"):
    """A table 0, 1, 2, ... reached through one pointer a row, by ``_testbuffer.ndarray``."""
    import _testbuffer

    flags = _testbuffer.ND_PIL | _testbuffer.ND_WRITABLE
    return _testbuffer.ndarray(list(range(rows * columns)), shape=[rows, columns], format=format, flags=flags)


def testbuffer(items: list, shape: list, *, flags: tuple = (), **layout):
    """A ``_testbuffer.ndarray``; ``flags`` are names without ``ND_``, ``layout`` its other arguments."""
    import _testbuffer

    bits = 0
    for name in flags:
        bits |= getattr(_testbuffer, f"ND_{name}")
    return _testbuffer.ndarray(items, shape=shape, flags=bits, **layout)


def testbuffer_of(exporter, request: str = "FULL_RO", **options):
    """A ``_testbuffer.ndarray`` that re-exports what ``exporter`` answers to ``request``."""
    import _testbuffer

    return _testbuffer.ndarray(exporter, getbuf=getattr(_testbuffer, f"PyBUF_{request}"), **options)


# --- ctypes -------------------------------------------------------------------------------------------


class _Growable(ctypes.Array):
    """Four bytes that can be moved to another place."""

    _type_ = ctypes.c_ubyte
    _length_ = 4

    def grow(self, size: int) -> None:
        """Takes ``size`` bytes of memory, which may lie elsewhere."""
        ctypes.resize(self, size)


def ctypes_growable() -> ctypes.Array:
    """A ctypes array with a method that moves its memory."""
    return _Growable(1, 2, 3, 4)


# --- classes with __buffer__ (CPython 3.12 and newer) -------------------------------------------------


class Plain:
    """Hands out a view of its bytes, whatever is asked."""

    def __init__(self, memory):
        self.memory = memory

    def __buffer__(self, flags: int) -> memoryview:
        """A new view of the memory."""
        return memoryview(self.memory)


class Cast(Plain):
    """Shows its bytes as items of a format, on as many axes as ``shape`` has."""

    def __init__(self, memory, format: str, shape: list):
        super().__init__(memory)
        self.format = format
        self.shape = shape

    def __buffer__(self, flags: int) -> memoryview:
        """A new view, cast."""
        return memoryview(self.memory).cast(self.format, self.shape)


class Strided(Plain):
    """Shows every item that ``step`` leaves over."""

    def __init__(self, memory, step: slice):
        super().__init__(memory)
        self.step = step

    def __buffer__(self, flags: int) -> memoryview:
        """A new view, sliced."""
        return memoryview(self.memory)[self.step]


class Counting(Plain):
    """Counts its views and refuses to change size while there is one."""

    def __init__(self, memory):
        super().__init__(memory)
        self.held = []

    def __buffer__(self, flags: int) -> memoryview:
        """A new view, counted."""
        view = memoryview(self.memory)
        self.held.append(weakref.ref(view))
        return view

    def __release_buffer__(self, view: memoryview) -> None:
        """Takes one view back."""
        self.held = [held for held in self.held if held() is not view]
        view.release()

    def views(self) -> int:
        """How many views are held."""
        # A view that does not meet the request is dropped by the interpreter and never given back, so a plain
        # counter would stay locked.
        self.held = [held for held in self.held if held() is not None]
        return len(self.held)

    def resize(self, size: int) -> None:
        """Makes the memory ``size`` bytes long; refused while a view is held."""
        if self.views():
            raise BufferError("cannot resize while a view is held")
        self.memory = self.memory[:size].ljust(size, b"\0")


class OneAtATime(Counting):
    """Refuses a second view while there is a first."""

    def __buffer__(self, flags: int) -> memoryview:
        """A new view, if there is none."""
        if self.views():
            raise BufferError("only one view at a time")
        return super().__buffer__(flags)


class ReadOnlyByChoice(Plain):
    """Keeps its writable memory to itself: every view is read-only."""

    def __buffer__(self, flags: int) -> memoryview:
        """A new view that cannot be written through; refused if writing is asked."""
        if flags & 1:
            raise BufferError("this memory is not to be written")
        return memoryview(self.memory).toreadonly()


class KeptView(Plain):
    """Hands out the very same memoryview each time, as a cache would."""

    def __init__(self, memory):
        super().__init__(memory)
        self.view = memoryview(memory)

    def __buffer__(self, flags: int) -> memoryview:
        """The view made at the start."""
        return self.view


class CoveredArray(array.array):
    """An array whose subclass answers in its place, through the array's own method."""

    def __buffer__(self, flags: int) -> memoryview:
        """What the array answers."""
        return super().__buffer__(flags)


class CoveredBytearray(bytearray):
    """A bytearray whose subclass answers and takes back, through the bytearray's own methods."""

    def __buffer__(self, flags: int) -> memoryview:
        """What the bytearray answers."""
        return super().__buffer__(flags)

    def __release_buffer__(self, view: memoryview) -> None:
        """What the bytearray does."""
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
