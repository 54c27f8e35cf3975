"""`bufcheck trace`: planted faults are found, what is unusual is not, and programs do what they did."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT

import bufcheck
from bufcheck import _bufcheck

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(bufcheck.__file__).parent
PROGRAMS = json.loads((Path(__file__).parent / "traced" / "programs.json").read_text(encoding="utf-8"))
TRACER = str(PACKAGE / "_tracing")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are traced on Linux only")


@cache
def interpreters() -> dict[str, str]:
    """Every CPython here: shared ones, and that of the system, which may call itself unseen."""
    found = {"own": sys.executable}
    for version in ("3.12", "3.13"):
        python = ROOT / ".venvs" / version / "bin" / "python"
        if python.exists():
            found[version] = str(python)
    fetched = sorted((ROOT / ".interpreters" / "bin").glob("python3.??"))
    if fetched:
        found["fetched"] = str(fetched[-1])
    system = shutil.which("python3", path="/usr/bin")
    if system is not None:
        code = "import sys; sys.exit(sys.version_info < (3, 11))"
        if subprocess.run([system, "-c", code], check=False).returncode == 0:
            found["system"] = system
    return found


def environment(folder: Path) -> dict[str, str]:
    """Let an interpreter load the tracer."""
    return {**os.environ, "BUFCHECK_TRACE": str(folder), "PYTHONPATH": TRACER}


def traced(
    folder: Path, python: str, *words: str
) -> "tuple[subprocess.CompletedProcess[str], dict[str, Any]]":
    """Run a program with the tracer; how it ended, and the report."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [python, *words], env=environment(folder), capture_output=True, text=True, check=False, timeout=300
    )
    return done, json.loads(_bufcheck.trace_report(folder))


def version_of(python: str) -> tuple[int, ...]:
    """Ask an interpreter for its version."""
    code = "import sys; print(*sys.version_info[:2])"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, told.split()))


