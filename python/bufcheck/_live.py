"""Holds what is being checked in this process, where the loop of a worker can reach it.

Knows one factory at a time. Must never be imported for anything else.
"""

from collections.abc import Callable
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = "bufcheck._live:make()"

CALL = {"call": TARGET, "setup": "globals().update(names())"}
"""A function, as a consumer; its oracle may use the names that the function may use."""

_lock = RLock()
_factories: list[Callable[[], object]] = []


@contextmanager
def holding(factory: Callable[[], object]) -> "Iterator[None]":
    """Let `make` call this factory."""
    with _lock:
        _factories.append(factory)
        try:
            yield
        finally:
            _factories.pop()


def make() -> object:
    """Make the object."""
    return _factories[-1]()


def names() -> dict[str, object]:
    """Name what the function may use, but for what is found here."""
    found = getattr(make(), "__globals__", {})
    return {name: value for name, value in found.items() if name != make.__name__}
