"""Registered exporters: what `@bufcheck.exporter` and the entry points declare.

Knows how a factory is named so that a worker finds it. Must never call one.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

GROUP = "bufcheck.exporters"

Factory = TypeVar("Factory", bound=Callable[[], object])


@dataclass(frozen=True)
class Exporter:
    """One exporter: how a fresh object is made, and what its author declares about it."""

    id: str
    factory: Callable[[], object]
    declared: Mapping[str, Any]
    """The keys of `[[exporter]]` in `bufcheck.toml`: `readonly`, `format`, `shape`, ..."""

    @property
    def module(self) -> str:
        """The module that registered it."""
        return self.factory.__module__

    def case(self) -> dict[str, Any] | None:
        """Describe it as `[[exporter]]` does, or None if no worker could find the factory."""
        make = importable(self.factory)
        return None if make is None else {"id": self.id, "make": make, **self.declared}


_registered: dict[str, Exporter] = {}


def exporter(  # noqa: PLR0913 - the keys of `[[exporter]]`
    id: str,  # noqa: A002 - the key of `[[exporter]]`
    *,
    readonly: bool | None = None,
    format: str | None = None,  # noqa: A002 - the key of `[[exporter]]`
    shape: Sequence[int] | None = None,
    values: object = None,
    mutators: Sequence[str] = (),
    shareable: bool | None = None,
    volatile: bool | None = None,
    sibling: str | None = None,
    camps: Mapping[str, str] | None = None,
    python: str | None = None,
) -> Callable[[Factory], Factory]:
    """Register a factory: a function without parameters that makes a fresh object each time.

    The declared facts are optional; they are checked, never trusted.
    """
    usable(id, "an exporter", "mylib/image")
    facts = declared(
        readonly=readonly,
        format=format,
        shape=shape,
        values=values,
        mutators=mutators,
        shareable=shareable,
        volatile=volatile,
        sibling=sibling,
        camps=camps,
        python=python,
    )

    def register(factory: Factory) -> Factory:
        known = _registered.get(id)
        if known is not None and origin(known.factory) != origin(factory):
            message = f"`{id}` is registered already, by {_name(known.factory)}: choose another id"
            raise ValueError(message)
        _registered[id] = Exporter(id, factory, facts)
        return factory

    return register


def usable(id: str, of: str, example: str) -> None:  # noqa: A002 - the key of a registration
    """Raise unless an id can stand in a list of subjects."""
    if not id or any(c.isspace() for c in id):
        message = f"the id of {of} is a name without spaces, such as `{example}`, not {id!r}"
        raise ValueError(message)


def declared(**facts: object) -> dict[str, Any]:
    """Keep what was said, in the shapes of JSON."""
    said: dict[str, Any] = {}
    for key, fact in facts.items():
        if fact is None or (key in ("mutators", "camps") and not fact):
            continue
        said[key] = _plain(fact)
    return said


def _plain(fact: object) -> object:
    if isinstance(fact, Mapping):
        return {str(key): _plain(value) for key, value in fact.items()}
    if isinstance(fact, str | bool | int | float):
        return fact
    if isinstance(fact, Iterable):
        return [_plain(item) for item in fact]
    message = f"{fact!r} cannot be declared: want numbers, strings, and sequences of them"
    raise TypeError(message)


def registered(*, installed: bool = False) -> list[Exporter]:
    """List the registered exporters; with `installed`, import what entry points name first."""
    if installed:
        points(GROUP)
    return list(_registered.values())


def points(group: str) -> None:
    """Load the entry points of a group, of whatever package."""
    for point in entry_points(group=group):
        load(point)


def load(point: EntryPoint) -> list[Exporter]:
    """Import the module of an entry point; what it registered.

    An entry point names a module whose decorators register, or a function that is called to do so.
    """
    before = set(_registered)
    found = point.load()
    if callable(found):
        found()
    return [exporter for id_, exporter in _registered.items() if id_ not in before]


def importable(factory: Callable[..., object]) -> str | None:
    """Name a target that makes the object of this factory in another process, if there is one."""
    module, name = getattr(factory, "__module__", None), getattr(factory, "__qualname__", None)
    if not module or not name or module == "__main__" or "<" in name:
        return None
    found: object = sys.modules.get(module)
    file = getattr(found, "__file__", None)
    for part in name.split("."):
        found = getattr(found, part, None)
    # A decorator may have wrapped it: then the name leads to something else, and that is not what was given.
    if found is not factory:
        return None
    if file is None or _is_installed(Path(file)):
        return f"{module}:{name}"
    return f"bufcheck.recipe:make({module!r}, {name!r}, {str(Path(file).resolve())!r})"


def _is_installed(file: Path) -> bool:
    return any(part in ("site-packages", "dist-packages") for part in file.parts)


def origin(factory: Callable[..., object]) -> tuple[str, str]:
    """Tell what was registered by where it was written."""
    # A module that is imported under two names, or again, registers the same factory again.
    code = getattr(factory, "__code__", None)
    return (getattr(code, "co_filename", factory.__module__), getattr(factory, "__qualname__", repr(factory)))


def _name(factory: Callable[[], object]) -> str:
    return f"`{factory.__module__}.{getattr(factory, '__qualname__', factory)}`"
