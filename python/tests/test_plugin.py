"""The pytest plugin, by way of pytester."""

import xml.etree.ElementTree as ET

import pytest

CONFIG = """
[[exporter]]
id = "mine/bytes"
make = "builtins:bytes(3)"

[[exporter]]
id = "mine/ints"
make = "ctypes:(c_int * 3)()"

[[exporter]]
id = "mine/later"
make = "builtins:bytes(3)"
python = ">=4"
"""

DECORATED = """
import array
import bufcheck

@bufcheck.exporter("decorated/ints", format="i", shape=[3], values=[1, 2, 3])
def ints():
    return array.array("i", [1, 2, 3])

def test_own():
    assert True
"""


CONFIGURED_WITHIN = """
[[exporter]]
id = "within/made"
make = "within:made"
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Make a project with a configuration and a decorated factory."""
    pytester.makefile(".toml", bufcheck=CONFIG)
    pytester.makepyfile(test_image=DECORATED)
    return pytester


def test_nothing_happens_unless_asked_for(project: pytest.Pytester) -> None:
    """An installed plugin leaves other people's tests alone."""
    project.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_nothing_registered_is_an_error(pytester: pytest.Pytester) -> None:
    """A run that could test nothing is not green."""
    pytester.makepyfile(test_other="def test_fine():\n    pass\n")
    result = pytester.runpytest_subprocess("--bufcheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*nothing is registered*@bufcheck.exporter*"])


@pytest.mark.parametrize("way", ["ini", "toml", "conftest"])
def test_workers_import_what_pytest_does(pytester: pytest.Pytester, way: str) -> None:
    """A package in `src` is found, however pytest was told of it."""
    package = pytester.mkdir("src") / "within"
    package.mkdir()
    (package / "__init__.py").write_text("made = bytes(3)\n")
    config = CONFIGURED_WITHIN
    if way == "ini":
        pytester.makeini("[pytest]\npythonpath = src\n")
    elif way == "toml":
        config = 'path = ["src"]\n' + config
    else:
        (pytester.path / "src" / "conftest.py").write_text("")
        (pytester.path / "src" / "test_fine.py").write_text("def test_fine():\n    pass\n")
    pytester.makefile(".toml", bufcheck=config)
    result = pytester.runpytest_subprocess("--bufcheck")
    assert "failed" not in result.parseoutcomes(), result.stdout.str()
    assert result.parseoutcomes()["passed"] >= 20


def test_families_pass_fail_and_skip(project: pytest.Pytester) -> None:
    """Findings are shown as they are, reasons are given."""
    result = project.runpytest_subprocess("--bufcheck", "-rs")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*must format.null-unless-requested: `mine/ints`*", "*wanted:*", "*change:*"]
    )
    result.stdout.fnmatch_lines(["*needs Python >=4*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] >= 2
    assert outcomes["skipped"] >= 10
    assert outcomes["passed"] >= 20


def test_selection_by_name_and_marker(project: pytest.Pytester) -> None:
    """As for any other test."""
    result = project.runpytest_subprocess("--bufcheck", "-k", "decorated/ints and format")
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes()["deselected"])
    result = project.runpytest_subprocess("--bufcheck", "-m", "not bufcheck")
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes()["deselected"])


def test_stop_at_the_first(project: pytest.Pytester) -> None:
    """`-x` stops."""
    result = project.runpytest_subprocess("--bufcheck", "-x")
    assert result.parseoutcomes()["failed"] == 1


def test_junit(project: pytest.Pytester) -> None:
    """Findings are in the file."""
    project.runpytest_subprocess("--bufcheck", "--junitxml=out.xml")
    cases = ET.parse(project.path / "out.xml").getroot().iter("testcase")  # noqa: S314 - our own
    failed = {case.get("name"): case.find("failure") for case in cases if case.find("failure") is not None}
    assert "format" in failed
    assert "format.null-unless-requested" in str(failed["format"].text)  # type: ignore[union-attr]


def test_several_processes(project: pytest.Pytester) -> None:
    """With xdist, each item runs once."""
    pytest.importorskip("xdist")
    alone = project.runpytest_subprocess("--bufcheck").parseoutcomes()
    shared = project.runpytest_subprocess("--bufcheck", "-n", "2", "--dist", "loadgroup").parseoutcomes()
    for outcome in ("passed", "failed", "skipped"):
        assert alone[outcome] == shared[outcome]


