"""The report as objects: what `bufcheck.check` returns.

Knows the JSON of `--json`. Must never judge: every verdict in here came from the rules.
"""

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bufcheck import _bufcheck

HERE = (
    "Checked in this process: a crash would have ended it, and what takes time, mutators or threads "
    "to show is left to workers."
)


@dataclass(frozen=True)
class Consequence:
    """A violation that follows from another one."""

    rule: str
    level: str
    found: str
    wanted: str
    standing: str


@dataclass(frozen=True)
class Finding:
    """A rule of the protocol, violated."""

    subject: str
    interpreter: str
    rule: str
    level: str
    """`must`, `should`, `contested` or `info`."""
    requests: tuple[str, ...]
    """The flags words on which it showed, as in `0x01c`."""
    found: str
    wanted: str
    standing: str
    """`new`, `as-recorded` for a known deviation, or `by-chance`: a race showed it, it decides nothing."""
    reason: str | None
    """Why it is tolerated, if it is recorded."""
    repro: str
    """The command that shows it again."""
    consequences: tuple[Consequence, ...]
    """Other rules that are broken because this one is."""
    text: str = field(repr=False)
    """At most nine lines for people."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Subject:
    """What came of one exporter in one interpreter."""

    id: str
    interpreter: str
    status: str
    """A status of the report: `conforms`, `deviates`, `died`, `nothing-granted`, `not-tested` and others."""
    type_name: str | None
    package: str | None
    version: str | None
    reason: tuple[str, ...]
    """Why it was not tested or could not be made, and how the process ended."""
    remarks: tuple[str, ...]
    """What could not be tried or made sure of, a line each; where there is one, no verdict is complete."""
    untested: tuple[str, ...]
    """Families of rules that had nothing to look at."""
    findings: tuple[Finding, ...]
    granted: int
    """Requests granted."""
    refused: int
    """Requests refused."""
    died: int
    """Requests that ended the process."""
    output: str = field(repr=False)
    """What the exporter printed, cut to a bounded length."""


@dataclass(frozen=True)
class Report:
    """What came of a check."""

    subjects: tuple[Subject, ...]
    level: str
    """What counts as failing: `must` or `should`."""
    isolated: bool
    """Whether the objects lived in workers; if not, a crash would have ended this process."""
    unusable: tuple[tuple[str, str], ...]
    """Interpreters that could not be used, with the reason."""
    raw: dict[str, Any] = field(repr=False)
    """The report as in `--json`."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, whatever its level and standing."""
        return tuple(finding for subject in self.subjects for finding in subject.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that count: of the level, or above, and not recorded."""
        return tuple(finding for finding in self.findings if self._counts(finding))

    @property
    def untested(self) -> tuple[str, ...]:
        """A line for everything that could not be checked."""
        lines = [f"{host}: {problem}" for host, problem in self.unusable]
        lines += [
            f"{subject.id}: {line}"
            for subject in self.subjects
            if subject.status in ("harness-fault", "not-tested")
            for line in subject.reason or (subject.status,)
        ]
        lines += [f"{subject.id}: {line}" for subject in self.subjects for line in subject.remarks]
        return tuple(lines)

    @property
    def ok(self) -> bool:
        """Whether everything was checked and nothing new is broken."""
        return not self.failures and not self.untested

    def render(self, format: str) -> str:  # noqa: A002 - the word of the command line
        """Write it as `terminal`, `json`, `html`, `junit`, `sarif` or `markdown`."""
        return _bufcheck.render(json.dumps(self.raw), format, self.level)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __str__(self) -> str:
        return "\n".join([*self._notes(), self.render("terminal").rstrip("\n")])

    def _repr_html_(self) -> str:
        page = html.escape(self.render("html"), quote=True)
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        # In a frame of its own: the style of the page must not become that of the notebook.
        return f'{notes}<iframe srcdoc="{page}" sandbox style="width:100%;height:32em;border:0"></iframe>'

    def _notes(self) -> list[str]:
        notes = [] if self.isolated else [HERE]
        return notes + [f"`{host}` could not be used: {problem}" for host, problem in self.unusable]

    def _counts(self, finding: Finding) -> bool:
        levels = ("must",) if self.level == "must" else ("must", "should")
        shown: list[Finding | Consequence] = [finding, *finding.consequences]
        return any(one.level in levels and one.standing == "new" for one in shown)


def from_json(
    raw: dict[str, Any], *, level: str, isolated: bool, unusable: list[tuple[str, str]] | None = None
) -> Report:
    """Make the objects from the JSON of a report."""
    texts = _bufcheck.findings(json.dumps(raw))
    remarks = _bufcheck.remarks(json.dumps(raw))
    subjects = tuple(map(_subject, raw["subjects"], texts, remarks))
    hosts = tuple((host, problem) for host, problem in unusable or ())
    return Report(subjects, level, isolated, hosts, raw)


def _subject(raw: dict[str, Any], texts: list[str], remarks: list[str]) -> Subject:
    findings = tuple(
        Finding(
            subject=raw["id"],
            interpreter=raw["interpreter"],
            rule=finding["rule"],
            level=finding["level"],
            requests=tuple(finding["requests"]),
            found=finding["found"],
            wanted=finding["wanted"],
            standing=finding["standing"],
            reason=finding.get("reason"),
            repro=finding["repro"],
            consequences=tuple(_consequence(folded) for folded in finding.get("consequences", ())),
            text=text.rstrip("\n"),
        )
        for finding, text in zip(raw["findings"], texts, strict=True)
    )
    counts = raw["requests"]
    return Subject(
        id=raw["id"],
        interpreter=raw["interpreter"],
        status=raw["status"],
        type_name=raw.get("type_name"),
        package=raw.get("package"),
        version=raw.get("version"),
        reason=tuple(raw.get("reason", ())),
        remarks=tuple(remarks),
        untested=tuple(raw.get("untested", ())),
        findings=findings,
        granted=counts["granted"],
        refused=counts["refused"],
        died=counts["died"],
        output=raw.get("output", ""),
    )


def _consequence(raw: dict[str, Any]) -> Consequence:
    return Consequence(raw["rule"], raw["level"], raw["found"], raw["wanted"], raw["standing"])
