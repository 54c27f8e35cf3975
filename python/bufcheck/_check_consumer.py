"""`check_consumer` and `assert_consumer`.

Knows which functions are called in a worker and which in children of this process. Must never judge.
"""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from bufcheck import _bufcheck, _live
from bufcheck._check import NonConformantError, NotCheckedError, named, run, wanted
from bufcheck._consumers import Consumer, callable_case, joined, said
from bufcheck._report import Report, from_json


def check_consumer(  # noqa: PLR0913 - the keys of `[[consumer]]`, and where to run
    what: str | Consumer | Callable[..., object],
    *,
    python: str | Sequence[str] | None = None,
    acts_on: str | None = None,
    oracle: str | None = None,
    formats: Sequence[str] = (),
    writes: bool | None = None,
    setup: str | None = None,
    requires: Sequence[str] = (),
    level: str = "must",
    timeout: float = 10.0,
) -> Report:
    """Check what takes a buffer: `"module:function"`, `"module:function(buf, 7)"`, or a function.

    A string, and a function that can be imported, are checked in a worker process of `python` (one
    interpreter or several; default: this one). A lambda, a local function and a bound method are called in
    children that this process forks: what kills one of them costs a call, as in a worker.

    `timeout` is for one step of a worker, in seconds. Raises ValueError, with a sentence, for a description
    that makes no sense, and TypeError for what cannot be called.
    """
    wanted(level)
    facts = said(
        acts_on=acts_on, oracle=oracle, formats=formats, writes=writes, setup=setup, requires=requires
    )
    subject = ""
    if isinstance(what, Consumer):
        facts = joined(what.declared, facts)
        subject, what = what.id, what.function
    pythons = [python] if isinstance(python, str) else list(python or ())
    call: dict[str, str] | None
    if isinstance(what, str):
        call = {"call": what}
    elif callable(what):
        call = callable_case(what)
        subject = subject or named(what)
    else:
        message = f"{what!r} cannot be called: want a function of one buffer, or `module:function`"
        raise TypeError(message)
    if call is None:
        return _here(what, pythons, (subject, facts), level)  # type: ignore[arg-type]
    case = joined(call, facts)
    if subject:
        case["id"] = subject
    again = {}
    if isinstance(what, str) and not facts and not subject:
        again = {what.strip(): f"bufcheck check --consumer {shlex.quote(what)}"}
    elif "setup" in call:
        again = {subject: "call `bufcheck.check_consumer` with the function, in Python"}
    return run({"consumer": [case], "python": pythons}, level=level, timeout=timeout, repro=again)


def _here(
    function: Callable[..., object], pythons: list[str], case: tuple[str, dict[str, Any]], level: str
) -> Report:
    """Check a function that no other process would find."""
    subject, facts = case
    if pythons:
        message = f"{function!r} lives in this process: to run it in {pythons}, name it as `module:function`"
        raise ValueError(message)
    config = {"consumer": [{"id": subject, **joined(_live.CALL, facts)}]}
    again = {subject: "call `bufcheck.check_consumer` with the function, in Python"}
    with _live.holding(lambda: function):
        raw = json.loads(_bufcheck.check_here(json.dumps({"config": config, "repro": again})))
    # All calls are made in children: a crash would not have ended this process.
    return from_json(raw, level=level, isolated=True)


def assert_consumer(what: str | Consumer | Callable[..., object], **options: Any) -> Report:  # noqa: ANN401 - those of `check_consumer`
    """Check as `check_consumer` does; raise unless it conforms.

    NonConformantError, an AssertionError, holds the findings; NotCheckedError says why nothing was found: it
    could not be called, or never asked for a buffer.
    """
    report = check_consumer(what, **options)
    if report.failures:
        raise NonConformantError(report)
    if not report.ok:
        raise NotCheckedError(report)
    return report
