"""The pytest plugin: `pytest --bufcheck` tests registered exporters and consumers.

Knows how verdicts become passed, failed and skipped items. Must never check in the process of pytest: what
is tested lives in workers.

Both come from `bufcheck.toml` or `pyproject.toml` of the root folder (or `--bufcheck-config`), from
`@bufcheck.exporter` and `@bufcheck.consumer` in the test modules and `conftest.py` files that pytest
collects, and from the entry points `bufcheck.exporters` and `bufcheck.consumers` of installed packages. An
exporter is one item for each family of rules, is checked when its first item runs, and once for all of them;
a consumer is one item. Where deviations are recorded, one more item, `bufcheck::record`, fails if a record is
stale.
"""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bufcheck import Consumer, Exporter, Finding, Report


KINDS = ("exporter", "consumer")
"""What can be registered, as the keys of a configuration are called."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--bufcheck` and its companions."""
    group = parser.getgroup("bufcheck", "buffer protocol conformance")
    group.addoption("--bufcheck", action="store_true", help="test what is registered")
    group.addoption("--bufcheck-config", metavar="FILE", help="read this instead of bufcheck.toml")
    group.addoption(
        "--bufcheck-level",
        choices=["must", "should"],
        help="what fails a test [default: that of the file, or must]",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and collect only when asked to."""
    config.addinivalue_line("markers", "bufcheck: a test of an exporter or a consumer, made by --bufcheck")
    if config.getoption("--bufcheck") or config.getoption("--bufcheck-config"):
        config.pluginmanager.register(Collecting(config), "bufcheck-collecting")


class ConformanceError(Exception):
    """Findings, or a reason, to be shown as they are."""


@dataclass
class Suite:
    """An exporter or a consumer, and what came of it, once it was checked."""

    id: str
    kind: str
    """`exporter` or `consumer`: under which key it is described."""
    config: dict[str, Any]
    file: str | None
    level: str
    repro: dict[str, str]
    _report: "Report | None" = field(default=None, repr=False)

    def report(self) -> "Report":
        """Check it, unless that was done."""
        from bufcheck._check import run  # noqa: PLC0415 - nothing native is loaded unless asked for

        if self._report is None:
            self._report = run(self.config, level=self.level, file=self.file, repro=self.repro)
        return self._report


class Collecting:
    """Adds the items when pytest has collected its own."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the configuration: a mistake in it must not wait for the tests."""
        from bufcheck import _bufcheck  # noqa: PLC0415 - nothing native is loaded unless asked for

        named = config.getoption("--bufcheck-config")
        place = Path(config.invocation_params.dir, named) if named else config.rootpath
        try:
            found = _bufcheck.configuration(place)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error
        self.file = str(found[0]) if found else None
        self.settings: dict[str, Any] = json.loads(found[1]) if found else {}
        self.families = _bufcheck.families()
        self.level = config.getoption("--bufcheck-level") or self.settings.get("level", "must")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the items before others select among them by `-k` and `-m`."""
        suites = [*self._configured(), *self._registered()]
        if not suites:
            message = (
                f"--bufcheck: nothing is registered: {self._place(session)} names no exporter and no "
                "consumer, no collected test module or conftest.py has an `@bufcheck.exporter` or "
                "`@bufcheck.consumer`, and no installed package has an entry point `bufcheck.exporters` or "
                "`bufcheck.consumers`"
            )
            raise pytest.UsageError(message)
        nodes: list[pytest.Collector] = [
            SubjectNode.from_parent(
                session, name=suite.id, nodeid=f"bufcheck::{suite.id}", suite=suite, families=self.families
            )
            for suite in suites
        ]
        if suites and self.settings.get("known"):
            # Where files are named, what other files register is missing: no record is at fault.
            whole = session.config.args_source is not pytest.Config.ArgsSource.ARGS
            record = RecordNode.from_parent(
                session, name="bufcheck", nodeid="bufcheck", suites=suites, whole=whole
            )
            nodes.append(record)
        for node in nodes:
            items.extend(item for item in node.collect() if isinstance(item, pytest.Item))

    def _place(self, session: pytest.Session) -> str:
        return (
            f"`{self.file}`"
            if self.file
            else f"a `bufcheck.toml` in `{session.config.rootpath}`, if there is one,"
        )

    def _configured(self) -> Iterator[Suite]:
        for kind in KINDS:
            for case in self.settings.get(kind, ()):
                yield self._suite(kind, case)

    def _registered(self) -> Iterator[Suite]:
        from bufcheck import registered, registered_consumers  # noqa: PLC0415 - as above

        known = {suite.id: f"in `{self.file}`" for suite in self._configured()}
        # A module of either group of entry points may register both.
        registered_consumers(installed=True)
        found: list[tuple[str, Exporter | Consumer]] = []
        found += [("exporter", exporter) for exporter in registered(installed=True)]
        found += [("consumer", consumer) for consumer in registered_consumers()]
        for kind, one in found:
            if one.id in known:
                message = f"`{one.id}` is registered twice: {known[one.id]} and by `{one.module}`"
                raise pytest.UsageError(message)
            known[one.id] = f"by `{one.module}`"
            yield self._suite(kind, _case(one), _repro(one.id))

    def _suite(self, kind: str, case: dict[str, Any], repro: str | None = None) -> Suite:
        known, python = self.settings.get("known", []), self.settings.get("python", [])
        path, id_ = self.settings.get("path", []), case["id"]
        config = {kind: [case], "known": known, "python": python, "path": path}
        return Suite(id_, kind, config, self.file, self.level, {} if repro is None else {id_: repro})


def _repro(id_: str) -> str:
    # What else an id may hold means something in an expression of `-k`.
    plain = all(c.isalnum() or c in "_:+-.[]/" for c in id_)
    return f"pytest --bufcheck -k {shlex.quote(id_)}" if plain else "pytest --bufcheck"


def _case(one: "Exporter | Consumer") -> dict[str, Any]:
    case = one.case()
    if case is None:
        message = (
            f"the function of `{one.id}` cannot be found by a worker: register a function at the top "
            "level of a module"
        )
        raise pytest.UsageError(message)
    return case


class SubjectNode(pytest.Collector):
    """An exporter, the parent of the items of its families; or a consumer, that of its one item."""

    def __init__(self, *, suite: Suite, families: list[str], **kwargs: Any) -> None:  # noqa: ANN401 - as the base class
        """Carry the suite and the families it is divided into."""
        super().__init__(**kwargs)
        self.suite = suite
        self.families = families
        self.add_marker("bufcheck")
        # With `--dist loadgroup` the families of an exporter stay on one process, and it is checked once.
        self.add_marker(pytest.mark.xdist_group(f"bufcheck-{suite.id}"))

    def collect(self) -> "list[SubjectItem]":
        """Make an item for each family, or the one of a consumer."""
        if self.suite.kind == "consumer":
            return [ConsumerItem.from_parent(self, name="consumer")]
        return [FamilyItem.from_parent(self, name=name) for name in self.families]


class ConformanceItem(pytest.Item):
    """A test that fails with findings, or with a reason."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401 - as the base class
        """Show findings as they are, without a traceback of this plugin."""
        if isinstance(excinfo.value, ConformanceError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class SubjectItem(ConformanceItem):
    """A test of an exporter or a consumer."""

    parent: SubjectNode

    def report(self) -> "Report":
        """Check it, unless that was done; fail where nothing can be said of it."""
        report = self.parent.suite.report()
        if report.unusable:
            raise ConformanceError("\n".join(f"{host}: {problem}" for host, problem in report.unusable))
        faults = [s for s in report.subjects if s.status == "harness-fault"]
        if faults:
            raise ConformanceError("\n".join(line for subject in faults for line in subject.reason))
        return report

    def skip_untested(self, report: "Report") -> None:
        """Skip, with the reasons, where no interpreter has it."""
        if all(subject.status == "not-tested" for subject in report.subjects):
            reasons = {line for subject in report.subjects for line in subject.reason}
            pytest.skip("; ".join(sorted(reasons)) or "not tested")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where it is registered."""
        file = self.parent.suite.file or self.config.rootpath
        return Path(file), None, f"{self.parent.suite.id}: {self.name}"


def _fail_for(failures: "list[Finding]") -> None:
    if failures:
        raise ConformanceError("\n\n".join(finding.text for finding in failures))


class FamilyItem(SubjectItem):
    """The rules of one family, judged of one exporter."""

    def runtest(self) -> None:
        """Fail for findings that count, skip what was not tested."""
        report = self.report()
        _fail_for([finding for finding in report.failures if finding.rule.split(".")[0] == self.name])
        remarks = [line for subject in report.subjects for line in subject.remarks]
        if self.name == "process" and remarks:
            raise ConformanceError("\n".join(remarks))
        self.skip_untested(report)
        if all(self.name in subject.untested for subject in report.subjects):
            pytest.skip("; ".join(remarks) or "no answer and no scenario that these rules speak of")


class ConsumerItem(SubjectItem):
    """All rules, judged of one consumer."""

    def runtest(self) -> None:
        """Fail for findings that count, and for a function that never asked for a buffer."""
        report = self.report()
        _fail_for(list(report.failures))
        remarks = [line for subject in report.subjects for line in subject.remarks]
        if remarks:
            raise ConformanceError("\n".join(remarks))
        self.skip_untested(report)


class RecordNode(pytest.Collector):
    """The parent of the item that looks at the record of known deviations."""

    def __init__(self, *, suites: list[Suite], whole: bool, **kwargs: Any) -> None:  # noqa: ANN401 - as the base class
        """Carry every suite; `whole` says that none was left out."""
        super().__init__(**kwargs)
        self.suites = suites
        self.whole = whole
        self.add_marker("bufcheck")

    def collect(self) -> "list[RecordItem]":
        """Make the one item."""
        return [RecordItem.from_parent(self, name="record")]


class RecordItem(ConformanceItem):
    """The record of known deviations: fails for what no longer shows, matches nothing or has expired."""

    parent: RecordNode

    def runtest(self) -> None:
        """Fail for stale records, as the command line does with its exit status 4."""
        from bufcheck._check import stale  # noqa: PLC0415 - nothing native is loaded unless asked for

        suites = self.parent.suites
        cases = {
            kind: [case for suite in suites if suite.kind == kind for case in suite.config[kind]]
            for kind in KINDS
        }
        config = {**suites[0].config, **cases}
        reports = [suite.report() for suite in suites]
        found = stale(config, reports, file=suites[0].file, whole=self.parent.whole)
        if found:
            raise ConformanceError("\n".join(found))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the record stands."""
        file = self.parent.suites[0].file or self.config.rootpath
        return Path(file), None, "bufcheck: record"
