"""`with bufcheck.trace() as t:`: the buffers of a block of code, watched in this process.

Knows when a trace begins and ends. Must never judge: that is done on what was written down.
"""

import json
import tempfile
from types import TracebackType
from typing import Any, Self

from bufcheck import _bufcheck


class Trace:
    """What was seen of a block; `report`, `findings` and `str()` are there once it has ended."""

    def __init__(self) -> None:
        """Begin nothing yet."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._text = ""

    @property
    def report(self) -> dict[str, Any]:
        """The report, as `bufcheck trace --json` writes it."""
        if not self._text:
            problem = "the report is there when the block has ended"
            raise RuntimeError(problem)
        report: dict[str, Any] = json.loads(self._text)
        return report

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What was found, the worst first."""
        findings: list[dict[str, Any]] = self.report["findings"]
        return findings

    def __enter__(self) -> Self:
        """Begin; RuntimeError where nothing can be traced, or a trace runs already."""
        folder = tempfile.TemporaryDirectory(prefix="bufcheck-trace-")
        try:
            _bufcheck.trace_start(folder.name, from_start=False)
        except BaseException:
            folder.cleanup()
            raise
        self._folder = folder
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End, and judge what was seen."""
        folder, self._folder = self._folder, None
        if folder is not None:
            with folder:
                _bufcheck.trace_finish()
                self._text = _bufcheck.trace_report(folder.name)

    def __str__(self) -> str:
        """Tell it to people."""
        return _bufcheck.trace_text(self._text) if self._text else "a trace that has not ended"


def trace() -> Trace:
    """Watch every buffer that is asked for and given back in a block, by whichever code and thread.

    A view that was granted before the block began is not known, so a second release is not judged.
    """
    return Trace()
