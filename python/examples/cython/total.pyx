# cython: language_level=3
"""A consumer in Cython: the sum of the numbers of any buffer, whatever its layout.

If one type and one number of axes is enough, do not write this: an argument `const double[:, :] items` asks the
right request, checks format and axes, and gives the view back. Two slips are common there: without `const` it asks
WRITABLE and is refused by `bytes`; `[::1]` refuses every slice.
"""

from cpython.buffer cimport PyBUF_FULL_RO, PyBuffer_IsContiguous, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

import sys

cdef bytes NATIVE = b"@=<" if sys.byteorder == "little" else b"@=>"

ctypedef fused number:
    int8_t
    int16_t
    int32_t
    int64_t
    uint8_t
    uint16_t
    uint32_t
    uint64_t
    float
    double


cdef double read(number *kind, const char *item) noexcept nogil:
    """Items need not be aligned: copied out, never read through a cast pointer."""
    cdef number value
    memcpy(&value, item, sizeof(number))
    return <double> value


cdef double sum_axis(const Py_buffer *view, int axis, const char *item, number *kind) noexcept nogil:
    """The sum of the items from `axis` on, of which `item` is the first."""
    cdef double total = 0
    cdef const char *inner
    cdef Py_ssize_t index
    if axis == view.ndim:  # [rule: scalar.consumer-handles-ndim0] At once, for a scalar: there is no shape.
        return read(kind, item)
    # [rule: consumer.bounds-by-shape] [rule: strides.consumer-handles-nonpositive] Signed steps from `buf` on.
    for index in range(view.shape[axis]):
        inner = item + index * view.strides[axis]
        # [rule: suboffsets.added-after-dereference] [rule: suboffsets.zero-is-dereference]
        if view.suboffsets != NULL and view.suboffsets[axis] >= 0:
            inner = (<const char *const *> inner)[0] + view.suboffsets[axis]
        total += sum_axis(view, axis + 1, inner, kind)
    return total


cdef double sum_all(const Py_buffer *view, number *kind):
    """Choose the way."""
    cdef double total = 0
    cdef Py_ssize_t index
    if view.len == 0:  # [rule: empty.no-dereference] Nor is any pointer followed.
        return 0
    # [rule: contig.check-before-flat-access] [rule: consumer.bounds-by-len] The fast path. The order of the
    # items makes no difference to a sum; where it does, ask for "C".
    if PyBuffer_IsContiguous(view, b"A"):
        with nogil:  # [rule: thread.usable-without-gil] The view is held: its memory stays.
            for index in range(view.len // <Py_ssize_t> sizeof(number)):
                total += read(kind, <const char *> view.buf + index * <Py_ssize_t> sizeof(number))
        return total
    with nogil:
        total = sum_axis(view, 0, <const char *> view.buf, kind)
    return total


cdef double sum_of_kind(const Py_buffer *view) except? -1:
    """[rule: consumer.l-q-equivalence] The letter gives the kind, `itemsize` the size."""
    # [rule: format.null-means-B] [rule: consumer.byteorder-equivalence] Other marks: the bytes are swapped.
    cdef bytes code = b"B"
    if view.format != NULL:
        code = (<bytes> view.format).strip()  # [rule: format.whitespace-ignored]
    if code[:1] in NATIVE or (view.itemsize == 1 and code[:1] in b"<>!"):
        code = code[1:]
    if len(code) == 1:
        if code in b"bhilqn":
            if view.itemsize == 1: return sum_all[int8_t](view, NULL)
            if view.itemsize == 2: return sum_all[int16_t](view, NULL)
            if view.itemsize == 4: return sum_all[int32_t](view, NULL)
            if view.itemsize == 8: return sum_all[int64_t](view, NULL)
        if code in b"?BHILQN":
            if view.itemsize == 1: return sum_all[uint8_t](view, NULL)
            if view.itemsize == 2: return sum_all[uint16_t](view, NULL)
            if view.itemsize == 4: return sum_all[uint32_t](view, NULL)
            if view.itemsize == 8: return sum_all[uint64_t](view, NULL)
        if code == b"f" and view.itemsize == sizeof(float): return sum_all[float](view, NULL)
        if code == b"d" and view.itemsize == sizeof(double): return sum_all[double](view, NULL)
    raise ValueError(f"no number: format {view.format} of {view.itemsize} bytes")


def total(exporter):
    """Return the sum; ValueError if the items are no numbers in the order of this machine."""
    cdef Py_buffer view
    # [rule: consumer.ask-only-what-handled] Any layout with its format, not WRITABLE: we only read.
    # [rule: refusal.view-not-released] Before `try`: what was not granted is not released.
    PyObject_GetBuffer(exporter, &view, PyBUF_FULL_RO)
    try:
        return sum_of_kind(&view)  # [rule: consumer.format-checked-before-typed-access]
    finally:
        PyBuffer_Release(&view)  # [rule: release.on-every-path] [rule: release.exactly-once]
