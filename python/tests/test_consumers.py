"""`bufcheck.check_consumer`, `assert_consumer` and `@bufcheck.consumer`, and consumers under pytest."""

import hashlib
import zlib

import pytest
import takers

import bufcheck


def broken(report: bufcheck.Report) -> set[str]:
    """Name the rules of the failures."""
    return {finding.rule for finding in report.failures}


def test_a_call_is_checked_in_a_worker() -> None:
    """A name, and an expression with `buf` in it."""
    for call in ("zlib:crc32", "zlib:crc32(buf, 7)"):
        report = bufcheck.check_consumer(call)
        assert report.ok, str(report)
        assert report.isolated
        assert report.subjects[0].granted > 0
        assert report.subjects[0].id == call


def test_functions_of_modules_are_found_by_workers() -> None:
    """Those of files, of packages and of classes; builtin ones, too."""
    for function in (takers.checksum, takers.Crate.checksum, zlib.adler32):
        report = bufcheck.check_consumer(function)
        assert report.ok, str(report)
        assert report.subjects[0].id.endswith(function.__qualname__)


def test_what_has_no_name_is_called_in_children_of_this_process() -> None:
    """Lambdas, local functions and bound methods."""
    functions = [
        lambda buf: zlib.crc32(buf, 7),
        takers.local(),
        takers.Crate().method,
        hashlib.sha256().update,
    ]
    for function in functions:
        report = bufcheck.check_consumer(function)
        assert report.ok, str(report)
        assert report.subjects[0].granted > 0
    report = bufcheck.check_consumer(takers.local(takers.keeping))
    assert "release.exactly-once" in broken(report)
    assert takers.kept == [], "it was called in another process"


def test_a_crash_costs_a_call() -> None:
    """Wherever it is called."""
    for function in (takers.dying, takers.local(takers.dying)):
        report = bufcheck.check_consumer(function)
        assert report.subjects[0].died > 0
        assert "consumer.survives" in broken(report)


def test_findings_name_what_shows_them_again() -> None:
    """A call can be given to the command line, a function cannot."""
    call = "ctypes:string_at(addressof(c_char.from_buffer(buf)), 99)"
    for finding in bufcheck.check_consumer(call).findings:
        assert finding.repro.startswith("bufcheck check --consumer 'ctypes:string_at")
    for finding in bufcheck.check_consumer(takers.keeping).findings:
        assert finding.repro == "call `bufcheck.check_consumer` with the function, in Python"


def test_what_is_declared_is_checked() -> None:
    """Oracles are asked in the names of the function's module, wherever it is called."""
    assert bufcheck.check_consumer(takers.checksum, oracle="zlib.crc32(data)", acts_on="bytes").ok
    assert bufcheck.check_consumer(takers.local(takers.checksum), oracle="zlib.crc32(data)").ok
    for function in (takers.hundreds, takers.local(takers.hundreds)):
        assert "consumer.right-result" in broken(bufcheck.check_consumer(function, oracle="sum(data)"))
    assert broken(bufcheck.check_consumer("zlib:crc32", writes=True))
    offset = bufcheck.check_consumer("zlib:crc32", setup="start = 7", oracle="crc32(data, start)")
    assert "consumer.right-result" in broken(offset)