def test_known_deviations_are_tolerated(project: pytest.Pytester) -> None:
    """As in every other run."""
    known = '\n[[known]]\nsubject = "mine/ints"\nrule = "*"\nreason = "ctypes ignores the flags"\n'
    project.makefile(".toml", bufcheck=CONFIG + known)
    assert "failed" not in project.runpytest_subprocess("--bufcheck").parseoutcomes()


STALE = """
[[known]]
subject = "mine/bytes"
rule = "format.null-unless-requested"
reason = "bytes were careless once"

[[known]]
subject = "mine/lost"
rule = "*"
reason = "it was registered once"

[[known]]
subject = "mine/later"
rule = "*"
reason = "it is not tested on this interpreter, so nothing is known about it"
"""


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "two-processes"])
def test_a_stale_record_is_one_failure(project: pytest.Pytester, words: tuple[str, ...]) -> None:
    """As the exit status 4 of the command line; what is tolerated elsewhere stays so."""
    known = '\n[[known]]\nsubject = "mine/*"\nrule = "*"\nreason = "ctypes ignores the flags"\n'
    project.makefile(".toml", bufcheck=CONFIG + known + STALE)
    result = project.runpytest_subprocess("--bufcheck", *words)
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines_random(
        [
            "FAILED bufcheck::record*",
            "*bufcheck.toml:*subject `mine/bytes`*no longer shows: delete the record*",
            "*bufcheck.toml:*subject `mine/lost`*matches no subject: delete the record*",
        ]
    )
    result.stdout.no_fnmatch_line("*mine/later`*")
    result.stdout.no_fnmatch_line("*subject `mine/[*]`*")


def test_a_record_of_what_was_not_collected_is_not_stale(project: pytest.Pytester) -> None:
    """Where a file is named, the exporters of others are not missing."""
    known = '\n[[known]]\nsubject = "decorated/*"\nrule = "*"\nreason = "it was careless once"\n'
    project.makefile(".toml", bufcheck=CONFIG + known)
    project.makepyfile(test_other="def test_other(): pass")
    elsewhere = project.runpytest_subprocess("--bufcheck", "-v", "-k", "record", "test_other.py")
    elsewhere.assert_outcomes(passed=1, deselected=elsewhere.parseoutcomes()["deselected"])
    here = project.runpytest_subprocess("--bufcheck", "-k", "record")
    here.assert_outcomes(failed=1, deselected=here.parseoutcomes()["deselected"])


def test_mistakes_are_usage_errors(project: pytest.Pytester) -> None:
    """They name the file and the place, and no test runs."""
    project.makefile(".toml", bufcheck="[[exporter]]\nmake = 'a:b'\nreadnly = true\n")
    result = project.runpytest_subprocess("--bufcheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*line 3*readnly*did you mean `readonly`?*"])


def test_another_file_and_level(project: pytest.Pytester) -> None:
    """`--bufcheck-config` alone is enough."""
    project.makefile(".toml", other='[[exporter]]\nid = "other"\nmake = "builtins:bytes(3)"\n')
    words = ["--bufcheck-config", "other.toml", "--bufcheck-level", "should", "-v"]
    result = project.runpytest_subprocess(*words)
    result.stdout.fnmatch_lines(["*other::format PASSED*"])
    result.stdout.no_fnmatch_line("*mine/ints*")


def test_local_functions_cannot_be_registered(pytester: pytest.Pytester) -> None:
    """A worker could not find them, and the sentence says what to do."""
    local = "import bufcheck\n\ndef make():\n    bufcheck.exporter('mine/local')(lambda: b'abc')\n\nmake()\n"
    pytester.makepyfile(test_local=local)
    result = pytester.runpytest_subprocess("--bufcheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*mine/local*top level of a module*"])


def test_entry_points(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package ships its own registration."""
    site = pytester.mkdir("site")
    info = site / "shipped-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shipped\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[bufcheck.exporters]\nshipped = shipped_exporters\n")
    (site / "shipped_exporters.py").write_text(DECORATED.replace("decorated/", "shipped/"))
    monkeypatch.setenv("PYTHONPATH", str(site))
    result = pytester.runpytest_subprocess("--bufcheck", "-v")
    result.stdout.fnmatch_lines(["*shipped/ints::format PASSED*"])
    assert result.ret == pytest.ExitCode.OK
