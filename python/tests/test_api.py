"""`bufcheck.check` and `assert_conformant`."""

import array
import ctypes
import json

import factories
import pytest

import bufcheck


def test_a_target_is_checked_in_a_worker() -> None:
    """What is named is isolated."""
    report = bufcheck.check("array:array('i', [1, 2, 3])", format="i", shape=[3], values=[1, 2, 3])
    assert report.ok, str(report)
    assert report.isolated
    assert report.subjects[0].type_name == "array.array"
    assert report.subjects[0].granted > 0


def test_findings_are_objects() -> None:
    """Each says what a person needs."""
    report = bufcheck.check("ctypes:(c_int * 3)()")
    assert not report.ok
    broken = {finding.rule: finding for finding in report.failures}
    finding = broken["format.null-unless-requested"]
    assert (finding.level, finding.standing) == ("must", "new")
    assert "0x000" in finding.requests
    assert len(finding.text.splitlines()) <= 10
    assert finding.repro == "bufcheck check 'ctypes:(c_int * 3)()'"
    assert list(report) == list(report.findings)
    assert json.loads(report.render("json")) == report.raw


def test_declared_facts_are_checked() -> None:
    """What is declared is not trusted."""
    report = bufcheck.check("builtins:bytes(b'abc')", values=[97, 98, 100])
    assert report.failures
    assert not bufcheck.check("builtins:bytes(3)", readonly=False).ok


def test_factories_of_modules_are_checked_in_a_worker() -> None:
    """They are found by name and file."""
    assert bufcheck.check(factories.ints).isolated
    assert bufcheck.check(factories.Crate.ints).ok
    assert not bufcheck.check(factories.careless).ok
    assert not bufcheck.check(factories.local).untested, "its classes are alike"
    assert bufcheck.check(array.array).untested, "a type that wants arguments cannot be made"


def test_what_has_no_name_is_checked_here_and_the_report_says_so() -> None:
    """A lambda and a live object."""
    for what in (lambda: bytearray(3), bytearray(3), memoryview(bytes(4))[::2]):
        report = bufcheck.check(what)
        assert report.ok, str(report)
        assert not report.isolated
        assert "in this process" in str(report)
    report = bufcheck.check((ctypes.c_int * 3)())
    assert "format.null-unless-requested" in {finding.rule for finding in report.failures}


def test_notebooks_are_shown_the_page() -> None:
    """In a frame of its own."""
    shown = bufcheck.check("builtins:bytes(3)")._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "conforms" in shown


def test_assert_conformant() -> None:
    """It returns the report, or raises the findings."""
    assert bufcheck.assert_conformant("builtins:bytes(3)").ok
    with pytest.raises(bufcheck.NonConformantError, match=r"format\.null-unless-requested") as caught:
        bufcheck.assert_conformant("ctypes:(c_int * 3)()")
    assert isinstance(caught.value, AssertionError)
    assert "change:" in str(caught.value)
    with pytest.raises(bufcheck.NotCheckedError, match="is no exporter"):
        bufcheck.assert_conformant("os:getcwd()")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("os:getcwd()", "is no exporter"),
        ("nowhere:x", "No module named 'nowhere'"),
        ("os:nothing", "NameError"),
        (factories.raising, "out of clay"),
        (
            factories.varying,
            "it is a `bytearray` once and a `bytes` another time",
        ),
        (lambda: 3, "is no exporter"),
    ],
)
def test_what_cannot_be_made_is_no_verdict(what: object, sentence: str) -> None:
    """It is said, and it is not taken for conforming."""
    report = bufcheck.check(what)
    assert not report.ok
    assert not report.failures
    assert sentence in "\n".join(report.untested)


def test_descriptions_that_make_no_sense_are_errors() -> None:
    """With a sentence each."""
    with pytest.raises(ValueError, match="want `module:expression`"):
        bufcheck.check("no colon")
    with pytest.raises(ValueError, match="want `must` or `should`"):
        bufcheck.check("builtins:bytes(3)", level="may")
    with pytest.raises(ValueError, match="name it as `module:expression`"):
        bufcheck.check(bytearray(3), python="python3")


def test_an_interpreter_that_is_none_is_said() -> None:
    """The report is not ok, and says why."""
    report = bufcheck.check("builtins:bytes(3)", python="no-such-python")
    assert not report.ok
    assert report.unusable[0][0] == "no-such-python"


def test_another_interpreter(python312: str) -> None:
    """It is lent this package, and a factory is found there, too."""
    report = bufcheck.check(factories.ints, python=python312)
    assert report.ok, str(report)
    assert report.subjects[0].interpreter == "cpython-3.12"


def test_registration() -> None:
    """A name is given once."""
    ids = {exporter.id for exporter in bufcheck.registered()}

    @bufcheck.exporter("tests/one", readonly=True, mutators=["clear()"], shape=(3,))
    def one() -> object:
        return bytes(3)

    assert {exporter.id for exporter in bufcheck.registered()} - ids == {"tests/one"}
    found = next(exporter for exporter in bufcheck.registered() if exporter.id == "tests/one")
    assert found.declared == {"readonly": True, "mutators": ["clear()"], "shape": [3]}
    assert found.case() is None, "a local function has no name that a worker could find"
    assert bufcheck.check(found, mutators=[]).subjects[0].id == "tests/one"
    with pytest.raises(ValueError, match="registered already"):
        bufcheck.exporter("tests/one")(factories.ints)
    with pytest.raises(ValueError, match="without spaces"):
        bufcheck.exporter("tests one")