def written(program: "dict[str, Any]", folder: Path) -> str:
    """Write a program into a file."""
    file = folder / f"{program['id']}.py"
    file.write_text("\n".join([*PROGRAMS["before"], *program["program"]]) + "\n", encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("which", ["own", "3.12", "3.13", "system", "fetched"])
@pytest.mark.parametrize("program", PROGRAMS["broken"], ids=lambda program: program["id"])
def test_a_planted_fault_is_found(program: "dict[str, Any]", which: str, tmp_path: Path) -> None:
    """Each program is accused by its rule, at a line of its own."""
    python = interpreters().get(which) or pytest.skip(f"there is no CPython {which}")
    file = written(program, tmp_path)
    done, report = traced(tmp_path / "trace", python, file)
    assert done.returncode == 0, done.stderr
    complete = all(process["complete"] for process in report["processes"])
    mine = [finding for finding in report["findings"] if finding["side"] == "consumer"]
    if program.get("complete") and not complete:
        assert not mine
        return
    assert [finding["rule"] for finding in mine] == [program["rule"]], report["findings"]
    assert mine[0]["place"]["file"] == file


@pytest.mark.parametrize("which", ["own", "3.12", "3.13", "system", "fetched"])
@pytest.mark.parametrize("program", PROGRAMS["clean"], ids=lambda program: program["id"])
def test_what_is_unusual_is_no_fault(program: "dict[str, Any]", which: str, tmp_path: Path) -> None:
    """Nobody is accused, and the program does not notice."""
    python = interpreters().get(which) or pytest.skip(f"there is no CPython {which}")
    if "since" in program and version_of(python) < tuple(program["since"]):
        pytest.skip(f"needs CPython {program['since']}")
    done, report = traced(tmp_path / "trace", python, written(program, tmp_path))
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    binding = [finding for finding in report["findings"] if finding["level"] in ("must", "should")]
    assert not binding
    assert report["processes"]


def answers_prove() -> set[str]:
    """Read the rules that one answer proves out of the code that judges them."""
    source = (ROOT / "harness/rules/src/trace/answers.rs").read_text(encoding="utf-8")
    return set(re.findall(r'^    "([a-z]+\.[a-z0-9-]+)",$', source, re.MULTILINE))


def exporters() -> "Iterator[tuple[str, str | None, Any]]":
    """Yield the built-in exporters of the self-test: id, the rule that it breaks, and its description."""
    proven = answers_prove()
    for file in sorted((ROOT / "cases/mutants").glob("*.json")):
        for mutant in json.loads(file.read_text(encoding="utf-8")).get("mutants", []):
            made = mutant.get("exporter", {})
            if "reference" in made and mutant["breaks"] in proven:
                yield made["id"], mutant["breaks"], made["reference"]
    for file in sorted((ROOT / "cases/clean").glob("*.json")):
        for made in json.loads(file.read_text(encoding="utf-8")).get("exporters", []):
            if "reference" in made:
                yield made["id"], None, made["reference"]


NEEDS_ANOTHER_ANSWER = {
    "mutants/request/copy-other-order-strided",
    "mutants/scalar/zero-simple",
}
"""What shows only beside an answer to another request."""


@pytest.mark.parametrize("which", ["own", "3.13", "system"])
def test_exporters_are_accused_by_the_rule_they_break_and_clean_ones_by_none(
    which: str, tmp_path: Path
) -> None:
    """Every exporter of the self-test that is built in, each in a process of its own."""
    python = interpreters().get(which) or pytest.skip(f"there is no CPython {which}")
    everything = list(exporters())
    described = tmp_path / "exporters.json"
    described.write_text(json.dumps([description for _, _, description in everything]), encoding="utf-8")
    program = Path(__file__).parent / "traced" / "ask_everything.py"
    folder = tmp_path / "trace"
    done, _ = traced(folder, python, str(program), str(described))
    assert done.returncode == 0, done.stderr
    children = done.stdout.split()
    assert len(children) == len(everything)
    wrong = []
    for (name, breaks, _), child in zip(everything, children, strict=True):
        own = tmp_path / child
        own.mkdir()
        for file in folder.glob(f"{child}-*"):
            file.rename(own / file.name)
        findings = json.loads(_bufcheck.trace_report(own))["findings"]
        rules = {finding["rule"] for finding in findings if finding["level"] in ("must", "should")}
        if breaks is None:
            wrong += [f"{name} is clean, and accused of {rules}"] if rules else []
        elif breaks not in {finding["rule"] for finding in findings} and name not in NEEDS_ANOTHER_ANSWER:
            wrong.append(f"{name} breaks {breaks}, and is accused of {rules or 'nothing'}")
    assert not wrong, "\n".join(wrong)


def bufcheck_trace(*words: str, cwd: Path, stdin: "str | None" = None) -> "subprocess.CompletedProcess[str]":
    """Run the command."""
    command = [sys.executable, "-m", "bufcheck", "trace", *words]
    return subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_exit_status_is_that_of_the_program_or_tells_of_a_fault(tmp_path: Path) -> None:
    """0 and no fault, 0 and a fault, another status, no process at all, and no program."""
    fault = written(PROGRAMS["broken"][0], tmp_path)
    python = sys.executable
    statuses = [
        (("--", python, "-c", "pass"), 0),
        (("--", python, fault), 1),
        (("--", python, "-c", "import sys; sys.exit(7)"), 7),
        (("--", python, "-c", "import os; os.kill(os.getpid(), 9)"), 137),
        (("--quiet", "--", "true"), 3),
        (("--", "no-such-program-of-anybody"), 3),
        ((), 2),
    ]
    for words, status in statuses:
        done = bufcheck_trace(*words, cwd=tmp_path)
        assert done.returncode == status, (words, done.stderr)


def test_the_program_has_its_streams_for_itself(tmp_path: Path) -> None:
    """The report goes to standard error, or into files."""
    code = "import sys; print(sys.stdin.read().upper())"
    words = ("--json", "trace.json", "--html", "trace.html", "--", sys.executable, "-c", code)
    done = bufcheck_trace(*words, cwd=tmp_path, stdin="abc")
    assert (done.returncode, done.stdout) == (0, "ABC\n")
    assert "no rule was seen to be broken" in done.stderr
    report = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    assert report["kind"] == "trace"
    assert any(pair["type"] == "bytes" for pair in report["pairs"])
    assert "<h1>bufcheck trace</h1>" in (tmp_path / "trace.html").read_text(encoding="utf-8")


def test_the_programs_own_sitecustomize_runs(tmp_path: Path) -> None:
    """It comes behind ours, and is the one that is imported."""
    (tmp_path / "sitecustomize.py").write_text("print('mine')\n", encoding="utf-8")
    code = "import sitecustomize, sys; print(sitecustomize.__file__, 'bufcheck' in ''.join(sys.path[:2]))"
    folder = tmp_path / "trace"
    folder.mkdir()
    path = os.pathsep.join([TRACER, str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment(folder), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["mine", str(tmp_path / "sitecustomize.py"), "False"]
    assert json.loads(_bufcheck.trace_report(folder))["processes"]


def test_what_ends_at_once_keeps_what_was_seen(tmp_path: Path) -> None:
    """`os._exit`, a signal, exec: lines and counts are there; what was never given back is not looked for."""
    ends = ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.execv('/bin/true', ['true'])"]
    for number, end in enumerate(ends):
        code = f"import os, array\nmemoryview(array.array('h', [1]))\n{end}"
        _, report = traced(tmp_path / str(number), sys.executable, "-c", code)
        assert [process.get("held") for process in report["processes"]] == [None]
        assert any(pair["type"] == "array.array" and pair["grants"] == 1 for pair in report["pairs"])
        assert any("not ended in good order" in limit for limit in report["limits"])


def test_a_block_is_traced_and_reported(tmp_path: Path) -> None:
    """Its own buffers alone, and twice in one process."""
    code = """
import bufcheck, array
memoryview(array.array("f", [1]))
for kind in (bytearray, bytes):
    with bufcheck.trace() as t:
        memoryview(kind(3)).release()
    types = {pair["type"] for pair in t.report["pairs"]}
    assert kind.__name__ in types and "array.array" not in types, types
    assert not t.findings and "no rule was seen to be broken" in str(t)
with bufcheck.trace():
    try:
        bufcheck.trace().__enter__()
    except RuntimeError as error:
        assert "already" in str(error)
    else:
        raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=120)


def test_a_script_is_traced_by_the_module(tmp_path: Path) -> None:
    """`python -m bufcheck.trace` runs it with the same interpreter."""
    (tmp_path / "script.py").write_text("import sys\nprint(sys.argv[1:], sys.executable)\n", encoding="utf-8")
    command = [sys.executable, "-m", "bufcheck.trace", "script.py", "--flag"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, f"['--flag'] {sys.executable}\n")
    assert "bufcheck" in done.stderr
