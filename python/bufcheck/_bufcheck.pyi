import os
from typing import TypeAlias

__version__: str

_Path: TypeAlias = str | os.PathLike[str]

def run(words: list[str], executable: _Path, folder: _Path) -> int:
    """Carry out the command line `words` (the first is the program's name); the exit status.

    Subjects run in `executable`, whose workers take the `bufcheck` package from `folder`.
    """

def serve() -> None:
    """Serve the jobs that come on standard input until it is closed."""

def check(description: str, executable: _Path, folder: _Path) -> str:
    """Check what a JSON description describes, in workers; JSON with `report` and `unusable`.

    Raises ValueError, with a sentence, for a description that makes no sense.
    """

def check_here(description: str) -> str:
    """Check the one subject of a JSON description in this process; the report as JSON.

    A consumer is called in children of this process.
    """

def stale(description: str, reports: list[str], all_subjects: bool) -> str:
    """Find the records of a JSON description that should be deleted or renewed; JSON as in a report.

    `reports` are those on its exporters; with `all_subjects`, none of them was left out.
    """

def reference(description: str) -> object:
    """Make a fresh reference exporter: it obeys the protocol in any layout that a JSON description names.

    The description is that of `reference` in `cases/schema/exporters.schema.json`: `{"shape": [3]}`.
    """

def spies() -> list[tuple[str, bytes]]:
    """List every spy: what it is, as JSON, and the bytes of its items in C order."""

class Watched:
    """A spy that is out: faults in its pages are written down and let in."""

    def __init__(self, spy: str, readonly: int, at_start: bool) -> None:
        """Make a spy of a JSON description and watch it; RuntimeError where another is out."""

    @property
    def object(self) -> object:
        """The object that is given to a function."""

    @property
    def held(self) -> int:
        """Views that are held."""

    def take_back(self) -> str:
        """Stop watching: the rules that were broken, as JSON."""

def configuration(place: _Path) -> tuple[_Path, str] | None:
    """Read the configuration of a folder, if it has one, or of a file: its path, and itself as JSON.

    Raises ValueError, with file, place and nearest valid name, for a configuration with a mistake.
    """

def families() -> list[str]:
    """Name the families of the rules that are judged, in the order of the table."""

def render(report: str, format: str, level: str) -> str:
    """Write a report as `terminal`, `json`, `html`, `junit`, `sarif` or `markdown`."""

def findings(report: str) -> list[list[str]]:
    """Write every finding of a report, subject by subject, in at most nine lines each."""

def remarks(report: str) -> list[list[str]]:
    """Say of every subject of a report what could not be tried or made sure of, a line each."""

def trace_start(folder: str, *, from_start: bool) -> bool:
    """Trace this process, and write into `folder`; whether types that come later must be told.

    Raises RuntimeError, with a sentence, where nothing can be traced.
    """

def trace_more_types() -> None:
    """Watch the types that have come since, where every slot is watched."""

def trace_test(test: str | None = None) -> None:
    """Say which test runs."""

def trace_finish() -> None:
    """Look for what was never given back, and end the trace."""

def trace_report(folder: _Path) -> str:
    """Judge what traced processes have written into a folder; the report as JSON."""

def trace_text(report: str) -> str:
    """Render the report of a trace as text for people."""
