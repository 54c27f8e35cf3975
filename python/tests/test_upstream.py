"""The texts for other projects' trackers: complete, in the index, and as recorded where they can be run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

UPSTREAM = ROOT / "reports" / "upstream"
sys.path.insert(0, str(UPSTREAM))

import run  # noqa: E402 - it lies beside the texts

HARMS = ["corrupts", "crashes", "wrong-data", "leaks", "refuses", "describes"]
HEADER = ["Project", "Seen with", "Interpreter", "Needs", "Harm", "Rule"]
MINIMUM, MAXIMUM = 10, 30
INDEX = (UPSTREAM / "README.md").read_text(encoding="utf-8")
PINS = dict(
    re.findall(r"^([\w.-]+)==(\S+?)(?:;.*)?$", (UPSTREAM / "constraints.txt").read_text(), re.MULTILINE)
)


def rules() -> set[str]:
    """Read the ids of all rules."""
    files = (json.loads(path.read_text()) for path in (ROOT / "cases" / "rules").glob("*.json"))
    return {rule["id"] for file in files for rule in file["rules"]}


def test_there_are_forty() -> None:
    """As many as were promised."""
    assert len(run.texts()) >= 40


@pytest.mark.parametrize("path", run.texts(), ids=run.name)
def test_text(path: Path) -> None:
    """A text is complete, and the index says of it what it says of itself."""
    text = run.read(path)
    assert list(text.header) == HEADER
    assert list(text.sections) == run.SECTIONS
    assert all(body.strip() for body in text.sections.values())
    assert text.header["Harm"] in HARMS
    rule = text.header["Rule"].strip("`")
    assert rule in rules(), rule
    lines = [line for line in text.reproducer.splitlines() if line.strip()]
    assert MINIMUM <= len(lines) <= MAXIMUM, len(lines)
    assert "bufcheck" not in text.reproducer
    assert "assert " in text.reproducer, "no control"
    assert "sys.exit(1)" in text.reproducer
    assert len(text.output.splitlines()) == 1
    assert "earched" in text.sections["Known duplicates"]
    for package in text.packages:
        assert run.normal(package) in map(run.normal, PINS), f"{package} is not pinned"
    title = text.title.replace("|", r"\|")
    row = f"[{title}]({run.name(path)}) | {text.header['Harm']} | `{rule}` | {text.header['Seen with']} |"
    assert row in INDEX


def test_index_is_sorted_and_whole() -> None:
    """The worst come first, and no row stands for a text that is gone."""
    rows = re.findall(r"^\| .*?\]\(([\w./-]+\.md)\) \| ([\w-]+) \|", INDEX, re.MULTILINE)
    assert sorted(file for file, _ in rows) == [run.name(path) for path in run.texts()]
    order = [HARMS.index(harm) for _, harm in rows]
    assert order == sorted(order)


def test_those_of_the_interpreter_show() -> None:
    """The texts that need CPython and NumPy alone are as recorded."""
    files = [path for path in run.texts() if path.parent.name in {"cpython", "numpy"}]
    command = [sys.executable, UPSTREAM / "run.py", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    passed, failed, skipped = map(int, re.findall(r"\d+", done.stdout.splitlines()[-1]))
    assert (passed + skipped, failed) == (len(files), 0)
    assert passed >= len(files) // 2, done.stdout
