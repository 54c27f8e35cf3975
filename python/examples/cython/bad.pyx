# cython: language_level=3
"""The commonest slips of exporters in Cython, one class each. Do not copy this file: see image.pyx and vector.pyx.

What is wrong stands beside `[breaks: ...]`.
"""

from cpython.buffer cimport PyBUF_F_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from libc.stdlib cimport calloc, free, realloc


cdef class Pixels:
    """2 x 3 bytes; `describe` is right, but for what the others do to it: writable, C order."""

    cdef char *bytes
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]

    def __cinit__(self):
        self.bytes = <char *> calloc(6, 1)
        for index in range(6):
            self.bytes[index] = 97 + index
        self.shape = [2, 3]
        self.strides = [3, 1]

    def __dealloc__(self):
        free(self.bytes)

    cdef describe(self, Py_buffer *view, int flags):
        if flags & PyBUF_F_CONTIGUOUS == PyBUF_F_CONTIGUOUS:
            raise BufferError("the image is in C order")
        view.buf = self.bytes
        view.len = self.shape[0] * self.shape[1]
        view.itemsize = 1
        view.readonly = 0
        view.ndim = 2
        view.format = NULL
        if flags & PyBUF_FORMAT:
            view.format = b"B"
        view.shape = self.shape if flags & PyBUF_ND == PyBUF_ND else NULL
        view.strides = self.strides if flags & PyBUF_STRIDES == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL
        view.obj = self


cdef class IgnoresFlags(Pixels):
    """Everything is filled in, whatever was asked, as many a manual shows it."""

    def __getbuffer__(self, Py_buffer *view, int flags):
        # [breaks: format.null-unless-requested] [breaks: shape.null-unless-nd]
        # [breaks: strides.null-unless-strides] [breaks: request.f-contiguous]
        self.describe(view, PyBUF_STRIDES | PyBUF_FORMAT)


cdef class NoOwner(Pixels):
    """`obj` is left as Cython has it: None, which becomes NULL."""

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.describe(view, flags)
        view.obj = None  # [breaks: obj.not-null-on-success]


cdef class LocalArrays(Pixels):
    """C arrays declared in a method are gone when it returns."""

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef Py_ssize_t shape[2]
        shape[0], shape[1] = 2, 3
        self.describe(view, flags)
        if flags & PyBUF_ND == PyBUF_ND:
            view.shape = shape  # [breaks: memory.not-on-stack]


cdef class ForgetsFields(Pixels):
    """Fields that do not matter to the author; the struct is not cleared before."""

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef Py_ssize_t *suboffsets = view.suboffsets
        self.describe(view, flags)
        view.suboffsets = suboffsets  # [breaks: view.all-fields-assigned]


cdef class WrongError(Pixels):
    """An exception that no consumer expects."""

    def __getbuffer__(self, Py_buffer *view, int flags):
        if flags & PyBUF_F_CONTIGUOUS == PyBUF_F_CONTIGUOUS:
            raise ValueError("C order")  # [breaks: refusal.raises-buffererror]
        self.describe(view, flags)


cdef class Moves(Pixels):
    """The memory moves, and nobody counts the views."""

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.describe(view, flags)

    def grow(self):
        self.bytes = <char *> realloc(self.bytes, 1 << 20)  # [breaks: export.locks-resize]


cdef class LocksByFlag(Pixels):
    """A flag instead of a count: the first release unlocks for all."""

    cdef bint lent

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.describe(view, flags)
        self.lent = True

    def __releasebuffer__(self, Py_buffer *view):
        self.lent = False  # [breaks: export.lock-held-until-last-release]

    def grow(self):
        if self.lent:
            raise BufferError("a view is held")
        self.bytes = <char *> realloc(self.bytes, 1 << 20)
