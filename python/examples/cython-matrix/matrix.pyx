# cython: language_level=3
"""Two matrices of doubles that lend their memory: one honest, one with a fault planted in it."""

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_F_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_ND,
    PyBUF_STRIDES,
)
from libc.stdlib cimport calloc, free


cdef void describe(Py_buffer *view, Py_ssize_t *shape, Py_ssize_t *strides, int flags) noexcept:
    """Fill in what does not depend on the owner: each optional field only if it was asked for."""
    view.len = shape[0] * shape[1] * sizeof(double)
    view.itemsize = sizeof(double)
    view.readonly = 0
    view.ndim = 2
    view.format = NULL
    view.shape = NULL
    view.strides = NULL
    view.suboffsets = NULL
    view.internal = NULL
    if flags & PyBUF_FORMAT == PyBUF_FORMAT:
        view.format = b"d"
    if flags & PyBUF_ND == PyBUF_ND:
        view.shape = shape
    if flags & PyBUF_STRIDES == PyBUF_STRIDES:
        view.strides = strides


cdef class Matrix:
    """`rows` by `columns` doubles in C order, counted from 0; `clear` is refused while a view is held."""

    cdef double *items
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]
    cdef Py_ssize_t exports

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t columns):
        if rows < 1 or columns < 1:
            raise ValueError("a matrix has at least one row and one column")
        self.items = <double *> calloc(rows * columns, sizeof(double))
        if self.items == NULL:
            raise MemoryError
        self.shape = [rows, columns]
        self.strides = [columns * sizeof(double), sizeof(double)]
        cdef Py_ssize_t index
        for index in range(rows * columns):
            self.items[index] = index

    def __dealloc__(self):
        free(self.items)

    def __getbuffer__(self, Py_buffer *view, int flags):
        if self.items == NULL:
            raise BufferError("the matrix was cleared")
        if flags & PyBUF_F_CONTIGUOUS == PyBUF_F_CONTIGUOUS and self.shape[0] > 1 and self.shape[1] > 1:
            raise BufferError("the matrix is in C order")
        view.obj = self
        view.buf = self.items
        describe(view, self.shape, self.strides, flags)
        self.exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self.exports -= 1

    def clear(self):
        """Give the memory back."""
        if self.exports:
            raise BufferError("a view of the matrix is held")
        free(self.items)
        self.items = NULL


cdef class Transposed:
    """The same doubles with the axes swapped: Fortran order.

    The fault: strides are filled in when they are asked for, but nobody looks whether the consumer can do
    without them. A request without strides gets the memory in the wrong order.
    """

    cdef Matrix matrix
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]

    def __cinit__(self, Matrix matrix not None):
        self.matrix = matrix
        self.shape = [matrix.shape[1], matrix.shape[0]]
        self.strides = [matrix.strides[1], matrix.strides[0]]

    def __getbuffer__(self, Py_buffer *view, int flags):
        if flags & PyBUF_C_CONTIGUOUS == PyBUF_C_CONTIGUOUS:
            raise BufferError("the matrix is in Fortran order")
        view.obj = self
        view.buf = self.matrix.items
        describe(view, self.shape, self.strides, flags)
        self.matrix.exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self.matrix.exports -= 1
