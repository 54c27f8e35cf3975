"""Strategies for Hypothesis: legal buffers of any layout, for property tests of functions that take them.

Knows which layouts there are and what is in them. Must never judge what a function makes of one.

Needs Hypothesis, which `bufcheck[hypothesis]` installs.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from bufcheck import _bufcheck

__all__ = ["Buffer", "buffers"]

FORMATS = ("B", "b", "?", "h", "H", "i", "I", "q", "Q", "f", "d")
"""What is drawn from unless a test names its formats; examples shrink to the first of them."""


@dataclass(frozen=True)
class Buffer:
    """A legal buffer, and what is in it."""

    exporter: Any
    """The object to be given to a function."""
    data: bytes
    """The bytes of all items in C order."""
    description: dict[str, Any]
    """How its items lie: the keys of `reference` in `cases/schema/exporters.schema.json`."""

    @property
    def format(self) -> str:
        """The format of an item."""
        return str(self.description["format"])

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents, in items."""
        return tuple(self.description["shape"])

    @property
    def items(self) -> tuple[Any, ...]:
        """All items in C order."""
        size = struct.calcsize(self.format)
        parts = (self.data[at : at + size] for at in range(0, len(self.data), size))
        return tuple(struct.unpack(self.format, part)[0] for part in parts)

    def __repr__(self) -> str:
        """Say how it lies."""
        return f"<buffer {json.dumps(self.description)}>"


@st.composite
def buffers(  # noqa: PLR0913 - each narrows the choice
    draw: st.DrawFn,
    *,
    formats: Sequence[str] = FORMATS,
    max_dims: int = 3,
    max_side: int = 4,
    readonly: bool | None = None,
    contiguous: bool | None = None,
    indirect: bool = False,
) -> Buffer:
    """Draw legal buffers; they shrink to no items of the first format in a row.

    `formats` are native formats of one item; `max_dims` and `max_side` bound the shape. `readonly` and
    `contiguous` (in C order) say what all of them are, where both kinds will not do; with `indirect` some are
    reached through pointers.
    """
    if not formats or max_dims < 0 or max_side < 0:
        message = "want a format at least, and no negative number"
        raise ValueError(message)
    format_ = draw(st.sampled_from(list(formats)))
    size = struct.calcsize(format_)
    shapes = st.lists(st.integers(0, max_side), min_size=min(1, max_dims), max_size=max_dims)
    # No axis at all is rare, and yet the first that is forgotten.
    shape = draw(shapes | st.just([]))
    count = 1
    for side in shape:
        count *= side
    data = draw(_items(format_, size, count))
    description: dict[str, Any] = {
        "format": format_,
        "itemsize": size,
        "shape": shape,
        "bytes": data.hex(),
        "readonly": draw(st.booleans()) if readonly is None else readonly,
    }
    if contiguous is False and count <= 1:
        # Fewer than two items are contiguous however they lie.
        reject()
    if contiguous is not True and count and shape:
        kinds = ["straight", "strided", *(["indirect"] if indirect else [])]
        kind = "strided" if contiguous is False else draw(st.sampled_from(kinds))
        if kind == "strided":
            description["strides"] = draw(_strides(shape, size, apart=contiguous is False))
        elif kind == "indirect":
            description["suboffsets"] = [0] + [-1] * (len(shape) - 1)
    return Buffer(_bufcheck.reference(json.dumps(description)), data, description)


@st.composite
def _items(draw: st.DrawFn, format_: str, size: int, count: int) -> bytes:
    if format_ == "?":
        return bytes(draw(st.lists(st.integers(0, 1), min_size=count, max_size=count)))
    if format_ in ("e", "f", "d"):
        floats = st.floats(width={2: 16, 4: 32}.get(size, 64), allow_nan=False)  # type: ignore[arg-type]
        return struct.pack(f"{count}{format_}", *draw(st.lists(floats, min_size=count, max_size=count)))
    return draw(st.binary(min_size=count * size, max_size=count * size))


@st.composite
def _strides(draw: st.DrawFn, shape: list[int], size: int, *, apart: bool) -> list[int]:
    """Lay the axes one inside the other in any order, with gaps, and turn some round.

    What must not be contiguous has gaps on its innermost axis of more than one item.
    """
    order = draw(st.permutations(range(len(shape))))
    strides = [0] * len(shape)
    step = size
    for axis in reversed(order):
        least = 2 if apart and shape[axis] > 1 else 1
        apart = apart and least == 1
        step *= draw(st.integers(least, 3))
        strides[axis] = step if draw(st.booleans()) else -step
        step *= shape[axis]
    return strides
