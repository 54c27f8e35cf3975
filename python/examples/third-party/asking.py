"""Asks an exporter through `PyObject_GetBuffer`, and keeps what it answered.

Knows the struct and the flags. Must never know what is right.
"""

import ctypes
from itertools import product

SIMPLE, WRITABLE, FORMAT, ND = 0x000, 0x001, 0x004, 0x008
STRIDES = 0x010 | ND
C_CONTIGUOUS, F_CONTIGUOUS, ANY_CONTIGUOUS = 0x020 | STRIDES, 0x040 | STRIDES, 0x080 | STRIDES
FULL_RO = 0x100 | STRIDES | FORMAT

NAMES = {
    SIMPLE: "SIMPLE",
    WRITABLE: "WRITABLE",
    ND: "ND",
    ND | FORMAT: "ND|FORMAT",
    STRIDES: "STRIDES",
    C_CONTIGUOUS: "C_CONTIGUOUS",
    F_CONTIGUOUS: "F_CONTIGUOUS",
    F_CONTIGUOUS | WRITABLE: "F_CONTIGUOUS|WRITABLE",
    ANY_CONTIGUOUS: "ANY_CONTIGUOUS",
    FULL_RO: "FULL_RO",
}


class PyBuffer(ctypes.Structure):
    """`Py_buffer`, field by field."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    )


get_buffer = ctypes.pythonapi.PyObject_GetBuffer
get_buffer.argtypes = [ctypes.py_object, ctypes.POINTER(PyBuffer), ctypes.c_int]
release_buffer = ctypes.pythonapi.PyBuffer_Release
release_buffer.argtypes = [ctypes.POINTER(PyBuffer)]
release_buffer.restype = None

FILLED_BEFORE = 0x5A  # in every byte of the struct, to see which of them are written


class Answer:
    """The answer to one request: the fields as they came, or the exception."""

    def __init__(self, exporter: object, flags: int) -> None:
        """Ask."""
        self.flags, self.error, self.view = flags, None, PyBuffer()
        ctypes.memset(ctypes.byref(self.view), FILLED_BEFORE, ctypes.sizeof(PyBuffer))
        try:
            get_buffer(exporter, ctypes.byref(self.view), flags)
        except Exception as error:  # noqa: BLE001 - which one it is, is the question
            self.error = error

    def release(self) -> None:
        """Give the view back."""
        if self.error is None:
            release_buffer(ctypes.byref(self.view))

    def __str__(self) -> str:
        """Show the request and the fields."""
        name = NAMES.get(self.flags, hex(self.flags))
        if self.error is not None:
            return f"{name} refused: {type(self.error).__name__}: {self.error}"
        fields = f"format={self.format} shape={self.shape} strides={self.strides}"
        return f"{name} granted: {fields} ndim={self.view.ndim} readonly={self.view.readonly:#x}"

    @property
    def granted(self) -> bool:
        """Whether there is a view."""
        return self.error is None

    @property
    def format(self) -> str | None:
        """The format."""
        return self.view.format.decode() if self.view.format else None

    @property
    def shape(self) -> list[int] | None:
        """The extents."""
        return self.view.shape[: self.view.ndim] if self.view.shape else None

    @property
    def strides(self) -> list[int] | None:
        """The steps, in bytes."""
        return self.view.strides[: self.view.ndim] if self.view.strides else None

    def contiguous(self, *, last_axis_first: bool = True) -> bool:
        """Whether the strides are those of C order (or of Fortran order)."""
        if not self.strides:  # C order then
            return last_axis_first or self.view.ndim <= 1
        step = self.view.itemsize
        axes = list(zip(self.shape, self.strides, strict=True))
        for extent, stride in reversed(axes) if last_axis_first else axes:
            if extent > 1 and stride != step:
                return False
            step *= extent
        return True

    def content(self) -> bytes:
        """Every item in C order: by strides where they are given, else flat."""
        if not self.shape or not self.strides:
            return ctypes.string_at(self.view.buf, self.view.len) if self.view.len else b""
        places = (
            sum(index * stride for index, stride in zip(indices, self.strides, strict=True))
            for indices in product(*map(range, self.shape))
        )
        return b"".join(ctypes.string_at(self.view.buf + place, self.view.itemsize) for place in places)
