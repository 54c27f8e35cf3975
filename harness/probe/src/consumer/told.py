"""A result of a consumer in words, the same for equal results.

Knows the results that functions of bytes and arrays give. Must never know which function it was. Results that hold a
buffer are read through it: a consumer may have kept only the address.
"""

import struct

DEPTH = 4


def told(value, depth=0):
    kind = type(value)
    name = kind.__name__
    if name == "Spy" and kind.__module__ == "bufcheck":
        return ITSELF  # noqa: F821 (the worker sets it)
    if value is None or kind in (bool, int, float, complex, str):
        return repr(value)
    if isinstance(value, (bytes, bytearray)):
        return name + " " + bytes(value).hex()
    if isinstance(value, memoryview):
        return viewed(value)
    if depth < DEPTH and isinstance(value, (list, tuple)):
        return name + "(" + ", ".join(told(item, depth + 1) for item in value) + ")"
    if depth < DEPTH and isinstance(value, dict):
        pairs = (told(key, depth + 1) + ": " + told(item, depth + 1) for key, item in value.items())
        return name + "(" + ", ".join(pairs) + ")"
    if depth < DEPTH and isinstance(value, (set, frozenset)):
        return name + "(" + ", ".join(sorted(told(item, depth + 1) for item in value)) + ")"
    return other(value, name, depth)


def viewed(view):
    """By value where the format is one of `struct`, in whatever spelling: the spelling is not the result."""
    head = f"memoryview {list(view.shape)} "
    items = view.tobytes()
    try:
        code = struct.Struct(view.format.strip().replace("^", "="))
        if code.size == view.itemsize:
            return head + repr([item[0] if len(item) == 1 else item for item in code.iter_unpack(items)])
    except struct.error:
        pass
    return head + items.hex()


def other(value, name, depth):
    """What is no plain value: read by the methods that such objects have."""
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        items = value.tolist()
        if getattr(value.dtype, "kind", "") == "O":
            return f"{name} of objects {list(getattr(value, 'shape', ()))}"
        return f"{name} {list(getattr(value, 'shape', ()))} {items!r}"
    if hasattr(value, "typecode") and hasattr(value, "tolist"):
        return f"{name} {value.typecode} {value.tolist()!r}"
    if hasattr(value, "span") and hasattr(value, "group"):
        return f"{name} {value.span()} {told(value.group(), depth + 1)}"
    for method in ("to_pybytes", "tobytes", "digest"):
        found = getattr(value, method, None)
        if callable(found) and not isinstance(value, type):
            try:
                return f"{name}.{method} {bytes(found()).hex()}"
            except TypeError:
                continue
    if depth < DEPTH and hasattr(value, "__next__"):
        items = []
        for item in value:
            items.append(told(item, depth + 1))
            if len(items) > 10000:
                break
        return name + "(" + ", ".join(items) + ")"
    try:
        with memoryview(value) as view:
            return name + " " + viewed(view)
    except TypeError:
        return f"<{name}>"
