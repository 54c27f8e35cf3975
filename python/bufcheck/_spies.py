"""`spies`: exporters in guarded memory, for people's own tests.

Knows which spies there are and what is raised when one is taken back. Must never judge.
"""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bufcheck import _bufcheck
from bufcheck._check import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator


class SpyError(AssertionError):
    """Somebody who was given a spy broke the protocol; `rules` names what was broken."""

    def __init__(self, spy: "Spy", broken: list[dict[str, str]]) -> None:
        """Take what was found as the message."""
        self.spy = spy
        self.rules = tuple(one["rule"] for one in broken)
        lines = [f"{one['level']} {one['rule']}: {one['found']}\n  wanted: {one['wanted']}" for one in broken]
        super().__init__("\n".join(lines))


class Spy:
    """An exporter that obeys the protocol, is unusual in one thing, and lies in guarded memory.

    It is used as a context: `with spy as buf` makes a fresh one and watches it until the block ends. Whatever
    is touched that was not handed out is written down and let in, so that the code under test goes on; at the
    end of the block SpyError tells of it. One spy can be watched at a time.
    """

    def __init__(
        self, raw: dict[str, Any], data: bytes, readonly: int, level: str, *, at_start: bool
    ) -> None:
        """Remember what it is; nothing is made yet."""
        self._raw = raw
        self._level = level
        self._at_start = at_start
        self._watched: _bufcheck.Watched | None = None
        self.data = data
        """The bytes of all items in C order."""
        self.readonly = readonly != 0
        """Whether its memory may not be written."""
        self.readonly_field = readonly
        """What `readonly` is: any number but 0 says that it is."""

    @property
    def id(self) -> str:
        """What it is called: `spies/...`, and in what dress it is."""
        words = ["read-only" if self.readonly else "writable"]
        if self.readonly_field not in (0, 1):
            words.append(str(self.readonly_field))
        if self._at_start:
            words.append("at-start")
        return "/".join([str(self._raw["id"]), *words])

    @property
    def about(self) -> str:
        """What it is, in words."""
        return str(self._raw["about"])

    @property
    def format(self) -> str:
        """Its format."""
        return str(self._raw["format"])

    @property
    def itemsize(self) -> int:
        """Bytes of an item."""
        return int(self._raw["itemsize"])

    @property
    def shape(self) -> tuple[int, ...]:
        """Its extents, in items."""
        return tuple(self._raw["shape"])

    @property
    def plain(self) -> bool:
        """Whether its items lie in C order, without gaps, at the start of its memory."""
        return not any(key in self._raw for key in ("strides", "suboffsets", "start"))

    @property
    def refuses(self) -> bool:
        """Whether it refuses requests that the protocol would have it grant."""
        return "refuses" in self._raw

    @property
    def contested(self) -> bool:
        """Whether no text says that an exporter may be like this."""
        return bool(self._raw.get("contested"))

    @property
    def changes(self) -> bool:
        """Whether its items are others when it is asked again while no view is held."""
        return bool(self._raw.get("changes"))

    @property
    def held(self) -> int:
        """Views that are held just now: when the block ends, there should be none but those of the test."""
        return 0 if self._watched is None else self._watched.held

    def __enter__(self) -> Any:  # noqa: ANN401 - an object with a buffer, which has no name in 3.11
        """Give it out."""
        if self._watched is not None:
            message = f"{self!r} is in use already"
            raise RuntimeError(message)
        self._watched = _bufcheck.Watched(json.dumps(self._raw), int(self.readonly_field), self._at_start)
        return self._watched.object

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take it back; raise for what was done to it."""
        watched, self._watched = self._watched, None
        if watched is None:
            return
        levels = ("must",) if self._level == "must" else ("must", "should")
        broken = [one for one in json.loads(watched.take_back()) if one["level"] in levels]
        if broken:
            raise SpyError(self, broken)

    def __repr__(self) -> str:
        return f"<bufcheck spy {self.id}: {self.about}>"

    def __str__(self) -> str:
        return self.id


def spies(  # noqa: PLR0913 - each narrows the choice
    *ids: str,
    formats: Sequence[str] | None = None,
    plain: bool | None = None,
    readonly: bool | None = None,
    refuses: bool | None = False,
    contested: bool | None = False,
    changes: bool | None = False,
    level: str = "must",
) -> list[Spy]:
    """List the spies, each in every dress: `@pytest.mark.parametrize("spy", bufcheck.spies(), ids=str)`.

    `ids` are globs such as `spies/bytes/*`; `formats`, `plain`, `readonly`, `refuses`, `contested` and
    `changes` choose among them, and None takes both kinds. `level` says what raises: broken `must` rules, or
    `should` as well.
    Raises ValueError where nothing is left: a test without cases passes.
    """
    wanted(level)
    found = [
        spy
        for spy in _all(level)
        if (not ids or any(fnmatchcase(spy.id, glob) for glob in ids))
        and (formats is None or spy.format in formats)
        and plain in (None, spy.plain)
        and readonly in (None, spy.readonly)
        and refuses in (None, spy.refuses)
        and contested in (None, spy.contested)
        and changes in (None, spy.changes)
    ]
    if not found:
        every = "bufcheck.spies(refuses=None, contested=None, changes=None)"
        message = f"there is no such spy: `{every}` lists all"
        raise ValueError(message)
    return found


def _all(level: str) -> "Iterator[Spy]":
    for text, data in _bufcheck.spies():
        raw = json.loads(text)
        for readonly in raw.get("readonly", (1, 0)):
            yield Spy(raw, data, readonly, level, at_start=False)
            if raw.get("both_ends"):
                yield Spy(raw, data, readonly, level, at_start=True)
