"""Print the exporters and requests of CPython's own `test_ndarray_getbuf`, as JSON.

The test itself is run with its constructor and its check replaced by recorders, so that exactly its
exporters and requests are listed, whatever the version of CPython.
"""

import json
import sys
import unittest

from test import test_buffer as theirs

made: dict[int, tuple[object, str]] = {}
asked: dict[int, tuple[str, list[int]]] = {}
original = theirs.ndarray


def expression(thing: object) -> str:
    """Return the text that makes an equal object."""
    if id(thing) in made:
        return made[id(thing)][1]
    if isinstance(thing, memoryview):
        return f"memoryview({expression(thing.obj)})"
    message = f"an exporter of unknown origin: {thing!r}"
    raise TypeError(message)


class Recorded:
    """Stand in for the constructor: record how an object is made, and how it is sliced."""

    def __new__(cls, items: object, **words: object) -> object:
        """Make the real object."""
        thing = original(items, **words)
        if isinstance(items, (list, int, bool)):
            given = ", ".join(f"{name}={value!r}" for name, value in words.items())
            text = f"ndarray({items!r}, {given})"
            made[id(thing)] = (thing, text)
            if words.get("shape"):
                # The test slices each of its objects once, right away; the slice is found by its base.
                made[id(thing), "slice"] = (thing, f"{text}[::-2]")
        return thing


class Recorder(theirs.TestBufferProtocol):
    """The test, with a check that only writes down what would be asked."""

    def verify_getbuf(self, orig_ex: object, ex: object, req: int, *, sliced: bool = False) -> None:
        """Record one request."""
        if sliced and id(orig_ex) not in made:
            base = list(made.items())[-1]
            made[id(orig_ex)] = (orig_ex, base[1][1])
        asked.setdefault(id(ex), (expression(ex), []))[1].append(req)
        keep.append(ex)


keep: list[object] = []
theirs.ndarray = Recorded
result = unittest.TestResult()
Recorder("test_ndarray_getbuf").run(result)
json.dump([{"expression": text, "requests": words} for text, words in asked.values()], sys.stdout)
