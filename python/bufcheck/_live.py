"""Holds the object that is being checked in this process, where the loop of a worker can reach it.

Knows one factory at a time. Must never be imported for anything else.
"""

from collections.abc import Callable
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = "bufcheck._live:make()"

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
