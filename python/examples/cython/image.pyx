# cython: language_level=3
"""A fixed image of 32-bit floats in Cython, and views of it: read-only, or of every n-th row and column.

`__getbuffer__` refuses what the memory cannot give, and describes only what was asked. The memory never moves,
so nothing is counted and there is no `__releasebuffer__`. If yours can move or shrink: vector.pyx.
"""

from cpython.buffer cimport (
    PyBUF_ANY_CONTIGUOUS,
    PyBUF_C_CONTIGUOUS,
    PyBUF_F_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_ND,
    PyBUF_STRIDES,
    PyBUF_WRITABLE,
    PyBuffer_IsContiguous,
)
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc


cdef extern from *:
    const Py_ssize_t PY_SSIZE_T_MAX


cdef inline bint asks(int flags, int macro) noexcept:
    """Most macros are more than one bit: `flags & PyBUF_STRIDES` alone is true of ND as well."""
    return flags & macro == macro


cdef class Image:
    """`height` rows of `width` pixels, counted from 0."""

    cdef object parent  # whose memory it is, or None: our own
    cdef float *first  # the item with index 0 on every axis, wherever in the block that lies
    cdef bint readonly
    # [rule: memory.not-on-stack] Consumers keep pointers to these: they lie in the object, not in a method.
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]  # bytes, not items

    def __cinit__(self, Py_ssize_t height=0, Py_ssize_t width=0, *, Image parent=None, bint readonly=False):
        # [rule: export.reinit-locked] `__cinit__` runs once; what `__init__` made could be made again.
        if parent is not None:
            # [rule: lifetime.view-outlives-names] A view holds the parent, whose memory it is.
            self.parent = parent
            self.first = parent.first
            self.readonly = readonly or parent.readonly  # [rule: memory.writable-when-not-readonly]
            self.shape = parent.shape
            self.strides = parent.strides
            return
        # [rule: len.non-negative] The product of the extents must fit.
        if height < 1 or width < 1 or height > PY_SSIZE_T_MAX // <Py_ssize_t> sizeof(float) // width:
            raise ValueError("an image has at least one row and one column")
        self.first = <float *> PyMem_RawMalloc(height * width * sizeof(float))  # [rule: memory.allocator]
        if self.first == NULL:
            raise MemoryError
        cdef Py_ssize_t index
        for index in range(height * width):
            self.first[index] = index
        self.shape = [height, width]
        self.strides = [width * <Py_ssize_t> sizeof(float), sizeof(float)]  # [rule: strides.bytes-not-elements]

    def __dealloc__(self):
        if self.parent is None:
            PyMem_RawFree(self.first)

    def __getbuffer__(self, Py_buffer *view, int flags):
        # [rule: view.all-fields-assigned] The struct holds rubbish: write every field.
        view.buf = self.first
        # [rule: len.logical-not-physical] The bytes of the items, not the distance they span.
        view.len = self.shape[0] * self.shape[1] * <Py_ssize_t> sizeof(float)
        view.itemsize = sizeof(float)
        view.readonly = self.readonly
        view.ndim = 2
        view.format = b"f"
        view.shape = self.shape
        view.strides = self.strides
        view.suboffsets = NULL
        view.internal = NULL

        # [rule: refusal.raises-buffererror] Cython leaves no reference in `obj` when an exception is raised.
        cdef bint rows = PyBuffer_IsContiguous(view, b"C")
        cdef bint columns = PyBuffer_IsContiguous(view, b"F")
        if asks(flags, PyBUF_WRITABLE) and self.readonly:  # [rule: request.writable-refused-when-readonly]
            raise BufferError("the image is read-only")
        # [rule: request.no-strides-means-c-contiguous] Who does not ask strides reads row by row.
        if not asks(flags, PyBUF_STRIDES) and not rows:
            raise BufferError("the image has gaps: ask for strides")
        if asks(flags, PyBUF_C_CONTIGUOUS) and not rows:  # [rule: request.c-contiguous]
            raise BufferError("the image is not C-contiguous")
        if asks(flags, PyBUF_F_CONTIGUOUS) and not columns:  # [rule: request.f-contiguous]
            raise BufferError("the image is not Fortran-contiguous")
        if asks(flags, PyBUF_ANY_CONTIGUOUS) and not rows and not columns:  # [rule: request.any-contiguous]
            raise BufferError("the image is not contiguous")

        if not asks(flags, PyBUF_FORMAT):
            view.format = NULL  # [rule: format.null-unless-requested]
        if not asks(flags, PyBUF_ND):
            view.shape = NULL  # [rule: shape.null-unless-nd]
        if not asks(flags, PyBUF_STRIDES):
            view.strides = NULL  # [rule: strides.null-unless-strides]
        view.obj = self  # [rule: obj.not-null-on-success] Cython takes the reference for you.

    def frozen(self):
        """A read-only view of the pixels."""
        return Image(parent=self, readonly=True)

    def every(self, Py_ssize_t rows, Py_ssize_t columns):
        """A view of every so many rows and columns; negative steps begin at the end."""
        if rows == 0 or columns == 0:
            raise ValueError("a step is not 0")
        cdef Image view = Image(parent=self)
        cdef Py_ssize_t *steps = [rows, columns]
        cdef Py_ssize_t axis, extent, step
        for axis in range(2):
            extent = view.shape[axis]
            step = max(-extent, min(steps[axis], extent))  # [rule: memory.verify-structure]
            if step < 0:  # [rule: buf.points-to-first-element]
                view.first += (extent - 1) * view.strides[axis] // <Py_ssize_t> sizeof(float)
            view.shape[axis] = (extent - 1) // abs(step) + 1
            view.strides[axis] *= step
        return view
