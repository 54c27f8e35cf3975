"""The command of the wheel: as the Rust program, with interpreters of its own."""

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import bufcheck as package
from bufcheck import _supported

Run = Callable[..., subprocess.CompletedProcess[str]]

CARELESS = "ctypes:(c_int * 3)()"


def test_the_script_and_the_module_are_one(bufcheck: Run) -> None:
    """`bufcheck` and `python -m bufcheck`."""
    script = Path(sysconfig.get_path("scripts")) / "bufcheck"
    shown = subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout
    assert shown == bufcheck("--version").stdout == f"bufcheck {package.__version__}\n"


def test_exit_statuses(bufcheck: Run) -> None:
    """The contract."""
    assert bufcheck("check", "array:array('i', [1, 2, 3])").returncode == 0
    assert bufcheck("check", CARELESS).returncode == 1
    assert bufcheck("check", "no colon").returncode == 2
    assert bufcheck("check", "nowhere:x").returncode == 3
    assert bufcheck("scan", "json").returncode == 5


def test_several_interpreters(bufcheck: Run, python312: str) -> None:
    """One run, an axis in the report; what is not installed there is lent."""
    words = ["--python", sys.executable, "--python", python312, "--json", "-"]
    result = bufcheck("check", "builtins:bytes(3)", *words)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    versions = [found["version"].rsplit(".", 1)[0] for found in report["interpreters"]]
    assert versions == [f"{sys.version_info[0]}.{sys.version_info[1]}", "3.12"]
    assert len(report["subjects"]) == 2


def test_an_interpreter_that_is_too_old_costs_only_itself(bufcheck: Run, python310: str) -> None:
    """The other results are kept."""
    words = ["--python", python310, "--python", sys.executable, "--json", "-"]
    result = bufcheck("check", "builtins:bytes(3)", *words)
    assert result.returncode == 3, result.stderr
    assert "needs CPython 3.11 or newer, and this is 3.10" in result.stderr
    assert "Traceback" not in result.stderr
    assert [subject["requests"]["refused"] for subject in json.loads(result.stdout)["subjects"]] != [0]


