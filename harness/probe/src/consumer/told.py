"""A result of a consumer in words, the same for equal results.

Knows the results that functions of bytes and arrays give. Must never know which function it was. Results
that hold a buffer are read through it: a consumer may have kept only the address.
"""

import math
import struct
from collections.abc import Callable

DEPTH = 4
MOST_ITEMS = 10_000


def told(value: object, depth: int = 0) -> str:
    """Say what a value is; what is nested deeper than `DEPTH` by its type alone."""
    kind = type(value)
    if kind.__module__ == "bufcheck" and kind.__name__ in {"Spy", "Owner"}:
        return ITSELF if kind.__name__ == "Spy" else OWNER  # noqa: F821 (the worker sets them)
    kinds = (plain, nested, array, matched, by_method, drawn, shown)
    found = (look(value, kind.__name__, depth) for look in kinds)
    return next((text for text in found if text is not None), f"<{kind.__name__}>")


def plain(value: object, name: str, _: int) -> str | None:
    """Say a value that holds nothing but itself."""
    if value is None or type(value) in {bool, int, float, complex, str}:
        return repr(value)
    if isinstance(value, bytes | bytearray):
        return name + " " + bytes(value).hex()
    return viewed(value) if isinstance(value, memoryview) else None


def nested(value: object, name: str, depth: int) -> str | None:
    """Say a container by what it holds."""
    if depth >= DEPTH:
        return None
    parts = None
    if isinstance(value, list | tuple):
        parts = [told(item, depth + 1) for item in value]
    elif isinstance(value, dict):
        parts = [told(key, depth + 1) + ": " + told(item, depth + 1) for key, item in value.items()]
    elif isinstance(value, set | frozenset):
        parts = sorted(told(item, depth + 1) for item in value)
    return None if parts is None else name + "(" + ", ".join(parts) + ")"


def array(value: object, name: str, _: int) -> str | None:
    """Say an array by its items."""
    if not hasattr(value, "tolist"):
        return None
    if hasattr(value, "dtype"):
        shape = list(getattr(value, "shape", ()))
        if getattr(value.dtype, "kind", "") == "O":
            return f"{name} of objects {shape}"
        return f"{name} {shape} {value.tolist()!r}"
    return f"{name} {value.typecode} {value.tolist()!r}" if hasattr(value, "typecode") else None


def matched(value: object, name: str, depth: int) -> str | None:
    """Say where a pattern matched, and what."""
    if hasattr(value, "span") and hasattr(value, "group"):
        return f"{name} {value.span()} {told(value.group(), depth + 1)}"
    return None


def by_method(value: object, name: str, _: int) -> str | None:
    """Say an object that gives its bytes by a method."""
    for method in ("to_pybytes", "tobytes", "digest"):
        found = getattr(value, method, None)
        if callable(found) and not isinstance(value, type):
            try:
                return f"{name}.{method} {bytes(found()).hex()}"
            except TypeError:
                continue
    return None


def drawn(value: object, name: str, depth: int) -> str | None:
    """Say an iterator by what it gives."""
    if depth >= DEPTH or not hasattr(value, "__next__"):
        return None
    items = []
    for item in value:
        items.append(told(item, depth + 1))
        if len(items) > MOST_ITEMS:
            break
    return name + "(" + ", ".join(items) + ")"


def shown(value: object, name: str, _: int) -> str | None:
    """Say an object by the buffer that it gives."""
    try:
        with memoryview(value) as view:
            return name + " " + viewed(view)
    except TypeError:
        return None


def expected_by(oracle: Callable) -> Callable:
    """Make an oracle of items a function of format, size, shape and bytes; None for unknown items."""

    def expected(form: str, itemsize: int, shape: list[int], data: bytes) -> tuple | None:
        flat = decoded(form, itemsize, data)
        return None if flat is None else (oracle(nest(flat, shape), data, tuple(shape), form),)

    return expected


def decoded(form: str, itemsize: int, data: bytes) -> list | None:
    """Give the items as values; None where `struct` does not know them."""
    try:
        code = struct.Struct(form.strip().replace("^", "="))
    except struct.error:
        return None
    if code.size != itemsize:
        return None
    return [item[0] if len(item) == 1 else item for item in code.iter_unpack(data)]


def items(form: str, itemsize: int, shape: list[int], data: bytes) -> list:
    """Give the items along the first axis: values, or their bytes where nobody knows what they mean."""
    flat = decoded(form, itemsize, data)
    if flat is None:
        flat = [data[at : at + itemsize] for at in range(0, len(data), itemsize)]
    return nest(flat, shape)


def nest(flat: list, shape: list[int]) -> object:
    """Nest items by axis, the last one innermost; what has no axis is the item."""
    if not shape:
        return flat[0]
    if len(shape) == 1:
        return flat
    step = math.prod(shape[1:])
    return [nest(flat[at * step : (at + 1) * step], shape[1:]) for at in range(shape[0])]


def agrees(result: object, wanted: object) -> str | None:
    """Compare a result with what its author says it is; what was wanted, in words, where it is another."""
    if isinstance(result, float) and isinstance(wanted, int | float):
        if math.isclose(result, wanted, rel_tol=1e-9) or (math.isnan(result) and math.isnan(wanted)):
            return None
        return told(wanted)
    if hasattr(result, "dtype") and hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, memoryview):
        result = result.tobytes() if isinstance(wanted, bytes) else result.tolist()
    try:
        if bool(result == wanted):
            return None
    except (TypeError, ValueError):
        pass
    words = told(wanted)
    # An iterator is read once: by whoever says the result in words.
    return None if hasattr(result, "__next__") or told(result) == words else words


def viewed(view: memoryview) -> str:
    """Say a view by value where its format is one of `struct`: how that is spelt is not the result."""
    head = f"memoryview {list(view.shape)} "
    items = view.tobytes()
    try:
        code = struct.Struct(view.format.strip().replace("^", "="))
        if code.size == view.itemsize:
            return head + repr([item[0] if len(item) == 1 else item for item in code.iter_unpack(items)])
    except struct.error:
        pass
    return head + items.hex()
