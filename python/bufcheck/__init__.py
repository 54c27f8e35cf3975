"""Conformance suite and compatibility checker for Python's buffer protocol.

The command line is `bufcheck` or `python -m bufcheck`; from Python:

    report = bufcheck.check("array:array('i', [1, 2, 3])")
    assert report.ok, str(report)
    report = bufcheck.check_consumer("zlib:crc32(buf, 7)")
    assert report.ok, str(report)

What is named (`module:expression`, or a factory that can be imported) is checked in a worker process, so a
crash costs one verdict. Live objects and lambdas are checked in this process, and the report says so.
"""

import sys

import bufcheck._supported

try:
    from bufcheck._bufcheck import __version__
except ImportError as error:
    bufcheck._supported.explain_import(error)  # type: ignore[no-untyped-call]  # noqa: SLF001 - it is ours
    raise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bufcheck._check import NonConformantError, NotCheckedError, assert_conformant, check
    from bufcheck._check_consumer import assert_consumer, check_consumer
    from bufcheck._consumers import Consumer, consumer, registered_consumers
    from bufcheck._registry import Exporter, exporter, registered
    from bufcheck._report import Finding, Report, Subject
    from bufcheck._spies import Spy, SpyError, spies
    from bufcheck._trace import trace

# Where each name of the API is. They are loaded when they are asked for (PEP 562): the command line and the
# workers need none of them, and a worker should load into the interpreter under test what its user loads, and
# little else.
_HOMES = {
    "Consumer": "_consumers",
    "Exporter": "_registry",
    "Finding": "_report",
    "NonConformantError": "_check",
    "NotCheckedError": "_check",
    "Report": "_report",
    "Spy": "_spies",
    "SpyError": "_spies",
    "Subject": "_report",
    "assert_conformant": "_check",
    "assert_consumer": "_check_consumer",
    "check": "_check",
    "check_consumer": "_check_consumer",
    "consumer": "_consumers",
    "exporter": "_registry",
    "registered": "_registry",
    "registered_consumers": "_consumers",
    "spies": "_spies",
    "trace": "_trace",
}

__all__ = [
    "Consumer",
    "Exporter",
    "Finding",
    "NonConformantError",
    "NotCheckedError",
    "Report",
    "Spy",
    "SpyError",
    "Subject",
    "__version__",
    "assert_conformant",
    "assert_consumer",
    "check",
    "check_consumer",
    "consumer",
    "exporter",
    "registered",
    "registered_consumers",
    "spies",
    "trace",
]


def __getattr__(name: str) -> object:
    """Load the module that a name of the API stands in."""
    home = _HOMES.get(name)
    if home is None:
        problem = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(problem)
    module = f"{__name__}.{home}"
    __import__(module)
    value: object = getattr(sys.modules[module], name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name the whole API, loaded or not."""
    return sorted({*globals(), *__all__})
