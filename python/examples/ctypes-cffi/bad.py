"""The commonest slips with ctypes and cffi, one class or function each. Do not copy this file."""

import ctypes

import cffi

ffi = cffi.FFI()

# A ctypes array handed out as it is: [breaks: format.null-unless-requested] [breaks: shape.null-unless-nd]
# [breaks: strides.non-null-when-requested] [breaks: request.f-contiguous]
Grid = (ctypes.c_float * 3) * 2


class Resized(ctypes.c_double * 64):
    """Memory of ctypes that grows."""

    def grow(self) -> None:
        """Move the items, whoever holds them."""
        ctypes.resize(self, 1 << 20)  # [breaks: export.locks-resize]


class Either(ctypes.Union):
    """A union: its format is `B`, its items are larger. [breaks: itemsize.matches-format]."""

    _fields_ = (("number", ctypes.c_uint32), ("part", ctypes.c_uint8))


class Bits(ctypes.Structure):
    """Bit fields: each is described as a whole integer. [breaks: itemsize.matches-extended-format]."""

    _fields_ = (("low", ctypes.c_uint16, 4), ("high", ctypes.c_uint16, 12))


class Borrowed(ctypes.c_uint8 * 64):
    """Memory of a bytearray by its address: no view is held of it."""

    @classmethod
    def of_bytearray(cls) -> "Borrowed":
        """Borrow."""
        owner = bytearray(range(64))
        address = ctypes.addressof(cls.from_buffer(owner))
        borrowed = cls.from_address(address)  # [breaks: memory.valid-until-release]
        borrowed.owner = owner
        return borrowed

    def grow(self) -> None:
        """Move the bytes: nothing keeps the bytearray from it."""
        self.owner.extend(bytes(1 << 20))


def written_bytes() -> object:
    """Lend bytes, which are immutable: buffers of cffi are always writable."""
    return ffi.buffer(ffi.from_buffer(b"abcdef"))  # [breaks: consistency.declared-readonly]
