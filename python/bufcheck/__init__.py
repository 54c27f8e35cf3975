"""Conformance suite and compatibility checker for Python's buffer protocol.

The command line is `bufcheck` or `python -m bufcheck`; from Python:

    report = bufcheck.check("array:array('i', [1, 2, 3])")
    assert report.ok, str(report)

What is named (`module:expression`, or a factory that can be imported) is checked in a worker process, so a
crash costs one verdict. Live objects and lambdas are checked in this process, and the report says so.
"""

import bufcheck._supported

try:
    from bufcheck._bufcheck import __version__
except ImportError as error:
    bufcheck._supported.explain_import(error)  # type: ignore[no-untyped-call]  # noqa: SLF001 - it is ours
    raise

from bufcheck._check import NonConformantError, NotCheckedError, assert_conformant, check
from bufcheck._registry import Exporter, exporter, registered
from bufcheck._report import Finding, Report, Subject

__all__ = [
    "Exporter",
    "Finding",
    "NonConformantError",
    "NotCheckedError",
    "Report",
    "Subject",
    "__version__",
    "assert_conformant",
    "check",
    "exporter",
    "registered",
]
