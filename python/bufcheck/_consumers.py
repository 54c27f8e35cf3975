"""Registered consumers: what `@bufcheck.consumer` and the entry points declare.

Knows how a function that takes a buffer is named so that a worker finds it. Must never call one.
"""

import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bufcheck._registry import declared, importable, origin, points, usable

GROUP = "bufcheck.consumers"

Function = TypeVar("Function", bound=Callable[..., object])

_BUFFER = "buf"
"""The name that stands for the buffer in an expression."""


@dataclass(frozen=True)
class Consumer:
    """One consumer: a function of one buffer, and what its author declares about it."""

    id: str
    function: Callable[..., object]
    declared: dict[str, Any]
    """The keys of `[[consumer]]` in `bufcheck.toml`: `oracle`, `formats`, `writes`, ..."""

    @property
    def module(self) -> str:
        """The module that registered it."""
        return self.function.__module__

    def case(self) -> dict[str, Any] | None:
        """Describe it as `[[consumer]]` does, or None if no worker could find the function."""
        call = callable_case(self.function)
        return None if call is None else {"id": self.id, **joined(call, self.declared)}


_registered: dict[str, Consumer] = {}


def consumer(  # noqa: PLR0913 - the keys of `[[consumer]]`
    id: str,  # noqa: A002 - the key of `[[consumer]]`
    *,
    acts_on: str | None = None,
    oracle: str | None = None,
    formats: Sequence[str] = (),
    writes: bool | None = None,
    setup: str | None = None,
    requires: Sequence[str] = (),
    python: str | None = None,
) -> Callable[[Function], Function]:
    """Register a function that can be called with one buffer.

    The declared facts are optional; they are checked, never trusted. `oracle` is an expression in the names
    of the function's module, of `items`, `data`, `shape` and `format`.
    """
    usable(id, "a consumer", "mylib/checksum")
    facts = said(
        acts_on=acts_on,
        oracle=oracle,
        formats=formats,
        writes=writes,
        setup=setup,
        requires=requires,
        python=python,
    )

    def register(function: Function) -> Function:
        known = _registered.get(id)
        if known is not None and origin(known.function) != origin(function):
            message = f"`{id}` is registered already, by `{known.module}`: choose another id"
            raise ValueError(message)
        _registered[id] = Consumer(id, function, facts)
        return function

    return register


def said(**facts: object) -> dict[str, Any]:
    """Keep what was declared, in the shapes of JSON; what was left out says nothing."""
    for key in ("formats", "requires"):
        if isinstance(facts.get(key), str):
            message = f"`{key}` is a list of strings, not the string {facts[key]!r}"
            raise TypeError(message)
    acts_on = facts.get("acts_on")
    if acts_on not in (None, "bytes", "items"):
        message = f"`acts_on` is `bytes` or `items`, not {acts_on!r}"
        raise ValueError(message)
    return declared(**{key: fact for key, fact in facts.items() if fact or fact is False})


def registered_consumers(*, installed: bool = False) -> list[Consumer]:
    """List the registered consumers; with `installed`, import what entry points name first."""
    if installed:
        points(GROUP)
    return list(_registered.values())


def callable_case(function: Callable[..., object]) -> dict[str, str] | None:
    """Say how a worker finds a function: `call` and perhaps `setup`, as in `[[consumer]]`."""
    if importable(function) is None:
        return None
    module, name = function.__module__, function.__qualname__
    if name.split(".")[0] == _BUFFER:
        # Where the buffer belongs, in the language of `call`.
        return None
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or _comes_with_python(Path(file)):
        return {"call": f"{module}:{name}"}
    # The names of its module are those of the expression and of its oracle.
    setup = f"globals().update(vars(load({module!r}, {str(Path(file).resolve())!r})))"
    return {"call": f"bufcheck.recipe:{name}", "setup": setup}


def joined(call: dict[str, str], facts: dict[str, Any]) -> dict[str, Any]:
    """Put both together: what finds the function comes before the set-up of its author."""
    case: dict[str, Any] = {**call, **facts}
    lines = [part["setup"] for part in (call, facts) if "setup" in part]
    if lines:
        case["setup"] = "\n".join(lines)
    return case


def _comes_with_python(file: Path) -> bool:
    if any(part in ("site-packages", "dist-packages") for part in file.parts):
        return True
    folders = (sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib"))
    return any(file.resolve().is_relative_to(Path(folder).resolve()) for folder in folders)
