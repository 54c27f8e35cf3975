"""A fixed image of 32-bit floats in memory of ctypes or cffi, lent as it should be.

Neither library can export right by itself. ctypes ignores the flags of a request: format and shape are always
set, strides never, and nothing is refused. cffi's buffers are flat bytes, always writable. So do not hand out
such an object: hand out a memoryview of it, which answers every request as asked, and can be read-only.
"""

import ctypes

import cffi

ffi = cffi.FFI()


def image(height: int, width: int) -> memoryview:
    """Return an image in memory of ctypes."""
    pixels = (ctypes.c_float * (height * width))(*range(height * width))
    return shaped(pixels, height, width)


def image_of_cffi(height: int, width: int) -> memoryview:
    """Return an image in memory of cffi."""
    pixels = ffi.new("float[]", list(range(height * width)))
    # [rule: lifetime.view-outlives-names] `ffi.buffer` keeps what `ffi.new` made. A pointer that C gave you
    # owns nothing: wrap it in `ffi.gc` first, and free nothing while a view is held.
    return shaped(ffi.buffer(pixels), height, width)


def shaped(pixels: object, height: int, width: int) -> memoryview:
    """Return a view of floats: flat bytes first, then items and shape."""
    # [rule: format.null-unless-requested] [rule: shape.null-unless-nd] The memoryview keeps these rules, and
    # these: [rule: strides.non-null-when-requested] [rule: request.f-contiguous]. The format is yours to
    # choose: [rule: itemsize.matches-format] that of ctypes is wrong for unions and bit fields.
    return memoryview(pixels).cast("B").cast("f", (height, width))


def frozen(pixels: memoryview) -> memoryview:
    """Return a read-only view: [rule: memory.writable-when-not-readonly] neither library has one."""
    return pixels.toreadonly()


def every(pixels: memoryview, step: int) -> memoryview:
    """Return a view of every `step`-th row; a negative step begins at the last."""
    return pixels[::step]
