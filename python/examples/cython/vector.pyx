# cython: language_level=3
"""A growable vector of doubles in Cython.

Its memory moves when it grows. So views are counted, and while one is held nothing may move, shrink or free the
memory. In a free-threaded build guard the count and the memory with `cython.critical_section` as well.
"""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc


cdef inline bint asks(int flags, int macro) noexcept:
    return flags & macro == macro


cdef class Vector:
    """`count` doubles, counted from 0."""

    cdef double *items
    cdef Py_ssize_t count  # also the shape of every view: it stays put while one is held
    cdef Py_ssize_t room
    cdef Py_ssize_t stride
    cdef Py_ssize_t exports  # [rule: export.lock-held-until-last-release] A number, not a flag.

    # [rule: export.reinit-locked] `__cinit__` runs once: a second `__init__` moves nothing.
    def __cinit__(self, Py_ssize_t count):
        if count < 0 or count > (1 << 40):
            raise ValueError(f"no vector has {count} items")
        self.room = max(count, 4)
        self.items = <double *> PyMem_RawMalloc(self.room * sizeof(double))  # [rule: memory.allocator]
        if self.items == NULL:
            raise MemoryError
        self.count = count
        self.stride = sizeof(double)
        cdef Py_ssize_t index
        for index in range(count):
            self.items[index] = index

    def __dealloc__(self):
        # Every view holds a reference: nobody holds one when this runs.
        PyMem_RawFree(self.items)

    def __getbuffer__(self, Py_buffer *view, int flags):
        view.buf = self.items  # [rule: buf.not-null-unless-empty]
        view.len = self.count * <Py_ssize_t> sizeof(double)
        view.itemsize = sizeof(double)
        view.readonly = 0
        view.ndim = 1
        view.format = NULL
        if asks(flags, PyBUF_FORMAT):  # [rule: format.null-unless-requested]
            view.format = b"d"
        view.shape = &self.count if asks(flags, PyBUF_ND) else NULL  # [rule: shape.null-unless-nd]
        view.strides = &self.stride if asks(flags, PyBUF_STRIDES) else NULL
        view.suboffsets = NULL
        view.internal = NULL
        view.obj = self
        self.exports += 1  # [rule: export.counted] Last, when nothing can raise any more.

    def __releasebuffer__(self, Py_buffer *view):
        # [rule: release.slot-needed-if-memory-can-move] [rule: release.no-decref-of-obj] Nothing else.
        self.exports -= 1

    # [rule: export.locks-resize] The first statement of whatever moves, shrinks or frees the memory. The
    # arguments are converted before the body begins: [rule: export.reentrancy] no Python code runs behind it.
    cdef refuse_if_lent(self):
        if self.exports:
            raise BufferError("a view of the vector is held")  # [rule: export.lock-error-is-buffererror]

    def append(self, double item):
        """Add an item; BufferError while a view is held."""
        self.refuse_if_lent()  # [rule: export.lock-before-mutation] Also when there is room: views share `count`.
        cdef double *items
        if self.count == self.room:
            items = <double *> PyMem_RawRealloc(self.items, 2 * self.room * sizeof(double))
            if items == NULL:
                raise MemoryError
            self.items = items
            self.room *= 2
        self.items[self.count] = item
        self.count += 1

    def clear(self):
        """Take all items away; BufferError while a view is held."""
        self.refuse_if_lent()
        self.count = 0

    def scale(self, double factor):
        """Multiply all items: [rule: export.in-place-writes-allowed] that needs no lock."""
        cdef Py_ssize_t index
        for index in range(self.count):
            self.items[index] *= factor