def test_a_build_without_the_gil_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot load a wheel of the stable ABI."""
    monkeypatch.setattr(sys, "abiflags", "t", raising=False)
    with pytest.raises(ImportError, match="free-threaded CPython"):
        _supported.check()
    monkeypatch.setenv(_supported.WORKER_VARIABLE, "x")
    with pytest.raises(SystemExit, match="with the GIL"):
        _supported.check()


def test_a_worker_loads_little() -> None:
    """What the user of the interpreter never imports is not there when their object is made."""
    code = (
        "import sys; old = set(sys.modules); import bufcheck.worker; print(*sorted(set(sys.modules) - old))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts = ("", "._bufcheck", "._supported", ".worker")
    assert result.stdout.split() == [f"bufcheck{part}" for part in parts]


def test_a_wheel_of_another_platform_is_named(tmp_path: Path) -> None:
    """The sentence names what was found and how to get what is wanted."""
    folder = Path(package.__file__).parent
    left_out = shutil.ignore_patterns("_bufcheck.*", "__pycache__")
    shutil.copytree(folder, tmp_path / "bufcheck", ignore=left_out)
    (tmp_path / "bufcheck" / "_bufcheck.pyd").write_bytes(b"MZ")
    command = [sys.executable, "-c", "import bufcheck"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: bufcheck's extension module cannot be loaded")
    assert "`_bufcheck.pyd`" in last
    assert "--force-reinstall" in last


def test_a_current_folder_is_importable_and_nothing_lent_shadows_it(bufcheck: Run, tmp_path: Path) -> None:
    """As with `python -m`."""
    (tmp_path / "mylib.py").write_text("def image():\n    return bytes(12)\n")
    assert bufcheck("check", "mylib:image").returncode == 0


def test_scan_makes_what_it_can(bufcheck: Run, tmp_path: Path) -> None:
    """And names the recipes that are missing."""
    lines = ["import ctypes, mmap", "class Point(ctypes.Structure): _fields_ = [('x', ctypes.c_int)]"]
    lines += ["class Named(bytes):", "    def __new__(cls, name): return super().__new__(cls, name)"]
    lines += ["class Blank(bytearray): pass", "BOARD = Blank(b'abc')", "mmap = mmap.mmap"]
    (tmp_path / "mylib.py").write_text("\n".join(lines))
    result = bufcheck("scan", "mylib", "--json", "report.json")
    report = {s["id"]: s for s in json.loads((tmp_path / "report.json").read_text())["subjects"]}
    assert set(report) == {"mylib:BOARD", "mylib:Blank", "mylib:Point", "mylib:Named"}
    granted = {name: subject["requests"]["granted"] > 0 for name, subject in report.items()}
    assert [name for name in granted if not granted[name]] == ["mylib:Named"]
    assert report["mylib:Named"]["status"] == "not-tested"
    assert 'make = "mylib:Named(...)"' in result.stdout
    recipe = '[[exporter]]\nid = "named"\nmake = "mylib:Named(b\'abc\')"\n'
    (tmp_path / "bufcheck.toml").write_text(recipe)
    result = bufcheck("scan", "mylib", "--json", "report.json")
    report = {s["id"]: s for s in json.loads((tmp_path / "report.json").read_text())["subjects"]}
    assert report["named"]["requests"]["granted"] > 0
    assert "mylib:Named" not in report, "a recipe covers it"
    assert "Recipes that are missing" not in result.stdout


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("import os; os.abort()", "SIGABRT"),
    ],
)
def test_a_module_that_cannot_be_imported_is_said(
    bufcheck: Run, tmp_path: Path, body: str, sentence: str
) -> None:
    """Whatever it does to its worker."""
    (tmp_path / "mylib.py").write_text(body)
    result = bufcheck("scan", "mylib")
    assert result.returncode == 3
    assert sentence in result.stderr


def test_a_module_that_is_not_there_can_be_had(bufcheck: Run) -> None:
    """The sentence says how."""
    result = bufcheck("scan", "nowhere")
    assert result.returncode == 3
    assert "No module named 'nowhere': install it for the interpreter, or start bufcheck in" in result.stderr


def test_a_record_is_made_and_ratchets(bufcheck: Run, tmp_path: Path) -> None:
    """Comments are kept, a reason is wanted, and what is mended is struck out."""
    (tmp_path / "mylib.py").write_text("import ctypes\ndef image(): return (ctypes.c_int * 3)()\n")
    refused = bufcheck("baseline", "init", "mylib:image", "--reason", "TODO: say why")
    assert refused.returncode == 2
    assert bufcheck("baseline", "init", "mylib:image", "--reason", "issue 7").returncode == 0
    file = tmp_path / "bufcheck.toml"
    file.write_text("# ours\n" + file.read_text())
    assert bufcheck("run").returncode == 0
    assert bufcheck("baseline", "init", "--reason", "again").returncode == 2
    (tmp_path / "mylib.py").write_text("def image(): return bytes(3)\n")
    assert bufcheck("run").returncode == 4
    assert bufcheck("baseline", "update").returncode == 0
    assert "[[known]]" not in file.read_text()
    assert file.read_text().startswith("# ours\n")
    assert bufcheck("run").returncode == 0
    (tmp_path / "mylib.py").write_text("import ctypes\ndef image(): return (ctypes.c_int * 3)()\n")
    unexplained = bufcheck("baseline", "update")
    assert unexplained.returncode == 2
    assert "--reason" in unexplained.stderr
    assert "[[known]]" not in file.read_text()


def test_reports_are_compared(bufcheck: Run, tmp_path: Path) -> None:
    """New, fixed, and the exit status."""
    (tmp_path / "mylib.py").write_text("def image(): return bytes(3)\n")
    assert bufcheck("check", "mylib:image", "--json", "good.json").returncode == 0
    (tmp_path / "mylib.py").write_text("import ctypes\ndef image(): return (ctypes.c_int * 3)()\n")
    assert bufcheck("check", "mylib:image", "--json", "bad.json").returncode == 1
    worse = bufcheck("diff", "good.json", "bad.json")
    assert worse.returncode == 1
    assert "new      must format.null-unless-requested" in worse.stdout
    better = bufcheck("diff", "bad.json", "good.json", "--json")
    assert better.returncode == 0
    assert {found["standing"] for found in json.loads(better.stdout)["differences"]} == {"fixed"}
    assert bufcheck("diff", "bad.json", "bad.json").stdout == "0 new, 0 fixed, 0 changed.\n"
    assert bufcheck("diff", "bad.json", "mylib.py").returncode == 2


def test_the_doctor_names_what_can_be_used(bufcheck: Run) -> None:
    """And what cannot, with a way out."""
    healthy = bufcheck("doctor", "--python", sys.executable)
    assert healthy.returncode == 0
    assert f"bufcheck {package.__version__}" in healthy.stdout
    assert "lent to interpreters that have none" in healthy.stdout
    ill = bufcheck("doctor", "--python", "no-such-python")
    assert ill.returncode == 3
    assert "give the path of a CPython 3.11 or newer" in ill.stdout


def test_shims_that_are_switched_off_are_one_line(
    bufcheck: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version manager puts one on `PATH` for every version; nobody asked for them."""
    for name in ("python3.13", "python3.15"):
        shim = tmp_path / "shims" / name
        shim.parent.mkdir(exist_ok=True)
        shim.write_text(f"#!/bin/sh\necho '{name}: command not found' >&2\nexit 127\n")
        shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    result = bufcheck("doctor")
    assert result.returncode == 0
    assert "switched off python3.13, python3.15: shims on PATH" in result.stdout
    assert "not usable" not in result.stdout
    assert "`uv python install 3." in result.stdout
