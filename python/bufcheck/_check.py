"""`check` and `assert_conformant`.

Knows what is checked in a worker and what in this process. Must never judge.
"""

import json
import shlex
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bufcheck import _bufcheck, _live
from bufcheck._registry import Exporter, declared, importable
from bufcheck._report import Report, from_json

FOLDER = Path(__file__).resolve().parent.parent
"""Where other interpreters take the package from."""


class NonConformantError(AssertionError):
    """An exporter or a consumer breaks the protocol; `report` says where."""

    def __init__(self, report: Report) -> None:
        """Take the nine-line findings as the message."""
        self.report = report
        failures = report.failures
        rules = "rule" if len(failures) == 1 else "rules"
        head = f"{len(failures)} {rules} of the buffer protocol broken"
        if not report.isolated:
            head += " (checked in this process)"
        super().__init__("\n\n".join([head, *(finding.text for finding in failures)]))


class NotCheckedError(RuntimeError):
    """Nothing can be said of a subject: it could not be made or called, or no interpreter could be used."""

    def __init__(self, report: Report) -> None:
        """Take the reasons as the message."""
        self.report = report
        super().__init__("\n".join(report.untested))


def check(  # noqa: PLR0913 - the keys of `[[exporter]]`, and where to run
    what: object,
    *,
    python: str | Sequence[str] | None = None,
    readonly: bool | None = None,
    format: str | None = None,  # noqa: A002 - the key of `[[exporter]]`
    shape: Sequence[int] | None = None,
    values: object = None,
    mutators: Sequence[str] = (),
    shareable: bool | None = None,
    volatile: bool | None = None,
    sibling: str | None = None,
    camps: Mapping[str, str] | None = None,
    level: str = "must",
    timeout: float = 10.0,
) -> Report:
    """Check an exporter: `"module:expression"`, a factory, or an object.

    A string, and a factory that can be imported, are checked in a worker process of `python` (one
    interpreter or several; default: this one). A lambda, a local function and a live object are checked in
    this process, where a crash is a crash: `report.isolated` is false then.

    `timeout` is for one step of a worker, in seconds. Raises ValueError, with a sentence, for a description
    that makes no sense; what an exporter does wrong is in the report.
    """
    wanted(level)
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
    )
    pythons = [python] if isinstance(python, str) else list(python or ())
    if isinstance(what, Exporter):
        facts = {**what.declared, **facts}
        subject, what = what.id, what.factory
    else:
        subject = ""
    target = _target(what)
    if target is not None:
        case = {"make": target, **facts}
        subject = subject or (named(what) if callable(what) else "")
        if subject:
            case["id"] = subject
        again = {} if facts or subject else {target.strip(): f"bufcheck check {shlex.quote(target)}"}
        return run({"exporter": [case], "python": pythons}, level=level, timeout=timeout, repro=again)
    if pythons:
        message = f"{what!r} lives in this process: to run it in {pythons}, name it as `module:expression`"
        raise ValueError(message)
    factory = what if _is_factory(what) else lambda: what
    subject = subject or named(what)
    config = {"exporter": [{"id": subject, "make": _live.TARGET, **facts}]}
    description = {"config": config, "repro": {subject: "call `bufcheck.check` with the object, in Python"}}
    with _live.holding(factory):  # type: ignore[arg-type]
        raw = json.loads(_bufcheck.check_here(json.dumps(description)))
    return from_json(raw, level=level, isolated=False)


def wanted(level: str) -> None:
    """Refuse what is no level."""
    if level not in ("must", "should"):
        message = f"there is no level `{level}`: want `must` or `should`"
        raise ValueError(message)


def assert_conformant(what: object, **options: Any) -> Report:  # noqa: ANN401 - those of `check`
    """Check as `check` does; raise unless it conforms.

    NonConformantError, an AssertionError, holds the findings; NotCheckedError says why nothing was found.
    """
    report = check(what, **options)
    if report.failures:
        raise NonConformantError(report)
    if not report.ok:
        raise NotCheckedError(report)
    return report


def run(  # noqa: PLR0913 - the parts of a description
    config: Mapping[str, Any],
    *,
    level: str = "must",
    timeout: float = 10.0,
    file: str | None = None,
    subjects: Sequence[str] = (),
    repro: Mapping[str, str] | None = None,
) -> Report:
    """Check, in workers, what a configuration registers."""
    description = {
        "config": config,
        "path": [] if config.get("python") else _importable(),
        "file": file,
        "subjects": list(subjects),
        "repro": dict(repro or {}),
        "timeout": timeout,
    }
    found = json.loads(_bufcheck.check(json.dumps(description), sys.executable, FOLDER))
    unusable = [(host, problem) for host, problem in found["unusable"]]
    return from_json(found["report"], level=level, isolated=True, unusable=unusable)


def stale(
    config: Mapping[str, Any], reports: Sequence[Report], *, file: str | None, whole: bool
) -> list[str]:
    """Say, a line each, which known deviations of a configuration should be deleted or renewed.

    The reports are those of its exporters; `whole` says that none of them was left out.
    """
    description = json.dumps({"config": config, "file": file})
    found = json.loads(_bufcheck.stale(description, [json.dumps(report.raw) for report in reports], whole))
    return [_stale(one) for one in found]


def _stale(one: Mapping[str, Any]) -> str:
    place = f"{one['file']}:{one['line']}" if one.get("line") else one["file"]
    where = f" (on {one['interpreter']})" if one.get("interpreter") else ""
    return f"stale record {place}: subject `{one['subject']}`, rule `{one['rule']}`: {one['problem']}{where}"


def _target(what: object) -> str | None:
    if isinstance(what, str):
        return what
    if _is_factory(what):
        return importable(what)  # type: ignore[arg-type]
    return None


def _is_factory(what: object) -> bool:
    return callable(what) and not _exports(what)


def _exports(what: object) -> bool:
    try:
        memoryview(what).release()  # type: ignore[arg-type]
    except TypeError:
        return False
    except Exception:  # noqa: BLE001 - it refuses, so it is an exporter
        return True
    return True


def named(what: object) -> str:
    """Make an id for a thing without a name of its own."""
    kind = type(what) if not _is_factory(what) else what
    # A method of a built-in type names no module.
    module, name = getattr(kind, "__module__", None), getattr(kind, "__qualname__", "?")
    return "".join((f"{module}.{name}" if module else str(name)).split())


def _importable() -> list[str]:
    """Name the folders from which this process imports, but for those of the interpreter itself."""
    own = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    own.update(path / "lib-dynload" for path in tuple(own))
    installed = ("site-packages", "dist-packages")
    folders = (Path(folder).absolute() for folder in sys.path if folder)
    return [
        str(folder)
        for folder in folders
        if folder.is_dir() and folder.resolve() not in own and not set(folder.parts).intersection(installed)
    ]