def test_what_makes_no_sense_is_refused_with_a_sentence() -> None:
    """At once."""
    with pytest.raises(TypeError, match="cannot be called"):
        bufcheck.check_consumer(bytes(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`acts_on` is `bytes` or `items`"):
        bufcheck.check_consumer("zlib:crc32", acts_on="words")
    with pytest.raises(TypeError, match="a list of strings"):
        bufcheck.check_consumer("zlib:crc32", formats="Bd")
    with pytest.raises(ValueError, match="lives in this process"):
        bufcheck.check_consumer(lambda buf: buf, python="python3")
    with pytest.raises(ValueError, match="no consumer"):
        bufcheck.check_consumer("crc32")
    with pytest.raises(ValueError, match="level"):
        bufcheck.check_consumer("zlib:crc32", level="mustn't")


def test_what_cannot_be_checked_is_not_ok() -> None:
    """It cannot be called with one buffer, or asks for none."""
    assert bufcheck.check_consumer("zlib:nothing").untested
    report = bufcheck.check_consumer(takers.idle)
    assert not report.ok
    assert "never asked for a buffer" in "".join(report.untested)


def test_assert_consumer() -> None:
    """It returns the report, or raises the findings, or says why there are none."""
    assert bufcheck.assert_consumer("zlib:crc32").ok
    with pytest.raises(bufcheck.NonConformantError, match=r"release\.exactly-once"):
        bufcheck.assert_consumer(takers.keeping)
    with pytest.raises(bufcheck.NotCheckedError, match="never asked for a buffer"):
        bufcheck.assert_consumer(takers.idle)


def test_registered_consumers_are_described_for_workers() -> None:
    """What is declared is kept, and an id stands for one function."""
    assert (
        bufcheck.consumer("takers/sum", oracle="zlib.crc32(data)", writes=False)(takers.checksum)
        is takers.checksum
    )
    found = {one.id: one for one in bufcheck.registered_consumers()}["takers/sum"]
    assert found.declared == {"oracle": "zlib.crc32(data)", "writes": False}
    assert found.case() is not None
    report = bufcheck.check_consumer(found)
    assert report.ok, str(report)
    assert report.subjects[0].id == "takers/sum"
    bufcheck.consumer("takers/sum")(takers.checksum)
    with pytest.raises(ValueError, match="registered already"):
        bufcheck.consumer("takers/sum")(takers.keeping)
    with pytest.raises(ValueError, match="without spaces"):
        bufcheck.consumer("takers sum")


CONFIG = """
[[consumer]]
id = "mine/crc"
call = "zlib:crc32"

[[consumer]]
id = "mine/idle"
call = "builtins:len([buf])"

[[consumer]]
id = "mine/later"
call = "zlib:crc32"
python = ">=4"
"""

DECORATED = """
import zlib
import bufcheck

kept = []

@bufcheck.consumer("decorated/crc", acts_on="bytes", oracle="zlib.crc32(data)")
def crc(buf):
    return zlib.crc32(buf)

@bufcheck.consumer("decorated/keeping")
def keeping(buf):
    kept.append(memoryview(buf))
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Make a project with a configuration and decorated functions."""
    pytester.makefile(".toml", bufcheck=CONFIG)
    pytester.makepyfile(test_crc=DECORATED)
    return pytester


def test_each_consumer_is_a_test(project: pytest.Pytester) -> None:
    """Findings are shown as they are; what never asks fails with a reason, what does not exist is skipped."""
    result = project.runpytest_subprocess("--bufcheck", "-rs")
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*must release.exactly-once: `decorated/keeping`*", "*found:*behind*"])
    result.stdout.fnmatch_lines(["*never asked for a buffer*"])
    result.stdout.fnmatch_lines(["*needs Python >=4*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_consumers_are_selected_by_name_and_marker(project: pytest.Pytester) -> None:
    """As any other test, and as the finding says."""
    project.runpytest_subprocess("--bufcheck", "-k", "decorated/crc").assert_outcomes(passed=1, deselected=4)
    result = project.runpytest_subprocess("--bufcheck", "-m", "not bufcheck")
    result.assert_outcomes(deselected=5)
    shown = project.runpytest_subprocess("--bufcheck", "-k", "decorated/keeping")
    shown.stdout.fnmatch_lines(["*pytest --bufcheck -k decorated/keeping*"])


def test_known_deviations_of_consumers_are_tolerated(project: pytest.Pytester) -> None:
    """And stale records about them are told, though others are about exporters."""
    known = '\n[[known]]\nsubject = "decorated/keeping"\nrule = "*"\nreason = "it keeps them"\n'
    project.makefile(".toml", bufcheck=CONFIG + known)
    project.runpytest_subprocess("--bufcheck").assert_outcomes(passed=4, failed=1, skipped=1)
    stale = known.replace("keeping", "lost")
    project.makefile(".toml", bufcheck=CONFIG + known + stale)
    result = project.runpytest_subprocess("--bufcheck", "-k", "record")
    result.stdout.fnmatch_lines(["*stale record*subject `decorated/lost`*"])


def test_one_id_is_one_subject(project: pytest.Pytester) -> None:
    """Whatever kinds they are of."""
    project.makepyfile(
        test_again='import bufcheck\n\n@bufcheck.exporter("mine/crc")\ndef three():\n    return bytes(3)\n'
    )
    result = project.runpytest_subprocess("--bufcheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*`mine/crc` is registered twice*"])
