"""Every snippet of the guides and of README: run, or found in the file it is taken from.

A fenced block says behind its language what it is: `test` (run it; `exit=N` for the status of its last line,
`cd=F` for a folder), `file=F` (write it), `in=F` (lines of a file of this repository), `output` (run the line
behind `$`; the others are of what it prints, `...` is anything), `configuration` (bufcheck can read it),
`commands` (every line that starts bufcheck is run by a `test` of the same guide). Without a word, it is shown
only: it needs what a test must not have, an index of packages or three interpreters.

YAML is parsed as well, and what it calls is held against `--help`.
"""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT

from bufcheck import _bufcheck

GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>\S[^\n]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
SHOWN_ONLY = ("pip install", "--python python3.11", "entry-points", "make test")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    words: dict[str, str]
    body: str


def blocks(guide: Path) -> Iterator[Block]:
    """Read the blocks of a guide."""
    for found in FENCE.finditer(guide.read_text()):
        language, *words = found["info"].split()
        pairs = dict(word.partition("=")[::2] for word in words)
        yield Block(language, pairs, textwrap.dedent(found["body"]))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_guide(guide: Path, tmp_path: Path) -> None:
    """Follow a guide from its first line to its last."""
    found = list(blocks(guide))
    assert found, "a guide without a snippet is no guide"
    tested = "\n".join(block.body for block in found if "test" in block.words)
    for block in found:
        if "test" in block.words:
            run(block, tmp_path)
        elif "file" in block.words:
            write(tmp_path / block.words["file"], block.body)
        elif "in" in block.words:
            assert block.body in (ROOT / block.words["in"]).read_text(), block.body
        elif "output" in block.words:
            compare(block, tmp_path)
        elif "configuration" in block.words:
            assert _bufcheck.configuration(write(tmp_path / "shown" / "bufcheck.toml", block.body))
        elif "commands" in block.words:
            commands = re.findall(r"^\s*- (?:run: )?(bufcheck .*)$", block.body, re.MULTILINE)
            assert commands
            assert all(command in tested for command in commands), commands
        else:
            assert any(reason in block.body for reason in SHOWN_ONLY), (
                f"neither run nor explained:\n{block.body}"
            )


def write(file: Path, text: str) -> Path:
    """Write a file and the folders it lies in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def run(block: Block, folder: Path) -> None:
    """Run a block as a user does; each line but the last must succeed."""
    command = [sys.executable, "-"] if block.language == "py" else ["bash", "-eu"]
    result = start(command, block.body, folder / block.words.get("cd", "."))
    expected = int(block.words.get("exit", "0"))
    assert result.returncode == expected, f"{block.body}\n{result.stdout}\n{result.stderr}"


def compare(block: Block, folder: Path) -> None:
    """Run the first line; what follows it must be printed, in this order."""
    prompt, *shown = version_free(block.body).splitlines()
    assert prompt.startswith("$ ")
    result = start(["bash", "-eu"], prompt[2:], folder)
    printed = version_free(result.stdout)
    pattern = ".*".join(
        re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", "\n".join(shown), flags=re.MULTILINE)
    )
    assert re.search(pattern, printed, re.DOTALL), printed


def version_free(text: str) -> str:
    """Take the version of the interpreter out of a text."""
    return re.sub(r"cpython-3\.\d+", "cpython-3.X", text)


def start(command: list[str], text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Start a program in an environment that has `bufcheck`, with a text for standard input."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        command,
        input=text,
        cwd=folder,
        env={**variables, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


YAML = [
    pytest.param(block.body, id=f"{guide.stem}-{number}")
    for guide in GUIDES
    for number, block in enumerate(blocks(guide))
    if block.language == "yaml"
]


@pytest.mark.parametrize("text", YAML)
def test_yaml(text: str, tmp_path: Path) -> None:
    """It is YAML, and the commands and options of bufcheck in it exist."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed, so no YAML is parsed")
    lines = [line for value in strings(yaml.safe_load(text)) for line in value.splitlines()]
    called = [shlex.split(line) for line in lines if line.startswith("bufcheck ")]
    ways = [
        *called,
        *steps_of_action(yaml.safe_load(text)),
        *re.findall("- id: bufcheck$", text, re.MULTILINE),
    ]
    assert ways, "YAML without a command, the action or the hook of bufcheck belongs to no guide of it"
    for _, command, *words in called:
        known = start(["bufcheck", command, "--help"], "", tmp_path)
        assert known.returncode == 0, known.stderr
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= set(re.findall(r"--[a-z][a-z-]*", known.stdout))


def steps_of_action(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Find the steps that use the action of this repository; what they give it are inputs that it has."""
    inputs = re.findall(
        r"^  (\w+):$", (ROOT / "action.yml").read_text().partition("outputs:")[0], re.MULTILINE
    )
    for job in workflow.get("jobs", {}).values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("bufcheck/bufcheck@"):
                assert step.get("with", {}).keys() <= set(inputs)
                yield step


def test_every_ci_service_has_its_yaml() -> None:
    """A fence that is misspelt would be no test at all."""
    assert len(YAML) >= 2


def strings(value: object) -> Iterator[str]:
    """Every string within parsed YAML."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value
